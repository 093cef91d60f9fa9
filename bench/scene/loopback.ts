import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Pool } from 'undici';
import { type Application, TOKEN_PATH } from './applicants.ts';
import { ISSUER } from './issuer.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A server of this process on the loopback address, and kept connections to it. */
export interface Loopback {
  send(application: Application): Promise<Answer>;
}

/**
 * Plain HTTP/1.1, as from a proxy where TLS ends: TLS costs every server the same. Neither server nor connections keep the
 * process alive.
 */
export async function openLoopback(listener: RequestListener, connections: number): Promise<Loopback> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  server.keepAliveTimeout = 0; // a round may last longer, and connecting again is not what is measured
  server.on('connection', (socket: Socket) => socket.unref());
  await once(server, 'listening');
  server.unref();
  const { port } = server.address() as AddressInfo;
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections, pipelining: 1, keepAliveTimeout: 600_000 });
  const { host } = new URL(ISSUER);
  return {
    async send({ headers, body }) {
      const fields = ['Host', host, 'X-Forwarded-Proto', 'https', ...headers];
      const answer = await pool.request({ path: TOKEN_PATH, method: 'POST', headers: fields, body });
      return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
    },
  };
}
