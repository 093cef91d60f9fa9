import { Exchange, IdempotencyTable, type OrderRequest, strictValidation, venueRoutes } from '@holdfast/venue';
import fastify from 'fastify';
import { describe, expect, test } from 'vitest';
import { noon } from './desk.ts';
import { listen } from './listener.ts';

const order: OrderRequest = { instrument: 'ACME', side: 'buy', type: 'limit', quantity: 10, price: '10.00' };

describe('orders', () => {
  test('placed: 201 with its address, and there it is', async () => {
    await using venue = await listen({ clock: () => noon });
    const alice = venue.as('alice');
    const placed = await alice('POST', '/orders', { ...order, clientOrderId: 'my-1' });
    expect(placed.status).toBe(201);
    expect(placed.headers.get('location')).toBe('/orders/ord-1');
    expect(placed.body).toEqual({
      id: 'ord-1',
      clientOrderId: 'my-1',
      instrument: 'ACME',
      side: 'buy',
      type: 'limit',
      timeInForce: 'GTC',
      price: '10.00',
      status: 'open',
      quantity: 10,
      filledQuantity: 0,
      remainingQuantity: 10,
      filledNotional: '0.00',
      createdAt: '2026-01-02T12:00:00.000Z',
      updatedAt: '2026-01-02T12:00:00.000Z',
      executionCount: 0,
      executions: [],
    });
    const read = await alice('GET', '/orders/ord-1');
    expect(read).toMatchObject({ status: 200, body: placed.body });
  });

  test('amended and cancelled', async () => {
    await using venue = await listen();
    const alice = venue.as('alice');
    await alice('POST', '/orders', order);
    const amended = await alice('PATCH', '/orders/ord-1', { price: '9.50', quantity: 4 });
    expect(amended).toMatchObject({ status: 200, body: { price: '9.50', quantity: 4, status: 'open' } });
    const cancelled = await alice('DELETE', '/orders/ord-1');
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled', reason: 'requested' } });
    expect(await alice('DELETE', '/orders/ord-1')).toMatchObject({
      status: 409,
      body: { error: 'order_closed' },
    });
  });

  test('listed in pages, filtered', async () => {
    await using venue = await listen();
    const alice = venue.as('alice');
    for (const quantity of [1, 2, 3]) await alice('POST', '/orders', { ...order, quantity });
    const first = await alice('GET', '/orders?limit=2&status=open&instrument=ACME');
    expect(first.body.orders).toMatchObject([{ quantity: 3 }, { quantity: 2 }]);
    const second = await alice('GET', `/orders?limit=2&cursor=${first.body.nextCursor}`);
    expect(second.body).toMatchObject({ orders: [{ quantity: 1 }] });
    expect(second.body.nextCursor).toBeUndefined();
    expect((await alice('GET', '/orders?status=filled')).body).toEqual({ orders: [] });
  });

  test("another account's order is not found, whatever is tried", async () => {
    await using venue = await listen();
    await venue.as('alice')('POST', '/orders', order);
    const mallory = venue.as('mallory');
    for (const [method, body] of [['GET'], ['DELETE'], ['PATCH', { quantity: 1 }]] as const) {
      const theirs = await mallory(method, '/orders/ord-1', body);
      const nobodys = await mallory(method, '/orders/ord-999', body);
      expect(theirs.status).toBe(404);
      expect(theirs.text).toBe(nobodys.text);
    }
  });

  test('a trade shows in both positions and in the market data', async () => {
    await using venue = await listen();
    await venue.as('alice')('POST', '/orders', order);
    const sold = await venue.as('bob')('POST', '/orders', { ...order, side: 'sell', quantity: 4 });
    expect(sold.body).toMatchObject({ status: 'filled', executions: [{ price: '10.00', quantity: 4 }] });
    expect((await venue.as('alice')('GET', '/positions')).body).toMatchObject({
      positions: [{ instrument: 'ACME', netQuantity: '4', netNotional: '40.00' }],
    });
    expect((await venue.as('carol', '')('GET', '/market-data/ACME?depth=1')).body).toMatchObject({
      bestBid: { price: '10.00', quantity: 6, orders: 1 },
      bestAsk: null,
      lastTrade: { price: '10.00', quantity: 4 },
    });
  });

  test('instruments', async () => {
    await using venue = await listen();
    const { body } = await venue.as('carol', '')('GET', '/instruments');
    expect(body.instruments).toContainEqual({
      symbol: 'EURUSD',
      tickSize: '0.00001',
      lotSize: 1000,
      maxQuantity: 100_000_000,
      maxPrice: '10.00000',
    });
  });
});

