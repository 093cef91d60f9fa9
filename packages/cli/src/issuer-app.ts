import type { Issuer } from '@holdfast/issuer';
import { type IssuerRoutesOptions, issuerRoutes } from '@holdfast/issuer/fastify';
import { HoldfastError } from '@holdfast/proof';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import type { IssuerMetrics } from './issuer-metrics.ts';
import type { Logger } from './logger.ts';

export interface IssuerAppOptions extends Pick<IssuerRoutesOptions, 'rateLimits'> {
  /** Of the listener. */
  readonly origin: string;
  readonly logger?: Logger | undefined;
  readonly metrics?: IssuerMetrics | undefined;
}

/**
 * An issuer's endpoints as an application of their own. What no route serves is answered here, because Fastify's own
 * answers and log lines repeat the URL, and somebody may have put a secret into it.
 */
export function createIssuerApp(issuer: Issuer, options: IssuerAppOptions): FastifyInstance {
  const { origin, rateLimits, logger, metrics } = options;
  const app = fastify({
    ...(logger === undefined ? {} : { loggerInstance: logger }),
    frameworkErrors: (_error, _request, reply) => refuse(reply, 400),
  }) as unknown as FastifyInstance;
  app.setNotFoundHandler((_request, reply) => refuse(reply, 404));
  if (metrics !== undefined) {
    app.addHook('onResponse', (request, reply, done) => {
      metrics.answered(request, reply);
      done();
    });
  }
  app.register(issuerRoutes, { issuer, origin, ...(rateLimits === undefined ? {} : { rateLimits }) });
  return app;
}

function refuse(reply: FastifyReply, status: number): FastifyReply {
  const { error, message, code } = new HoldfastError('request_malformed');
  return reply.code(status).header('Cache-Control', 'no-store').send({ error, error_description: message, code });
}
