import type { FastifyInstance } from 'fastify';

/**
 * The `ajv` option of an instance that serves these schemas. Fastify's own default turns "100" into 100
 * and drops unknown fields without a word: an order API must refuse both.
 */
export const strictValidation = {
  customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false },
} as const;

/** An `onReady` check. Throws `TypeError` when the instance was made without `strictValidation`. */
export function insistOnStrictValidation(app: FastifyInstance): void {
  const schema = { type: 'object', additionalProperties: false, properties: { n: { type: 'integer' } } };
  const check = app.validatorCompiler?.({ schema, method: 'POST', url: '/', httpPart: 'body' });
  if (check?.({ n: '1' }) !== false || check({ unknown: 1 }) !== false) {
    throw new TypeError('venueRoutes needs a Fastify instance made with { ajv: strictValidation }');
  }
}

// What comes in a query string stays a string, so the numbers there are patterns.
const price = { type: 'string', maxLength: 16 };
const quantity = { type: 'integer', minimum: 1 };
const instrument = { type: 'string', minLength: 1, maxLength: 16 };
const statuses = ['open', 'partially_filled', 'filled', 'cancelled', 'rejected'];
const nothing = { type: 'object', additionalProperties: false };

export const placeSchema = {
  querystring: nothing,
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['instrument', 'side', 'type', 'quantity'],
    properties: {
      instrument,
      side: { enum: ['buy', 'sell'] },
      type: { enum: ['limit', 'market'] },
      timeInForce: { enum: ['GTC', 'IOC', 'FOK'] },
      quantity,
      price,
      clientOrderId: { type: 'string', pattern: '^[A-Za-z0-9._:-]{1,64}$' },
    },
  },
};

export const amendSchema = {
  querystring: nothing,
  body: { type: 'object', additionalProperties: false, minProperties: 1, properties: { price, quantity } },
};

export const listSchema = {
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: {
      status: { enum: statuses },
      instrument,
      limit: { type: 'string', pattern: '^([1-9][0-9]?|100)$' },
      cursor: { type: 'string', pattern: '^[1-9][0-9]{0,14}$' },
    },
  },
};

export const marketDataSchema = {
  querystring: {
    type: 'object',
    additionalProperties: false,
    properties: { depth: { type: 'string', pattern: '^([1-9]|[1-4][0-9]|50)$' } },
  },
};

export const plainSchema = { querystring: nothing };
