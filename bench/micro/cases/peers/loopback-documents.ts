import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Document {
  readonly type: string;
  readonly text: string;
}

/**
 * Serves documents on the loopback address, for a peer that fetches the issuer's keys by itself. Returns the origin. It does
 * not keep the process alive.
 */
export async function serveDocuments(find: (path: string, origin: string) => Document | undefined): Promise<string> {
  const server = createServer((request, response) => {
    const found = find(request.url ?? '', origin);
    response.writeHead(found === undefined ? 404 : 200, { 'Content-Type': found?.type ?? 'text/plain' });
    response.end(found?.text);
  });
  server.on('connection', (socket) => socket.unref());
  await once(server.listen(0, 'localhost'), 'listening');
  server.unref();
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  return origin;
}

export const json = (value: unknown): Document => ({ type: 'application/json', text: JSON.stringify(value) });
