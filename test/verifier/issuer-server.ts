import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { Agent, fetch as undiciFetch } from 'undici';
import type { Certificates } from './certificates.ts';
import type { Key } from './forge.ts';
import { published } from './forge.ts';

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export const METADATA = '/.well-known/oauth-authorization-server';

/** An issuer's metadata and keys over real HTTPS, whose answers a test replaces at any time. */
export interface IssuerServer extends AsyncDisposable {
  readonly issuer: string;
  /** Trusts this server's authority. */
  readonly fetch: typeof globalThis.fetch;
  /** Paths in the order in which they were asked for. */
  readonly asked: string[];
  readonly answers: Record<string, Answer>;
}

export const json =
  (value: unknown): Answer =>
  (_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
  };

export const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(code, headers).end();
  };

/** Takes the request and never answers. */
export const silence: Answer = () => {};

export async function serveIssuer({ ca, server }: Certificates, keys: readonly Key[]): Promise<IssuerServer> {
  const asked: string[] = [];
  const answers: Record<string, Answer> = {};
  const listener = createServer({ cert: server.certificate, key: server.key }, (request, response) => {
    const path = request.url ?? '';
    asked.push(path);
    (answers[path] ?? status(404))(request, response);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const issuer = `https://localhost:${(listener.address() as AddressInfo).port}`;
  answers[METADATA] = json({ issuer, jwks_uri: `${issuer}/jwks` });
  answers['/jwks'] = json({ keys: keys.map(published) });
  const dispatcher = new Agent({ connect: { ca } });
  return {
    issuer,
    asked,
    answers,
    fetch: ((url: string, init: object) =>
      undiciFetch(url, { ...init, dispatcher })) as unknown as typeof globalThis.fetch,
    async [Symbol.asyncDispose]() {
      await dispatcher.destroy();
      listener.closeAllConnections();
      listener.close();
    },
  };
}
