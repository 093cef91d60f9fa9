import { createServer, type Server, type ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { CommandError } from './command-error.ts';

/** A TLS listener that has its port before anything is served, so that origins with a free port can be configured. */
export interface Listener {
  readonly origin: string;
  serve(app: FastifyInstance): Promise<void>;
  close(): Promise<void>;
}

export interface ListenerOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Left out: every address of the machine. */
  readonly host?: string;
  /** The name that clients use, which the certificate holds. */
  readonly name: string;
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  /** Given: asks for a client certificate, and takes connections without one, so that they get an OAuth error. PEM. */
  readonly clientAuthorities?: string;
}

const TIMEOUTS = { requestTimeout: 10_000, headersTimeout: 10_000 }; // ms

export async function listen({ port, host, name, cert, key, clientAuthorities }: ListenerOptions): Promise<Listener> {
  const mutual: ServerOptions =
    clientAuthorities === undefined ? {} : { requestCert: true, rejectUnauthorized: false, ca: clientAuthorities };
  const server = createTlsServer({ cert, key, minVersion: 'TLSv1.3', ...TIMEOUTS, ...mutual });
  const sockets = connectionsOf(server);
  await bind(server, port, host);
  const app: { current?: FastifyInstance } = {};
  server.on('request', (request, response) => app.current?.routing(request, response));
  return {
    origin: `https://${name}:${(server.address() as AddressInfo).port}`,
    async serve(instance) {
      await instance.ready();
      app.current = instance;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
      await app.current?.close();
    },
  };
}

/** All of them or none: when one cannot be had, those before it are closed again. */
export async function listenAll(options: readonly ListenerOptions[]): Promise<Listener[]> {
  const bound: Listener[] = [];
  try {
    for (const each of options) bound.push(await listen(each));
    return bound;
  } catch (error) {
    await closeAll(bound);
    throw error;
  }
}

export async function closeAll(listeners: readonly Listener[]): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close()));
}

function createTlsServer(options: ServerOptions): Server {
  try {
    return createServer(options);
  } catch {
    // OpenSSL's own words would not say which file is meant
    throw new CommandError('tls: the certificate and the private key are not PEM, or do not belong together');
  }
}

/** Every open connection: closeAllConnections() would leave out those that have not ended their TLS handshake. */
function connectionsOf(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

function bind(server: Server, port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
