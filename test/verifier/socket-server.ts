import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import type { Credential } from '@holdfast/certs-scripts';
import type { Access, Requirement, Verifier } from '@holdfast/verifier';
import { type ClosingOptions, closeWhenEnded, upgrade } from '@holdfast/verifier/websocket';
import { WebSocket, WebSocketServer } from 'ws';
import type { Certificates } from './certificates.ts';

export interface SocketServer extends AsyncDisposable {
  readonly port: number;
  /** The server's ends of the WebSockets that were let in. */
  readonly opened: { readonly socket: WebSocket; readonly access: Access }[];
  /** What every handshake ended in. */
  readonly outcomes: Promise<Access | undefined>[];
  connections(): Promise<number>;
}

export interface SocketServerOptions extends ClosingOptions {
  readonly requirement?: Requirement;
  /** Called with every raw socket before it is decided about. */
  readonly onUpgrade?: (socket: Duplex) => void;
}

/** Market data over TLS, by the package ws: says who is there, and echoes. */
export async function serveSockets(
  verifier: Verifier,
  tls: Certificates,
  { requirement = { scope: ['orders:read'] }, onUpgrade, ...closing }: SocketServerOptions = {},
): Promise<SocketServer> {
  const { certificate: cert, key } = tls.server;
  const server = createServer({ cert, key, ca: tls.ca, requestCert: true, rejectUnauthorized: false });
  const sockets = new WebSocketServer({ noServer: true });
  const opened: SocketServer['opened'] = [];
  const outcomes: Promise<Access | undefined>[] = [];
  sockets.on('headers', (lines, request) => {
    for (const [name, value] of Object.entries(request.access?.headers ?? {})) lines.push(`${name}: ${value}`);
  });
  const decide = async (request: IncomingMessage, raw: Duplex, head: Buffer): Promise<Access | undefined> => {
    const access = await upgrade(verifier, request, raw, requirement);
    if (access === undefined) return undefined;
    sockets.handleUpgrade(request, raw, head, (socket) => {
      closeWhenEnded(verifier, access, socket, closing);
      opened.push({ socket, access });
      socket.on('error', () => {}).on('message', (data) => socket.send(String(data)));
      socket.send(access.clientId);
    });
    return access;
  };
  server.on('upgrade', (request, raw, head) => {
    onUpgrade?.(raw);
    outcomes.push(decide(request, raw, head));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    opened,
    outcomes,
    connections: () => new Promise((resolve) => server.getConnections((_error, count) => resolve(count))),
    [Symbol.asyncDispose]: async () => {
      for (const { socket } of opened) socket.terminate();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

export interface Dialled {
  /** Undefined when the handshake was refused. */
  readonly socket: WebSocket | undefined;
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  /** First message, or the body of the refusal. */
  readonly text: string;
}

export interface DialOptions {
  readonly path?: string;
  readonly protocols?: readonly string[];
  readonly present?: Credential;
}

/** A WebSocket client, as the package ws has it. */
export async function dial(
  port: number,
  { ca }: Certificates,
  headers: Record<string, string | string[]>,
  { path = '/stream', protocols = [], present }: DialOptions = {},
): Promise<Dialled> {
  const identity = present === undefined ? {} : { cert: present.certificate, key: present.key };
  const options = { ca, ...identity, headers: headers as Record<string, string> };
  const socket = new WebSocket(`wss://localhost:${port}${path}`, [...protocols], options);
  socket.on('error', () => {});
  return await new Promise((resolve, reject) => {
    let head: IncomingMessage | undefined;
    const done = (opened: WebSocket | undefined, text: string) =>
      resolve({ socket: opened, status: head?.statusCode, headers: head?.headers ?? {}, text });
    socket.on('upgrade', (response) => (head = response));
    socket.once('message', (data) => done(socket, String(data)));
    socket.once('unexpected-response', (_request, response) => {
      head = response;
      const chunks: string[] = [];
      response.on('data', (chunk) => chunks.push(String(chunk))).on('end', () => done(undefined, chunks.join('')));
      response.on('error', reject);
    });
  });
}

export interface RawDial {
  readonly socket: TLSSocket;
  reset(): void;
  /** All that came until the server ended its side. */
  received(): Promise<string>;
}

/** A TLS connection that sends a handshake as it is written, and does what it likes after: its side stays open. */
export async function dialRaw(
  port: number,
  { ca }: Certificates,
  fields: Record<string, string>,
  before = '',
): Promise<RawDial> {
  const transport = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
  const socket = connect({ socket: transport, servername: 'localhost', ca });
  socket.on('error', () => {});
  const chunks: string[] = [];
  socket.on('data', (chunk) => chunks.push(String(chunk)));
  const ended = once(socket, 'end');
  ended.catch(() => {}); // a reset
  await once(socket, 'secureConnect');
  const handshake = {
    Host: 'localhost',
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const lines = Object.entries({ ...handshake, ...fields }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`${before}GET /stream HTTP/1.1\r\n${lines.join('')}\r\n`);
  return {
    socket,
    reset: () => void transport.resetAndDestroy(),
    received: async () => {
      await ended;
      return chunks.join('');
    },
  };
}
