import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { connectionsOf } from './connections.ts';
import { createTlsServer, type TlsIdentity } from './tls-server.ts';

/** A TLS listener that has its port before anything is served, so that origins with a free port can be configured. */
export interface Listener {
  readonly origin: string;
  serve(app: FastifyInstance): Promise<void>;
  /** Answers what is under way for at most `patience` milliseconds. Default 0: closes at once. */
  close(patience?: number): Promise<void>;
}

export interface ListenerOptions extends TlsIdentity {
  /** 0: any free port. */
  readonly port: number;
  /** Left out: every address of the machine. */
  readonly host?: string;
  /** The name that clients use, which the certificate holds. */
  readonly name: string;
}

export async function listen({ port, host, name, ...identity }: ListenerOptions): Promise<Listener> {
  const server = createTlsServer(identity);
  const connections = connectionsOf(server);
  await bind(server, port, host);
  const app: { current?: FastifyInstance } = {};
  server.on('request', (request, response) => app.current?.routing(request, response));
  return {
    origin: `https://${name}:${(server.address() as AddressInfo).port}`,
    async serve(instance) {
      await instance.ready();
      app.current = instance;
    },
    async close(patience = 0) {
      await connections.end(patience);
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

export async function closeAll(listeners: readonly Listener[], patience = 0): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close(patience)));
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
