import type { FastifyInstance } from 'fastify';
import { VenueError } from './errors.ts';

/**
 * Answers 405 with `Allow` on every path of the scope that lacks a method. Call it before the first
 * route; call the function it returns after the last.
 */
export function refuseOtherMethods(app: FastifyInstance): () => void {
  const methodsOf = new Map<string, Set<string>>();
  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsOf.get(url) ?? new Set();
    for (const each of [method].flat()) methods.add(each);
    methodsOf.set(url, methods);
  });
  return () => {
    for (const [url, methods] of [...methodsOf]) refuseOthers(app, url.slice(app.prefix.length), methods);
  };
}

function refuseOthers(app: FastifyInstance, url: string, methods: ReadonlySet<string>): void {
  const allow = [...methods].sort().join(', ');
  app.route({
    url,
    method: app.supportedMethods.filter((method) => !methods.has(method)),
    config: { scope: [], signature: 'optional' },
    exposeHeadRoute: false,
    // Before the body is read: nothing in it could change the answer.
    onRequest: (_request, reply) => {
      reply.header('allow', allow);
      throw new VenueError('method_not_allowed');
    },
    handler: () => undefined,
  });
}
