import { asRefusal, HoldfastError, logFields, messageFromNode } from '@holdfast/proof';
import type { FastifyContextConfig, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
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
  readonly verifier: Pick<Verifier, 'verify' | 'metadata'>;
}

/**
 * Protects every route that is registered after it in the same scope. A route says `config: { scope: […] }` or
 * `config: { public: true }`; one that says neither stops the server from starting, so none is open by oversight. One
 * that was registered before this plugin was loaded, and says neither, answers 500. Decides before the body is read.
 */
export const protect: FastifyPluginAsync<ProtectOptions> = async (app, { verifier }) => {
  app.decorateRequest('access');
  app.addHook('onRoute', (route) => {
    if (neededBy(route.config) === undefined) {
      throw new TypeError(`${route.method} ${route.url}: either config.scope or config.public is needed`);
    }
  });
  // With a callback, because it alone lets a request pass: a promise that settles would, also when the answer was a
  // refusal that is still being sent and the client has gone
  app.addHook('onRequest', (request, reply, pass) => {
    const needed = request.is404 ? [] : neededBy(request.routeOptions.config);
    if (needed === 'nothing') pass();
    else admit(verifier, request, reply, needed).then((admitted) => admitted && pass(), stop(pass));
  });
  // RFC 9449 §8.2: no cache keeps a nonce, whatever the handler says
  app.addHook('onSend', async (_request, reply) => {
    if (reply.hasHeader('DPoP-Nonce')) reply.header('Cache-Control', 'no-store');
  });
};

// The hooks belong to the scope that registers the plugin, not to a scope of the plugin's own.
Object.assign(protect, { [Symbol.for('skip-override')]: true });

/** The scopes that a route needs; undefined when it does not say, or says two things. */
function neededBy({ public: isPublic, scope }: FastifyContextConfig = {}): readonly string[] | 'nothing' | undefined {
  if (isPublic === true) return scope === undefined ? 'nothing' : undefined;
  return Array.isArray(scope) && scope.every((each) => typeof each === 'string') ? scope : undefined;
}

/** Answering a refusal can fail too, when a log does. Whatever was thrown, an error is what goes on, and never nothing. */
function stop(pass: (error: Error) => void): (cause: unknown) => void {
  return (cause) => pass(new HoldfastError('internal', { cause }));
}

/** Whether the request may go on; when not, it is answered here. */
async function admit(
  verifier: ProtectOptions['verifier'],
  request: FastifyRequest,
  reply: FastifyReply,
  scope: readonly string[] | undefined,
): Promise<boolean> {
  try {
    if (scope === undefined) throw new HoldfastError('internal');
    // The proof is for the target as it was sent, which `rewriteUrl` changes in the raw request
    const message = { ...messageFromNode(request.raw), target: request.originalUrl };
    request.access = await verifier.verify(message, { scope });
    reply.headers(request.access.headers);
    return true;
  } catch (thrown) {
    const refusal = asRefusal(thrown);
    request.log[refusal.status < 500 ? 'info' : 'error'](logFields(refusal), 'refused');
    reply.code(refusal.status).headers(refusal.headers);
    reply.send({ error: refusal.error, error_description: refusal.message, code: refusal.code });
    return false;
  }
}
