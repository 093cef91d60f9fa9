import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.ts';
import type { Readiness } from './readiness.ts';

/** Where supervisors and collectors look at a process: apart from what the world can reach, and without TLS. */
export interface ServiceListener {
  readonly origin: string;
  close(): Promise<void>;
}

export interface ServiceListenerOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Default: loopback. Whoever reaches it learns how many requests there are, and of which kinds. */
  readonly host?: string;
  readonly metrics: Metrics;
  /** Left out: the process is ready as long as it is up. */
  readonly readiness?: Readiness;
}

/** `/metrics` for Prometheus, `/healthz`: the process is up, `/readyz`: it should get requests, else 503. */
export async function listenForService(options: ServiceListenerOptions): Promise<ServiceListener> {
  const { port, host = '127.0.0.1', metrics, readiness } = options;
  const pages: Readonly<Record<string, (response: ServerResponse) => Promise<unknown>>> = {
    '/metrics': async (response) => response.setHeader('content-type', metrics.contentType).end(await metrics.text()),
    '/healthz': async (response) => sendJson(response, 200, { up: true }),
    '/readyz': async (response) => {
      const lacking = (await readiness?.lacking()) ?? [];
      sendJson(response, lacking.length === 0 ? 200 : 503, { ready: lacking.length === 0, lacking });
    },
  };
  const server = createServer(({ method, url = '' }, response) => {
    const page = method === 'GET' && Object.hasOwn(pages, url) ? pages[url] : undefined;
    if (page === undefined) return void response.writeHead(404).end();
    page(response.setHeader('cache-control', 'no-store')).catch(() => response.writeHead(500).end());
  });
  server.listen(port, host);
  await once(server, 'listening');
  const { family, address, port: bound } = server.address() as AddressInfo;
  return {
    origin: `http://${family === 'IPv6' ? `[${address}]` : address}:${bound}`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
