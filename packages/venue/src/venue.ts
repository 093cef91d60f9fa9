import type { ServerOptions } from 'node:https';
import type { Signatures } from '@holdfast/verifier';
import { type ProtectOptions, protect } from '@holdfast/verifier/fastify';
import fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { VenueError } from './errors.ts';
import type { EvidenceLog } from './evidence.ts';
import { Exchange } from './exchange.ts';
import { IdempotencyTable } from './idempotency.ts';
import { stampReply } from './interaction.ts';
import { replyRefusal } from './refusal.ts';
import { venueRoutes } from './routes.ts';
import { strictValidation } from './schemas.ts';

export interface VenueOptions {
  readonly verifier: ProtectOptions['verifier'];
  /**
   * Orders have to be placed, amended and cancelled by signed requests (FAPI 2.0 HTTP Signatures), so that no hop can change
   * one. Default: DPoP or mutual TLS alone, which signs no body.
   */
  readonly signatures?: Signatures;
  /**
   * Where accepted orders are recorded with what makes them undeniable; one log for all listeners of an exchange. Needs
   * `signatures: 'evidence'`. An order is answered once it is on record. Default: nowhere.
   */
  readonly evidence?: EvidenceLog;
  /** Two listeners of one venue, say DPoP and mutual TLS, pass one exchange. Default: a new one. */
  readonly exchange?: Exchange;
  /** Default: one per exchange, so that listeners that share an exchange share it too. */
  readonly idempotency?: IdempotencyTable;
  /** Of the exchange made here, milliseconds since the epoch; an exchange passed in brings its own. */
  readonly clock?: () => number;
  /** True logs to stdout; a logger is used as it is. Default: silent. */
  readonly logger?: boolean | FastifyBaseLogger;
  /** Key and certificate, as `node:https` takes them; `requestCert` for mutual TLS. Default: plain HTTP. */
  readonly https?: ServerOptions;
}

const tables = new WeakMap<Exchange, IdempotencyTable>();

/** A listener of the venue, not yet listening: the protected API, and `GET /healthz` for everybody. */
export function createVenue(options: VenueOptions): FastifyInstance {
  const exchange = options.exchange ?? new Exchange({ clock: options.clock ?? Date.now });
  const idempotency = options.idempotency ?? tableOf(exchange);
  const app = createApp(options);
  app.addHook('onRequest', stampReply);
  app.setErrorHandler(replyRefusal);
  app.setNotFoundHandler(() => {
    throw new VenueError('not_found');
  });
  app.get('/healthz', () => ({ status: 'ok' }));
  app.register((guarded, _options, done) => {
    guarded.register(protect, { verifier: options.verifier });
    const { signatures, evidence } = options;
    guarded.register(venueRoutes, { exchange, idempotency, signatures, evidence });
    done();
  });
  return app;
}

function createApp({ logger = false, https }: VenueOptions): FastifyInstance {
  return fastify({
    ajv: strictValidation,
    requestTimeout: 10_000,
    ...(typeof logger === 'boolean' ? { logger } : { loggerInstance: logger }),
    ...(https === undefined ? {} : { https }),
    // A path that does not decode reaches no route, so no hook either.
    frameworkErrors: (error, request, reply) => stampReply(request, reply, () => replyRefusal(error, request, reply)),
  });
}

function tableOf(exchange: Exchange): IdempotencyTable {
  const table = tables.get(exchange) ?? new IdempotencyTable({ clock: exchange.clock });
  tables.set(exchange, table);
  return table;
}
