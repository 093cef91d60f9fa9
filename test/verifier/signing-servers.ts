import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { HttpMessage } from '@holdfast/proof';
import type { Requirement, Verifier } from '@holdfast/verifier';
import { admit, protect, resourceMetadata, signResponse } from '@holdfast/verifier/node';
import { protect as protectWeb } from '@holdfast/verifier/web';
import { getRequestListener } from '@hono/node-server';
import express from 'express';
import type { FastifyInstance } from 'fastify';
import { Hono } from 'hono';
import { listen } from './adapted-servers.ts';
import type { Certificates } from './certificates.ts';
import { serveVenue } from './venue-server.ts';

/*
 * POST, GET and DELETE /orders, all of which need a signature, behind every adapter. Handlers say what body they were given,
 * and `seen` has it, so that a test sees what reached one.
 */

export interface SigningServer extends AsyncDisposable {
  readonly port: number;
  readonly seen: string[];
}

export interface SigningOptions {
  readonly signature?: 'optional' | 'required' | 'evidence';
  readonly tls?: Certificates;
  readonly http2?: boolean;
  /** More routes of Fastify. */
  readonly routes?: (app: FastifyInstance) => void;
}

/** Octets of a body that every server here takes. */
export const LIMIT = 1000;

export const SIGNING_ADAPTERS = ['fastify', 'node:http', 'express', 'hono'] as const;
export type SigningAdapter = (typeof SIGNING_ADAPTERS)[number];

export async function serveSigned(
  adapter: SigningAdapter,
  verifier: Verifier,
  options: SigningOptions = {},
): Promise<SigningServer> {
  const seen: string[] = [];
  const needs = { scope: [], signature: options.signature ?? 'required' };
  const server =
    adapter === 'fastify'
      ? await serveVenue(verifier, { ...options, routes: (app) => fastifyRoutes(app, needs, { seen, ...options }) })
      : await listen(OTHERS[adapter](verifier, needs, seen), options);
  return { port: server.port, seen, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

type Needs = Requirement & { readonly scope: readonly string[] };
type Listener = (request: IncomingMessage, response: ServerResponse) => unknown;

function fastifyRoutes(
  app: FastifyInstance,
  config: Needs,
  { seen, routes }: SigningOptions & { seen: string[] },
): void {
  const see = (body: unknown) => {
    seen.push(Buffer.isBuffer(body) ? body.toString('latin1') : String(body ?? ''));
    return { got: seen.at(-1) };
  };
  app.addContentTypeParser(
    ['application/json', 'application/octet-stream'],
    { parseAs: 'buffer' },
    (_request, body, done) => done(null, body),
  );
  app.route({
    method: ['POST', 'GET', 'DELETE'],
    url: '/signed',
    bodyLimit: LIMIT,
    config: config as never,
    handler: async ({ body }) => see(body),
  });
  routes?.(app);
}

const OTHERS = { 'node:http': nodeHandler, express: expressHandler, hono: honoHandler } as const;

function nodeHandler(verifier: Verifier, needs: Needs, seen: string[]): Listener {
  return async (request, response) => {
    const access = await admit(verifier, request, response, needs, { contentLimit: LIMIT });
    if (access !== undefined) await answer(verifier, request, response, seen);
  };
}

async function answer(verifier: Verifier, request: IncomingMessage, response: ServerResponse, seen: string[]) {
  seen.push(request.content?.toString('latin1') ?? 'no content');
  const body = JSON.stringify({ got: seen.at(-1) });
  await signResponse(verifier, request, response, body);
  response.end(body);
}

function expressHandler(verifier: Verifier, needs: Needs, seen: string[]): Listener {
  const app = express();
  if (verifier.metadata !== undefined) app.use(resourceMetadata(verifier));
  app.all('/signed', protect(verifier, needs, { contentLimit: LIMIT }), (request, response) => {
    void answer(verifier, request, response, seen);
  });
  return app;
}

function honoHandler(verifier: Verifier, needs: Needs, seen: string[]): Listener {
  const app = new Hono();
  const handle = protectWeb(
    verifier,
    async (request) => {
      seen.push(Buffer.from(await request.arrayBuffer()).toString('latin1'));
      return Response.json({ got: seen.at(-1) });
    },
    { ...needs, contentLimit: LIMIT },
  );
  app.all('/signed', (context) => handle(context.req.raw));
  app.get('/.well-known/*', (context) => handle(context.req.raw));
  return getRequestListener(app.fetch) as Listener;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Sends a message as it is, with this body; with a Content-Length where the message has one, else in chunks. */
export async function send(
  port: number,
  { method, target, headers }: HttpMessage,
  body?: string | Uint8Array,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = httpRequest({
    port,
    host: '127.0.0.1',
    method,
    path: target,
    headers: ['Host', 'venue', ...headers],
  });
  request.on('response', resolve).on('error', reject);
  if (body !== undefined) request.write(body);
  request.end();
  const response = await promise;
  return { status: response.statusCode ?? 0, headers: response.headers, body: await buffer(response) };
}
