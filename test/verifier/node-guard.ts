import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Verifier } from '@holdfast/verifier';
import { protect } from '@holdfast/verifier/node';
import { listen, type ServedBy } from './adapted-servers.ts';
import { credentials, type Wanted } from './credentials.ts';
import type { Scene } from './scene.ts';

export type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A server whose handler stands behind the middleware, which nobody awaits. */
export async function guard(
  verifier: Verifier,
  handler: Handler,
  before: Handler = () => {},
): Promise<ServedBy & { readonly outcomes: Promise<unknown>[] }> {
  const middleware = protect(verifier, { scope: ['orders:read'] });
  const outcomes: Promise<unknown>[] = [];
  const server = await listen((request, response) => {
    before(request, response);
    const outcome = middleware(request, response, () => handler(request, response));
    outcomes.push(outcome.catch((error: unknown) => error));
  });
  return { ...server, outcomes };
}

export async function send(scene: Scene, { port }: ServedBy, wanted: Wanted = {}): Promise<Response> {
  const { method = 'GET', path = '/orders' } = wanted;
  return await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: await credentials(scene, wanted) });
}
