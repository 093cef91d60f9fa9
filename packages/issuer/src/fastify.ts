import {
  asRefusal,
  endOfTurn,
  fieldValues,
  HoldfastError,
  isCertificateTrusted,
  logFields,
  messageFromNode,
  metadataUrl,
} from '@holdfast/proof';
import type { FastifyError, FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { showError } from './authorization/screens.ts';
import { isOrigin } from './config.ts';
import type { IssuerRequest } from './form.ts';
import type { Issuer } from './issuer.ts';
import { basePathOf, offerOf, PATHS } from './metadata.ts';
import { STYLE, STYLE_HEADERS } from './pages/style.ts';
import { limitRates, type RateLimits } from './rate-limit.ts';
import { failure, type Reply } from './reply.ts';

export type { RateLimits } from './rate-limit.ts';

export interface IssuerRoutesOptions {
  readonly issuer: Issuer;
  /** Public origin of this listener, https: what the `htu` of a proof begins with. */
  readonly origin: string;
  /** Requests in a minute. `off` where something in front of this listener limits them. */
  readonly rateLimits?: Partial<RateLimits> | 'off';
}

const BODY_LIMIT = 65_536; // octets
const EVERY_METHOD = ['POST', 'GET', 'PUT', 'PATCH', 'DELETE'];

/** The endpoints of an issuer as Fastify routes. The same issuer may be served by a listener with and one without mutual TLS. */
export const issuerRoutes: FastifyPluginAsync<IssuerRoutesOptions> = async (app, options) => {
  const { issuer, origin, rateLimits } = options;
  // RFC 9449 §2: with https only. A proxy may end TLS before this listener; what clients call is the proxy's origin
  if (!isOrigin(origin)) throw new TypeError('origin: must be an https origin');
  const base = basePathOf(issuer.config.issuer);
  const [pages, stylesheet] = [`${base}${PATHS.interaction}/:id`, base + PATHS.stylesheet];
  const refuse = (request: FastifyRequest, refusal: HoldfastError) =>
    isForPeople(request, base) ? showError(refusal, stylesheet) : failure(refusal, undefined);
  takeBodiesAsTheyCome(app);
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const refusal = refusalOf(error);
    const answered = refuse(request, refusal);
    return answer(request, reply, { ...answered, status: error.statusCode === 413 ? 413 : answered.status, refusal });
  });
  if (rateLimits !== 'off') {
    await limitRates(app, { limits: rateLimits, logins: [pages], answer: refuse });
  }
  const read = (request: FastifyRequest) => readRequest(request, origin);
  const endpoint = (path: string, line: (request: IssuerRequest) => Promise<Reply>) => {
    app.route({
      method: EVERY_METHOD,
      url: base + path,
      handler: async (request, reply) => {
        const asked = read(request); // as it came, with the certificate of a connection that may end meanwhile
        await endOfTurn();
        return answer(request, reply, await line(asked));
      },
    });
  };

  serveDocuments(app, issuer, base);
  endpoint(PATHS.token, issuer.token);
  endpoint(PATHS.revoke, issuer.revoke);
  if (issuer.config.resource_servers.length > 0) endpoint(PATHS.introspect, issuer.introspect);
  const { isForPeople: hasPages, isOpenId } = offerOf(issuer.config);
  if (isOpenId) endpoint(PATHS.userinfo, issuer.userinfo);
  if (issuer.registration !== undefined) {
    endpoint(PATHS.register, issuer.registration.register);
    endpoint(`${PATHS.register}/:clientId`, issuer.registration.manage);
  }
  if (hasPages) {
    endpoint(PATHS.push, issuer.push);
    servePages(app, issuer, { base, pages, stylesheet }, read);
  }
};

/** The core judges the content type, so every body reaches it as it came. */
function takeBodiesAsTheyCome(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: BODY_LIMIT }, (_request, body, parsed) =>
    parsed(null, body),
  );
}

function readRequest({ raw, body, ip }: FastifyRequest, origin: string): IssuerRequest {
  return {
    ...messageFromNode(raw),
    origin,
    body: typeof body === 'string' ? body : '',
    certificateTrusted: isCertificateTrusted(raw.socket),
    address: ip, // of the connection, unless the application was told which proxies to trust
  };
}

/** What anybody may read. */
function serveDocuments(app: FastifyInstance, issuer: Issuer, base: string): void {
  const metadata = async (request: FastifyRequest, reply: FastifyReply) => answer(request, reply, issuer.metadata());
  app.get(new URL(metadataUrl(issuer.config.issuer)).pathname, metadata);
  if (offerOf(issuer.config).isOpenId) app.get(`${base}/.well-known/openid-configuration`, metadata);
  app.get(base + PATHS.jwks, async (request, reply) => answer(request, reply, issuer.jwks()));
  const { statusLists } = issuer;
  if (statusLists === undefined) return;
  app.get<{ Params: { id: string } }>(`${base}${PATHS.status}/:id`, async (request, reply) => {
    const { status, headers, body } = await statusLists.list(request.params.id, {
      accept: onlyValue(request, 'accept'),
      acceptEncoding: onlyValue(request, 'accept-encoding'),
    });
    return reply.code(status).headers(headers).send(body);
  });
}

interface PagePaths {
  readonly base: string;
  readonly pages: string;
  readonly stylesheet: string;
}

function servePages(
  app: FastifyInstance,
  { authorization }: Issuer,
  { base, pages, stylesheet }: PagePaths,
  read: (request: FastifyRequest) => IssuerRequest,
): void {
  app.get(stylesheet, async (_request, reply) => reply.headers(STYLE_HEADERS).send(STYLE));
  app.route({
    method: ['GET', 'POST'],
    url: base + PATHS.authorize,
    handler: async (request, reply) => answer(request, reply, await authorization.authorize(read(request))),
  });
  app.get<{ Params: { id: string } }>(pages, async (request, reply) =>
    answer(request, reply, await authorization.show(read(request), request.params.id)),
  );
  app.post<{ Params: { id: string } }>(pages, async (request, reply) =>
    answer(request, reply, await authorization.submit(read(request), request.params.id)),
  );
}

function isForPeople({ routeOptions }: FastifyRequest, base: string): boolean {
  return [PATHS.authorize, PATHS.interaction].some((path) => routeOptions.url?.startsWith(base + path) ?? false);
}

/** RFC 9110 §5.3: several lines of a list are one. */
function onlyValue(request: FastifyRequest, name: string): string | undefined {
  const values = fieldValues(messageFromNode(request.raw), name);
  return values.length === 0 ? undefined : values.join(', ');
}

function answer(request: FastifyRequest, reply: FastifyReply, { status, headers, body, refusal }: Reply): FastifyReply {
  if (refusal !== undefined) {
    request.log[refusal.issuerStatus < 500 ? 'info' : 'error'](logFields(refusal), 'refused');
  }
  return reply.code(status).headers(headers).send(body);
}

/** What Fastify refuses by itself (a body too large, a media type that is none), in the words of RFC 6749 §5.2. */
function refusalOf(error: FastifyError): HoldfastError {
  const { statusCode: status = 500 } = error;
  if (error instanceof HoldfastError || status >= 500) return asRefusal(error);
  return new HoldfastError(status === 415 ? 'content_type_unsupported' : 'form_malformed');
}
