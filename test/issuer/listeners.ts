import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { createAuthority, issueServer } from '@holdfast/certs-scripts';
import { createLogger, listen } from '@holdfast/cli';
import { createIssuer, type Issuer, type IssuerOptions, readConfig } from '@holdfast/issuer';
import { issuerRoutes } from '@holdfast/issuer/fastify';
import { memoryStore } from '@holdfast/stores';
import fastify, { type FastifyInstance } from 'fastify';
import { ASSERTION_TYPE } from './forge.ts';
import { configuration } from './scene.ts';

const now = new Date();
export const authority = await createAuthority({ commonName: 'Test Authority', now });
const server = await issueServer(authority, { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], now, days: 2 });

export interface Served extends AsyncDisposable {
  readonly issuer: Issuer;
  readonly origin: string;
  /** The listener that asks for certificates. */
  readonly mtlsOrigin: string;
  readonly logs: readonly string[];
}

/** An issuer behind two TLS listeners on loopback, as an operator would put it up. `path` is the path of its URL. */
export async function serve(
  changes: Record<string, unknown> = {},
  path = '',
  put: Partial<Omit<IssuerOptions, 'config'>> = {},
): Promise<Served> {
  const { certificate: cert, key } = server;
  const options = { port: 0, host: '127.0.0.1', name: 'localhost', cert, key };
  const plain = await listen(options);
  const mutual = await listen({ ...options, clientAuthorities: authority.certificate });
  const config = configuration({ issuer: plain.origin + path, mtls_origin: mutual.origin, ...changes });
  const issuer = await createIssuer({ config: readConfig(config), store: memoryStore(), ...put });
  const logs: string[] = [];
  for (const listener of [plain, mutual]) {
    const logger = createLogger({ write: (line: string) => logs.push(line) });
    const app = fastify({ loggerInstance: logger }) as unknown as FastifyInstance;
    app.register(issuerRoutes, { issuer, origin: listener.origin });
    await listener.serve(app);
  }
  return {
    issuer,
    origin: plain.origin,
    mtlsOrigin: mutual.origin,
    logs,
    async [Symbol.asyncDispose]() {
      await Promise.all([plain.close(), mutual.close()]);
    },
  };
}

export interface Call {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: string | Uint8Array;
  readonly tls?: tls.ConnectionOptions;
}

export interface Received {
  readonly status: number;
  /** One value per field line; names in lower case. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly text: string;
  readonly body: Record<string, unknown>;
}

/** One request on a connection of its own. */
export function call(
  origin: string,
  { method = 'POST', path = '/token', headers = {}, body = '', tls = {} }: Call,
): Promise<Received> {
  return new Promise((resolve, reject) => {
    const options = { method, path, headers, ca: authority.certificate, servername: 'localhost', agent: false, ...tls };
    const request = httpsRequest(origin, options as object, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const { statusCode: status = 0, headersDistinct } = response;
      resolve({ status, headers: headersDistinct as Received['headers'], text, body: parse(text) });
    });
    request.on('error', reject);
    request.end(body);
  });
}

export const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** The body of a token request. */
export function form(parameters: Readonly<Record<string, string>>): string {
  const { assertion, ...rest } = parameters;
  const client = assertion === undefined ? {} : { client_assertion: assertion, client_assertion_type: ASSERTION_TYPE };
  return new URLSearchParams({ grant_type: 'client_credentials', ...client, ...rest }).toString();
}

/** Sends octets as they are over TLS, which have to ask for `Connection: close`, and returns all that comes back. */
export async function raw(origin: string, octets: string | Uint8Array): Promise<string> {
  const { hostname, port } = new URL(origin);
  const socket: Duplex = tls.connect({
    host: '127.0.0.1',
    servername: hostname,
    port: Number(port),
    ca: authority.certificate,
  });
  socket.write(octets); // Node drops the answers to a client that ends its side first
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