describe('each route asks for its scope', () => {
  test.each([
    ['POST', '/orders', 'orders:write', order],
    ['PATCH', '/orders/ord-1', 'orders:write', { quantity: 1 }],
    ['DELETE', '/orders/ord-1', 'orders:write', undefined],
    ['GET', '/orders', 'orders:read', undefined],
    ['HEAD', '/orders', 'orders:read', undefined],
    ['GET', '/orders/ord-1', 'orders:read', undefined],
    ['GET', '/positions', 'positions:read', undefined],
  ])('%s %s: %s', async (method, path, scope, body) => {
    await using venue = await listen();
    const all = ['orders:read', 'orders:write', 'positions:read'];
    const others = all.filter((each) => each !== scope).join(' ');
    expect((await venue.as('alice', others)(method, path, body)).status).toBe(403);
    expect((await venue.as('alice', scope)(method, path, body)).status).not.toBe(403);
    expect((await venue.stranger(method, path, body)).status).toBe(401);
  });

  test.each(['/market-data/ACME', '/instruments'])('%s: any token, but a token', async (path) => {
    await using venue = await listen();
    expect((await venue.as('alice', '')('GET', path)).status).toBe(200);
    expect((await venue.stranger('GET', path)).status).toBe(401);
  });

  test('health needs no token', async () => {
    await using venue = await listen();
    expect(await venue.stranger('GET', '/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  test.each(['/positions', '/instruments', '/orders'])('%s serves nobody when unprotected', async (url) => {
    const app = fastify({ ajv: strictValidation });
    app.decorateRequest('access');
    app.register(venueRoutes, freshParts());
    const { statusCode, body } = await app.inject(url);
    expect(statusCode).toBe(500);
    expect(JSON.parse(body)).toEqual({ error: 'server_error', error_description: 'the venue failed' });
  });
});

describe('what is refused with 400 and a word on why', () => {
  test.each<[string, object | string, string]>([
    ['an unknown field', { ...order, stopPrice: '9' }, 'body: unknown field stopPrice'],
    ['an unknown field that is no name', { ...order, '<b>': 1 }, 'body: unknown field (not a plain name)'],
    ['a missing field', { ...order, side: undefined }, 'body: missing field side'],
    ['a quantity that is a string', { ...order, quantity: '10' }, 'body/quantity must be integer'],
    ['a broken quantity', { ...order, quantity: 1.5 }, 'body/quantity must be integer'],
    ['a quantity of zero', { ...order, quantity: 0 }, 'body/quantity must be >= 1'],
    ['a quantity beyond a double', `{"quantity":1e400}`, 'body: missing field instrument'],
    ['a price that is a number', { ...order, price: 10 }, 'body/price must be string'],
    ['a null price', { ...order, price: null }, 'body/price must be string'],
    ['an unknown side', { ...order, side: 'BUY' }, 'body/side must be one of buy,sell'],
    ['a strange clientOrderId', { ...order, clientOrderId: 'a b' }, 'body/clientOrderId must match pattern'],
    ['an array', [order], 'body must be object'],
    ['no JSON', '{"instrument":', 'the request is malformed'],
    ['nothing', '', 'the request is malformed'],
    ['a prototype', '{"__proto__":{"side":"buy"}}', 'the request is malformed'],
    ['a price between ticks', { ...order, price: '10.001' }, 'price is not a positive decimal multiple'],
    ['a price above the maximum', { ...order, price: '1000000.01' }, 'price is above'],
    ['a quantity above the maximum', { ...order, quantity: 1_000_001 }, 'quantity is above'],
    ['a limit order without price', { ...order, price: undefined }, 'price: a limit order needs one'],
    ['an unknown instrument', { ...order, instrument: 'NOPE' }, 'instrument is not traded here'],
  ])('POST /orders: %s', async (_what, body, description) => {
    await using venue = await listen();
    const refused = await venue.as('alice')('POST', '/orders', body);
    expect(refused.status).toBe(400);
    expect(Object.keys(refused.body)).toEqual(['error', 'error_description']);
    expect(refused.body.error_description).toContain(description);
    expect((await venue.as('alice')('GET', '/orders')).body.orders).toEqual([]);
  });

  test.each([
    ['/orders?limit=0', 'querystring/limit'],
    ['/orders?limit=101', 'querystring/limit'],
    ['/orders?limit=1&limit=2', 'querystring/limit must be string'],
    ['/orders?cursor=abc', 'querystring/cursor'],
    ['/orders?status=done', 'querystring/status must be one of open,'],
    ['/orders?account=bob', 'querystring: unknown field account'],
    ['/market-data/ACME?depth=51', 'querystring/depth'],
    ['/positions?all=1', 'querystring: unknown field all'],
  ])('GET %s', async (path, description) => {
    await using venue = await listen();
    const refused = await venue.as('alice')('GET', path);
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(refused.body.error_description).toContain(description);
  });

  test.each([{}, { side: 'sell' }, { quantity: '1' }])('PATCH with %j', async (amendment) => {
    await using venue = await listen();
    const alice = venue.as('alice');
    await alice('POST', '/orders', order);
    expect((await alice('PATCH', '/orders/ord-1', amendment)).status).toBe(400);
    expect((await alice('GET', '/orders/ord-1')).body).toMatchObject({ quantity: 10, side: 'buy' });
  });
});

describe('every other refusal is JSON, too', () => {
  test.each([
    ['GET', '/nowhere', 404, 'not_found'],
    ['GET', '/market-data/NOPE', 404, 'instrument_not_found'],
    ['GET', '/orders/ord-9', 404, 'order_not_found'],
    ['GET', '/orders/%zz', 400, 'invalid_request'],
    ['GET', `/orders/${'x'.repeat(200)}`, 400, 'invalid_request'],
    ['PUT', '/orders', 405, 'method_not_allowed'],
    ['OPTIONS', '/orders', 405, 'method_not_allowed'],
    ['POST', '/market-data/ACME', 405, 'method_not_allowed'],
  ])('%s %s → %i %s', async (method, path, status, error) => {
    await using venue = await listen();
    const refused = await venue.as('alice')(method, path);
    expect(refused).toMatchObject({ status, body: { error, error_description: expect.any(String) } });
    expect(refused.headers.get('cache-control')).toBe('no-store');
    expect(refused.headers.get('x-fapi-interaction-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(refused.headers.get('content-type')).toBe('application/json; charset=utf-8');
  });

  test('405 tells what the path takes, to those with a token', async () => {
    await using venue = await listen();
    const allow = async (path: string) => (await venue.as('a', '')('PUT', path)).headers.get('allow');
    expect(await allow('/orders')).toBe('GET, HEAD, POST');
    expect(await allow('/orders/ord-1')).toBe('DELETE, GET, HEAD, PATCH');
    expect(await allow('/positions')).toBe('GET, HEAD');
    expect((await venue.stranger('PUT', '/orders')).status).toBe(401);
  });

  test('a body that is too large, or of another type', async () => {
    await using venue = await listen();
    const alice = venue.as('alice');
    const large = await alice('POST', '/orders', JSON.stringify(order) + ' '.repeat(16 * 1024));
    expect(large).toMatchObject({ status: 413, body: { error: 'payload_too_large' } });
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/xml']) {
      const refused = await alice('POST', '/orders', JSON.stringify(order), { 'content-type': type });
      expect(refused).toMatchObject({ status: 415, body: { error: 'unsupported_media_type' } });
    }
  });

  test('what fails inside is not told', async () => {
    const clock = () => {
      throw new Error('secret detail');
    };
    await using venue = await listen({ clock });
    const failed = await venue.as('alice')('POST', '/orders', order);
    expect(failed.status).toBe(500);
    expect(failed.body).toEqual({ error: 'server_error', error_description: 'the venue failed' });
  });
});

test.each(['application/json', 'application/json; charset=utf-8', 'application/json, */*;q=0.1', '*/*', undefined])(
  'C068 who accepts %s gets JSON, with its Date and the interaction id that was sent',
  async (accept) => {
    await using venue = await listen();
    const sent = 'c770aef3-6784-41f7-8e0e-ff5f97bddb3a';
    const fields = { 'x-fapi-interaction-id': sent, ...(accept === undefined ? {} : { accept }) };
    const { status, headers, body } = await venue.as('alice')('GET', '/orders', undefined, fields);
    expect(status).toBe(200);
    expect(body).toMatchObject({ orders: [] });
    expect(headers.get('content-type')).toMatch(/^application\/json\b/);
    expect(headers.get('x-fapi-interaction-id')).toBe(sent);
    expect(Math.abs(Date.parse(headers.get('date') ?? '') - Date.now())).toBeLessThan(10_000);
  },
);

describe('x-fapi-interaction-id', () => {
  test.each([
    ['a UUID comes back as it was sent', 'C770AEF3-6784-41F7-8E0E-FF5F97BDDB3A', true],
    ['something else does not', 'not-a-uuid', false],
    ['a UUID with more behind it does not', 'c770aef3-6784-41f7-8e0e-ff5f97bddb3a0', false],
  ])('%s', async (_what, sent, isEchoed) => {
    await using venue = await listen();
    for (const client of [venue.as('alice'), venue.stranger]) {
      const { headers } = await client('GET', '/positions', undefined, { 'x-fapi-interaction-id': sent });
      expect(headers.get('x-fapi-interaction-id') === sent).toBe(isEchoed);
      expect(headers.get('x-fapi-interaction-id')).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);
    }
  });

  test('two replies never share a made one', async () => {
    await using venue = await listen();
    const id = async () => (await venue.stranger('GET', '/healthz')).headers.get('x-fapi-interaction-id');
    expect(await id()).not.toBe(await id());
  });
});

test('an instance that coerces or drops fields is not started', async () => {
  const app = fastify();
  app.register(venueRoutes, freshParts());
  await expect(app.ready()).rejects.toThrow('strictValidation');
});

test('under a prefix, Location and 405 follow', async () => {
  const app = fastify({ ajv: strictValidation });
  app.decorateRequest('access');
  app.addHook('onRequest', async (request) => {
    request.access = { clientId: 'alice' } as typeof request.access;
  });
  app.register(venueRoutes, { ...freshParts(), prefix: '/v1' });
  const placed = await app.inject({ method: 'POST', url: '/v1/orders', payload: order });
  expect(placed.headers.location).toBe('/v1/orders/ord-1');
  expect((await app.inject({ method: 'PUT', url: '/v1/orders' })).statusCode).toBe(405);
});

function freshParts() {
  const clock = () => noon;
  return { exchange: new Exchange({ clock }), idempotency: new IdempotencyTable({ clock }) };
}
