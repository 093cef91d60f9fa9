import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { VenueDescription } from './venue-server.ts';

/** Has its port before anything is served, so that a verifier can be told its origin. */
export interface Listener {
  readonly origin: string;
  serve(app: FastifyInstance): Promise<void>;
}

/** On loopback, with any free port: plain HTTP/1.1, or TLS 1.3 under the name localhost. */
export async function listen(tls: VenueDescription['tls']): Promise<Listener> {
  const app: { current?: FastifyInstance } = {};
  const answer: RequestListener = (request, response) => app.current?.routing(request, response);
  const server = tls === undefined ? createServer(answer) : createTlsServer(tlsOptions(tls), answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: tls === undefined ? `http://127.0.0.1:${port}` : `https://localhost:${port}`,
    async serve(instance) {
      await instance.ready();
      app.current = instance;
    },
  };
}

/** As the venue of `npx holdfast serve` asks for certificates: a client without one gets an OAuth error. */
function tlsOptions({ cert, key, clientAuthorities }: NonNullable<VenueDescription['tls']>) {
  const mutual = clientAuthorities === undefined ? {} : { requestCert: true, rejectUnauthorized: false };
  const ca = clientAuthorities === undefined ? {} : { ca: clientAuthorities };
  return { cert, key, minVersion: 'TLSv1.3' as const, ...mutual, ...ca };
}
