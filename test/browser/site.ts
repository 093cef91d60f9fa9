import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A site that is not the issuer's: the callback of a client, or somebody who wishes a person ill. On loopback. */
export interface Site extends AsyncDisposable {
  readonly origin: string;
  /** Requests for paths below /callback, in order. */
  readonly callbacks: readonly IncomingMessage[];
  /** What is at a path from now on: a page, or with `location` a redirect. */
  put(path: string, page: string | { readonly location: string }): void;
}

export async function openSite(): Promise<Site> {
  const pages = new Map<string, string | { readonly location: string }>([['/callback', '<h1 id="desk">Desk</h1>']]);
  const callbacks: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    if (path.startsWith('/callback')) callbacks.push(request);
    const page = pages.get(path);
    if (path === '/favicon.ico') response.writeHead(204).end();
    else if (page === undefined) response.writeHead(404).end();
    else if (typeof page === 'string') response.writeHead(200, { 'content-type': 'text/html' }).end(page);
    else response.writeHead(302, page).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    callbacks,
    put: (path, page) => void pages.set(path, page),
    [Symbol.asyncDispose]: () => close(server),
  };
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
