import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { authority, servers } from './authorities.ts';

/** A request as it came over the wire. */
export interface Received {
  readonly method: string;
  /** The request target, byte for byte. */
  readonly target: string;
  readonly headers: Headers;
  /** name, value, name, value … */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** DER. */
  readonly certificate: Buffer | undefined;
}

export interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** An object is sent as JSON. */
  readonly body?: string | Buffer | object;
}

/** Answers by itself, or takes the response and does what no decent server does. */
export type Handler = (request: Received, response: ServerResponse) => Answer | Promise<Answer> | undefined;

export interface TlsServer extends AsyncDisposable {
  readonly origin: string;
  readonly port: number;
  readonly received: readonly Received[];
  /** For what is no request with an answer, such as `upgrade`. */
  readonly server: Server;
}

/** A server on loopback over TLS that writes down what it is sent. */
export async function tlsServer(handler: Handler, options: ServerOptions = {}): Promise<TlsServer> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const { certificate: cert, key } = servers.sound;
  const server = createServer({ cert, key, ...options }, async (message, response) => {
    const request = await readRequest(message);
    received.push(request);
    const answer = await handler(request, response);
    if (answer !== undefined) reply(response, answer);
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `https://localhost:${port}`,
    port,
    received,
    server,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Options of a server that asks for certificates and judges none. */
export const asksForCertificate: ServerOptions = {
  requestCert: true,
  rejectUnauthorized: false,
  ca: authority.certificate,
};

async function readRequest(message: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  const headers = new Headers();
  for (let i = 0; i < message.rawHeaders.length; i += 2) {
    headers.append(message.rawHeaders[i] ?? '', message.rawHeaders[i + 1] ?? '');
  }
  return {
    method: message.method ?? '',
    target: message.url ?? '',
    headers,
    rawHeaders: message.rawHeaders,
    body: Buffer.concat(chunks),
    certificate: (message.socket as TLSSocket).getPeerX509Certificate()?.raw,
  };
}

function reply(response: ServerResponse, { status = 200, headers = {}, body = '' }: Answer): void {
  const isJson = typeof body === 'object' && !Buffer.isBuffer(body);
  response.writeHead(status, { ...(isJson ? { 'content-type': 'application/json' } : {}), ...headers });
  response.end(isJson ? JSON.stringify(body) : body);
}
