import { asRefusal, messageFromNode } from '@holdfast/proof';
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import type { Access } from './access.ts';
import type { Verifier } from './verifier.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by `protect` before any handler of a protected route runs. */
    access: Access;
  }
  interface FastifyContextConfig {
    /** Scopes that the route needs, all of them; empty: any valid token. */
    scope?: readonly string[];
    /** The route is open to everybody. */
    public?: true;
  }
}

export interface ProtectOptions {
  readonly verifier: Verifier;
}

/**
 * Protects every route that is registered after it in the same scope. A route says `config: { scope: […] }` or
 * `config: { public: true }`; one that says neither stops the server from starting, so none is open by oversight.
 * Decides before the body is read.
 */
export const protect: FastifyPluginCallback<ProtectOptions> = (app, { verifier }, done) => {
  app.decorateRequest('access');
  app.addHook('onRoute', (route) => {
    if (route.config?.public !== true && !Array.isArray(route.config?.scope)) {
      throw new TypeError(`${route.method} ${route.url}: config.scope or config.public is missing`);
    }
  });
  app.addHook('onRequest', async (request, reply) => {
    const { public: isPublic, scope = [] } = request.routeOptions.config;
    if (isPublic === true) return;
    await admit(verifier, request, reply, scope);
  });
  done();
};

// The hooks belong to the scope that registers the plugin, not to a scope of the plugin's own.
Object.assign(protect, { [Symbol.for('skip-override')]: true });

async function admit(
  verifier: Verifier,
  request: FastifyRequest,
  reply: FastifyReply,
  scope: readonly string[],
): Promise<void> {
  try {
    request.access = await verifier.verify(messageFromNode(request.raw), { scope });
    reply.headers(request.access.headers);
  } catch (thrown) {
    const refusal = asRefusal(thrown);
    request.log.info({ code: refusal.code, skew: refusal.skew }, 'refused');
    reply.code(refusal.status).headers(refusal.headers);
    await reply.send({ error: refusal.error, error_description: refusal.message, code: refusal.code });
  }
}
