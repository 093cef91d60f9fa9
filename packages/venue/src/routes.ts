import type { Signatures } from '@holdfast/verifier';
import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import { accountOf, answerOnce, answerRecorded, insistOnAccess } from './answer.ts';
import { type Accepted, actOnRecord, answerOf, type EvidenceLog } from './evidence.ts';
import type { Amendment, Exchange, OrderQuery } from './exchange.ts';
import type { Answer, IdempotencyTable } from './idempotency.ts';
import { stampReply } from './interaction.ts';
import { refuseOtherMethods } from './method-not-allowed.ts';
import type { OrderRequest } from './order.ts';
import { replyRefusal } from './refusal.ts';
import {
  amendSchema,
  insistOnStrictValidation,
  listSchema,
  marketDataSchema,
  placeSchema,
  plainSchema,
} from './schemas.ts';

export interface VenueRoutesOptions {
  readonly exchange: Exchange;
  /** One per exchange, shared by every listener. */
  readonly idempotency: IdempotencyTable;
  /**
   * What signatures placing, amending and cancelling orders needs. Default: none. Those that are there are verified, also of
   * reads.
   */
  readonly signatures?: Signatures | undefined;
  /** Where accepted orders are recorded. Needs the signatures `evidence`. Default: nowhere. */
  readonly evidence?: EvidenceLog | undefined;
}

interface OneOrder {
  Params: { id: string };
}

const bodyLimit = 16 * 1024;
const readsOrders = { scope: ['orders:read'], signature: 'optional' } as const;
const writesOrders = { scope: ['orders:write'] };
const readsPositions = { scope: ['positions:read'], signature: 'optional' } as const;
const anyToken = { scope: [], signature: 'optional' } as const;

/**
 * The trading API. Register it in a scope that `protect` of `@holdfast/verifier/fastify` guards, on an
 * instance made with `ajv: strictValidation`; it refuses to start on one that coerces or drops fields.
 */
export const venueRoutes: FastifyPluginAsync<VenueRoutesOptions> = async (app, options) => {
  app.addHook('onRequest', stampReply);
  app.addHook('onRequest', insistOnAccess);
  app.addHook('onReady', async () => insistOnStrictValidation(app));
  app.setErrorHandler(replyRefusal);
  app.removeContentTypeParser('text/plain');
  const refuseTheRest = refuseOtherMethods(app);
  orderRoutes(app, options);
  readingRoutes(app, options.exchange);
  refuseTheRest();
};

function orderRoutes(app: FastifyInstance, options: VenueRoutesOptions): void {
  const { exchange, idempotency, signatures } = options;
  const writes = { ...writesOrders, signature: signatures ?? ('optional' as const) };
  const act = actingBy(options);
  app.post<{ Body: OrderRequest }>('/orders', { config: writes, schema: placeSchema, bodyLimit }, (request, reply) =>
    answerOnce(idempotency, request, reply, () =>
      act(request, () => {
        const order = exchange.place(accountOf(request), request.body);
        return { status: 201, order, headers: { location: `${app.prefix}/orders/${order.id}` } };
      }),
    ),
  );
  app.patch<OneOrder & { Body: Amendment }>(
    '/orders/:id',
    { config: writes, schema: amendSchema, bodyLimit },
    (request, reply) => {
      const amend = () => exchange.amend(accountOf(request), request.params.id, request.body);
      return answerOnce(idempotency, request, reply, () => act(request, () => ({ status: 200, order: amend() })));
    },
  );
  app.delete<OneOrder>('/orders/:id', { config: writes, schema: plainSchema, bodyLimit }, (request, reply) => {
    const cancel = () => exchange.cancel(accountOf(request), request.params.id);
    return answerRecorded(
      reply,
      act(request, () => ({ status: 200, order: cancel() })),
    );
  });
  app.get<OneOrder>('/orders/:id', { config: readsOrders, schema: plainSchema }, (request) =>
    exchange.order(accountOf(request), request.params.id),
  );
  app.get<{ Querystring: Omit<OrderQuery, 'limit'> & { limit?: string } }>(
    '/orders',
    { config: readsOrders, schema: listSchema },
    (request) => {
      const { limit = '50', ...query } = request.query;
      return exchange.orders(accountOf(request), { ...query, limit: Number(limit) });
    },
  );
}

/** What lets an order take effect: by itself, or on record. */
function actingBy({ exchange, signatures, evidence }: VenueRoutesOptions) {
  if (evidence === undefined) return (_request: FastifyRequest, act: () => Accepted): Answer => answerOf(act());
  if (signatures !== 'evidence') throw new TypeError("evidence: only with signatures: 'evidence'");
  return (request: FastifyRequest, act: () => Accepted) => {
    return actOnRecord(evidence, { request, at: exchange.clock() }, act);
  };
}

function readingRoutes(app: FastifyInstance, exchange: Exchange): void {
  app.get('/positions', { config: readsPositions, schema: plainSchema }, (request) => ({
    positions: exchange.positions(accountOf(request)),
  }));
  app.get<{ Params: { instrument: string }; Querystring: { depth?: string } }>(
    '/market-data/:instrument',
    { config: anyToken, schema: marketDataSchema },
    ({ params, query }) => exchange.marketData(params.instrument, Number(query.depth ?? '10')),
  );
  app.get('/instruments', { config: anyToken, schema: plainSchema }, () => ({
    instruments: exchange.instruments(),
  }));
}
