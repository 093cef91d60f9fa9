import { endOfTurn, HoldfastError } from '@holdfast/proof';
import type {
  FastifyContextConfig,
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  RouteOptions,
} from 'fastify';
import type { Access, Requirement } from '../access.ts';
import type { RequiredDetail } from '../authorization-details.ts';
import { isRequirement } from '../requirement.ts';
import type { SignaturePolicy } from '../signature/message-signatures.ts';
import { checkBodies, messageOf, refuse, signReplies } from './fastify-signatures.ts';
import { type Guard, type Published, publishedBy, withoutQuery } from './reply.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by `protect` before any handler of a protected route runs. */
    access: Access;
    /** The body as it was sent, where a signature is needed: it was compared with what is signed. */
    content: Buffer | undefined;
  }
  interface FastifyContextConfig {
    /** Scopes that the route needs, all of them; empty: any valid token. */
    scope?: readonly string[];
    /** RFC 9396: rights that the route needs, all of them, beside its scopes. */
    authorizationDetails?: readonly RequiredDetail[];
    /**
     * The sender has to sign the message with its body, which is compared before any parser and handler sees it. Replies are
     * signed where the verifier has `responseSigning`.
     */
    signature?: SignaturePolicy;
    /** The route is open to everybody. */
    public?: true;
  }
}

export interface ProtectOptions {
  readonly verifier: Guard;
}

/**
 * Protects every route that is registered after it in the same scope. A route says `config: { scope: […] }`, with
 * `authorizationDetails` and `signature` or without, or `config: { public: true }`; one that says neither stops the server from starting,
 * so none is open by oversight. One that was registered before this plugin was loaded, and says neither, answers 500.
 * Decides before the body is read. With metadata (RFC 9728), adds the public route that serves it; in a scope with a
 * prefix, where it cannot, `resourceMetadata` has to.
 *
 * Where `signature` is set: hooks of others that change a body (preParsing) or a reply (onSend) have to be registered so that
 * the former run after these and the latter before, or the signatures do not fit; and a reply that is a stream cannot be
 * signed and becomes 500.
 */
export const protect: FastifyPluginAsync<ProtectOptions> = async (app, { verifier }) => {
  app.decorateRequest('access');
  app.decorateRequest('content', undefined);
  app.addHook('onRoute', (route) => {
    if (neededBy(route.config) === undefined) {
      throw new TypeError(`${route.method} ${route.url}: either config.scope or config.public is needed`);
    }
  });
  // With a callback, because it alone lets a request pass: a promise that settles would, also when the answer was a
  // refusal that is still being sent and the client has gone
  app.addHook('onRequest', (request, reply, pass) => {
    const needed = request.is404 ? {} : neededBy(request.routeOptions.config);
    if (needed === 'nothing') pass();
    else admit(verifier, request, reply, needed).then((admitted) => admitted && pass(), stop(pass));
  });
  // RFC 9449 §8.2: no cache keeps a nonce, whatever the handler says
  app.addHook('onSend', async (_request, reply) => {
    if (reply.hasHeader('dpop-nonce')) reply.header('Cache-Control', 'no-store');
  });
  checkBodies(app, verifier);
  signReplies(app, verifier);
  for (const published of publishedBy(verifier)) offer(app, published);
};

/** Serves the metadata of the resource (RFC 9728 §3.2), and the keys that it names, where `protect` cannot. Belongs in a scope without a prefix. */
export const resourceMetadata: FastifyPluginAsync<ProtectOptions> = async (app, { verifier }) => {
  if (verifier.metadata === undefined) throw new TypeError('verifier: one with the option metadata');
  for (const published of publishedBy(verifier)) app.route(routeOf(published));
};

// The hooks belong to the scope that registers the plugin, not to a scope of the plugin's own.
for (const plugin of [protect, resourceMetadata]) Object.assign(plugin, { [Symbol.for('skip-override')]: true });

/** What a route needs; undefined when it does not say, or says two things. */
function neededBy(config: FastifyContextConfig = {}): Requirement | 'nothing' | undefined {
  const { public: isPublic, scope, authorizationDetails, signature } = config;
  if (isPublic === true)
    return [scope, authorizationDetails, signature].every((each) => each === undefined) ? 'nothing' : undefined;
  const needed: Record<string, unknown> = { scope };
  if (authorizationDetails !== undefined) needed['authorizationDetails'] = authorizationDetails;
  if (signature !== undefined) needed['signature'] = signature;
  return isRequirement(needed) ? needed : undefined;
}

/** A route that is there already, at this path, stays: two scopes of one resource have one document. */
function offer(app: FastifyInstance, published: Published): void {
  const route = routeOf(published);
  const isThere = () => app.hasRoute({ method: 'GET', url: route.url });
  if (app.prefix === '' && !isThere()) app.route(route);
  app.addHook('onReady', async () => {
    if (!isThere()) throw new TypeError(`${published.path}: register resourceMetadata in a scope without a prefix`);
  });
}

function routeOf({ path, document }: Published): RouteOptions {
  // The router decodes what it is asked for (all but %2F, which no route of it can hold), and takes a colon for a parameter
  const url = decodeURI(withoutQuery(path)).replaceAll(':', '::');
  const handler = (_request: FastifyRequest, reply: FastifyReply) => reply.send(document);
  return { method: 'GET', url, exposeHeadRoute: true, config: { public: true }, handler };
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
  requirement: Requirement | undefined,
): Promise<boolean> {
  try {
    if (requirement === undefined) throw new HoldfastError('internal');
    const message = messageOf(request); // as it came, with the certificate of a connection that may end meanwhile
    await endOfTurn();
    request.access = await verifier.verify(message, requirement);
    reply.headers(request.access.headers);
    return true;
  } catch (thrown) {
    refuse(request, reply, thrown, requirement);
    return false;
  }
}
