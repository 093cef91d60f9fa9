import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Requirement, Verifier } from '@holdfast/verifier';
import { admit, clientCertificate, protect, resourceMetadata } from '@holdfast/verifier/node';
import { protect as protectWeb, type WebRequirement } from '@holdfast/verifier/web';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import express from 'express';
import type { FastifyInstance } from 'fastify';
import { type Context, Hono } from 'hono';
import type { Certificates } from './certificates.ts';
import { exchange, type ServerOptions, serveVenue, type VenueServer } from './venue-server.ts';

/*
 * The same venue behind every adapter: /orders to read and to write, /positions, /account for who has more than a scope,
 * /healthz for everybody. Handlers tell who they think is calling.
 */

export type ServedBy = Pick<VenueServer, 'port' | 'exchange'> & AsyncDisposable;
export type ListenOptions = Pick<ServerOptions, 'tls' | 'http2'>;
type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

const READS = { scope: ['orders:read'] };
const WRITES = { scope: ['orders:write'] };
const POSITIONS = { scope: ['positions:read'] };

/** RFC 9396: what /account needs beside a scope. */
export const ACCOUNT = {
  ...READS,
  authorizationDetails: [
    { type: 'account', actions: ['read', 'trade'], identifier: 'A-1' },
    { type: 'report', datatypes: ['fills'] },
  ],
} as const;

export const ADAPTERS = ['fastify', 'node:http', 'express', 'hono'] as const;
export type Adapter = (typeof ADAPTERS)[number];

export async function serve(adapter: Adapter, verifier: Verifier, options: ListenOptions = {}): Promise<ServedBy> {
  if (adapter === 'fastify') return await serveVenue(verifier, { ...options, routes: accountRoute });
  const handlers = { 'node:http': plainVenue, express: expressVenue, hono: honoVenue };
  return await listen(handlers[adapter](verifier), options);
}

function accountRoute(app: FastifyInstance): void {
  app.get('/account', { config: ACCOUNT }, async ({ access }) => ({ client: access.clientId }));
}

/** Any handler on a real listener. */
export async function listen(handler: Listener, { tls, http2 = false }: ListenOptions = {}): Promise<ServedBy> {
  const server = create(handler, tls, http2);
  const sessions = new Set<{ destroy(): void }>();
  server.on('session', (session) => sessions.add(session));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    exchange: (octets) => exchange(port, octets),
    [Symbol.asyncDispose]: async () => {
      if ('closeAllConnections' in server) server.closeAllConnections();
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function create(handler: Listener, tls: Certificates | undefined, http2: boolean) {
  if (tls === undefined) return createServer(handler);
  const { certificate: cert, key } = tls.server;
  const options = {
    cert,
    key,
    ca: tls.ca,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
  } as const;
  return http2 ? createSecureServer(options, handler as never) : createTlsServer(options, handler);
}

/** Asks first and looks for the route then, as who routes by hand does. */
function plainVenue(verifier: Verifier): Listener {
  const routes: Readonly<Record<string, Requirement>> = {
    'GET /orders': READS,
    'HEAD /orders': READS,
    'POST /orders': WRITES,
    'GET /positions': POSITIONS,
    'GET /account': ACCOUNT,
  };
  return async (request, response) => {
    const path = (request.url ?? '').replace(/^https?:\/\/[^/]+/i, '').replace(/\?.*/s, '');
    if (path === '/healthz') return void response.end('{"status":"ok"}');
    const needed = routes[`${request.method} ${path.replace('%6f', 'o')}`];
    const access = await admit(verifier, request, response, needed);
    if (access === undefined) return;
    if (needed === undefined) response.statusCode = 404;
    response.end(JSON.stringify({ client: access.clientId }));
  };
}

function expressVenue(verifier: Verifier): Listener {
  const app = express();
  const whoami: express.RequestHandler = (request, response) =>
    void response.json({ client: request.access?.clientId });
  if (verifier.metadata !== undefined) app.use(resourceMetadata(verifier));
  app.get('/orders', protect(verifier, READS), whoami);
  app.post('/orders', protect(verifier, WRITES), whoami);
  app.get('/positions', protect(verifier, POSITIONS), whoami);
  app.get('/account', protect(verifier, ACCOUNT), whoami);
  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  return app;
}

type NodeContext = Context<{ Bindings: HttpBindings }>;

function honoVenue(verifier: Verifier): Listener {
  const app = new Hono<{ Bindings: HttpBindings }>();
  const guarded = (requirement: Requirement) => {
    const options: WebRequirement<[NodeContext]> = {
      ...requirement,
      certificate: (_request, context) => clientCertificate(context.env.incoming),
    };
    const handle = protectWeb(verifier, (_request, { clientId }) => Response.json({ client: clientId }), options);
    return (context: NodeContext) => handle(context.req.raw, context);
  };
  app.get('/orders', guarded(READS));
  app.post('/orders', guarded(WRITES));
  app.get('/positions', guarded(POSITIONS));
  app.get('/account', guarded(ACCOUNT));
  app.get('/healthz', (context) => context.json({ status: 'ok' }));
  app.get('/.well-known/*', guarded({}));
  return getRequestListener(app.fetch) as Listener;
}
