import type { Issuer } from '@holdfast/issuer';
import { issuerRoutes } from '@holdfast/issuer/fastify';
import { HoldfastError } from '@holdfast/proof';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { Logger } from './logger.ts';

/**
 * An issuer's endpoints as an application of their own. What no route serves is answered here, because Fastify's own
 * answers and log lines repeat the URL, and somebody may have put a secret into it.
 */
export function createIssuerApp(issuer: Issuer, origin: string, logger: Logger | undefined): FastifyInstance {
  const app = fastify({
    ...(logger === undefined ? {} : { loggerInstance: logger }),
    frameworkErrors: (_error, _request, reply) => refuse(reply, 400),
  }) as unknown as FastifyInstance;
  app.setNotFoundHandler((_request, reply) => refuse(reply, 404));
  app.register(issuerRoutes, { issuer, origin });
  return app;
}

function refuse(reply: FastifyReply, status: number): FastifyReply {
  const { error, message, code } = new HoldfastError('request_malformed');
  return reply.code(status).header('Cache-Control', 'no-store').send({ error, error_description: message, code });
}
