import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Verifier } from '@holdfast/verifier';
import { protect } from '@holdfast/verifier/fastify';
import fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify';
import type { Certificates } from './certificates.ts';

export interface ServerOptions {
  /** Left out: plain HTTP. */
  readonly tls?: Certificates;
  readonly http2?: boolean;
  /** Left out: silent. */
  readonly log?: { write(line: string): void };
  /** More routes in the protected scope. */
  readonly routes?: (guarded: FastifyInstance) => unknown;
  /** Routes beside it. */
  readonly siblings?: (app: FastifyInstance) => unknown;
}

export interface VenueServer extends AsyncDisposable {
  readonly app: FastifyInstance;
  readonly port: number;
  /** Sends these octets on a connection of its own and reads until the server ends it. */
  exchange(request: string): Promise<string>;
}

/** Routes that a verifier protects, on a real listener. Handlers tell who they think is calling. */
export async function serveVenue(verifier: Verifier, options: ServerOptions = {}): Promise<VenueServer> {
  const app = create(options);
  app.register(
    plugin((guarded) => {
      guarded.register(protect, { verifier });
      guarded.register(plugin((routes) => addRoutes(routes, options)));
    }),
  );
  options.siblings?.(app);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return {
    app,
    port,
    exchange: (request) => exchange(port, request),
    [Symbol.asyncDispose]: async () => {
      if (!options.http2) app.server.closeAllConnections();
      await app.close();
    },
  };
}

/** Sends these octets on a connection of its own and reads until the server ends it. */
export async function exchange(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(request, 'latin1');
  return await text(socket);
}

/** Fastify takes several kinds of functions; this is the kind whose exceptions stop the start. */
export function plugin(add: (app: FastifyInstance) => unknown): FastifyPluginAsync {
  return async (app) => {
    add(app);
  };
}

function addRoutes(app: FastifyInstance, { routes }: ServerOptions): void {
  const whoami = async (request: { access: { clientId: string } }) => ({ client: request.access.clientId });
  app.get('/orders', { config: { scope: ['orders:read'] } }, whoami);
  app.post('/orders', { config: { scope: ['orders:write'] } }, whoami);
  app.get('/positions', { config: { scope: ['positions:read'] } }, whoami);
  app.get('/healthz', { config: { public: true } }, async () => ({ status: 'ok' }));
  routes?.(app);
}

function create({ tls, http2 = false, log }: ServerOptions): FastifyInstance {
  const logger = log === undefined ? {} : { logger: { level: 'trace', stream: log } };
  if (tls === undefined) return fastify(logger);
  const mutual = { requestCert: true, rejectUnauthorized: false, ca: tls.ca, minVersion: 'TLSv1.3' } as const;
  const https = { cert: tls.server.certificate, key: tls.server.key, ...mutual };
  return fastify({ ...logger, https, ...(http2 ? { http2 } : {}) } as {
    https: typeof https;
  }) as unknown as FastifyInstance;
}
