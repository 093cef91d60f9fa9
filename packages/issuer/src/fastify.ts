import {
  asRefusal,
  HoldfastError,
  isCertificateTrusted,
  logFields,
  messageFromNode,
  metadataUrl,
} from '@holdfast/proof';
import type { FastifyError, FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify';
import { isOrigin } from './config.ts';
import type { Issuer } from './issuer.ts';
import { PATHS } from './metadata.ts';
import { failure, type Reply } from './reply.ts';

export interface IssuerRoutesOptions {
  readonly issuer: Issuer;
  /** Public origin of this listener, https: what the `htu` of a proof begins with. */
  readonly origin: string;
}

const BODY_LIMIT = 65_536; // octets

/** The endpoints of an issuer as Fastify routes. The same issuer may be served by a listener with and one without mutual TLS. */
export const issuerRoutes: FastifyPluginCallback<IssuerRoutesOptions> = (app, { issuer, origin }, done) => {
  // RFC 9449 §2: with https only. A proxy may end TLS before this listener; what clients call is the proxy's origin
  if (!isOrigin(origin)) return done(new TypeError('origin: must be an https origin'));
  const path = new URL(issuer.config.issuer).pathname.replace(/\/$/, '');
  // The core judges the content type, so every body reaches it as it came
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: BODY_LIMIT }, (_request, body, parsed) =>
    parsed(null, body),
  );

  app.get(new URL(metadataUrl(issuer.config.issuer)).pathname, async (_request, reply) =>
    answer(reply, issuer.metadata()),
  );
  app.get(`${path}${PATHS.jwks}`, async (_request, reply) => answer(reply, issuer.jwks()));
  app.route({
    method: ['POST', 'GET', 'PUT', 'PATCH', 'DELETE'],
    url: `${path}${PATHS.token}`,
    handler: async (request, reply) => {
      const message = messageFromNode(request.raw);
      const body = typeof request.body === 'string' ? request.body : '';
      const certificateTrusted = isCertificateTrusted(request.raw.socket);
      const result = await issuer.token({ ...message, origin, body, certificateTrusted });
      if (result.refusal !== undefined) logRefusal(request, result.refusal);
      return answer(reply, result);
    },
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const refusal = refusalOf(error);
    logRefusal(request, refusal);
    const { issuerStatus } = refusal;
    return answer(reply, { ...failure(refusal, undefined), status: error.statusCode === 413 ? 413 : issuerStatus });
  });
  done();
};

function logRefusal(request: FastifyRequest, refusal: HoldfastError): void {
  request.log[refusal.issuerStatus < 500 ? 'info' : 'error'](logFields(refusal), 'refused');
}

function answer(reply: FastifyReply, { status, headers, body }: Reply): FastifyReply {
  return reply.code(status).headers(headers).send(body);
}

/** What Fastify refuses by itself (a body too large, a media type that is none), in the words of RFC 6749 §5.2. */
function refusalOf(error: FastifyError): HoldfastError {
  const { statusCode: status = 500 } = error;
  if (status >= 500) return asRefusal(error);
  return new HoldfastError(status === 415 ? 'content_type_unsupported' : 'form_malformed');
}
