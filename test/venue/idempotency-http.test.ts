import { Exchange, IdempotencyTable, type OrderRequest } from '@holdfast/venue';
import { describe, expect, test } from 'vitest';
import { noon, stoppedClock } from './desk.ts';
import { listen, type Send } from './listener.ts';

const order: OrderRequest = { instrument: 'ACME', side: 'buy', type: 'limit', quantity: 10, price: '10.00' };
const key = { 'idempotency-key': 'k-1' };

async function countOrders(client: Send): Promise<number> {
  return (await client('GET', '/orders')).body.orders.length;
}

describe('Idempotency-Key', () => {
  test('the same request again: the same answer, marked, and one order', async () => {
    await using venue = await listen();
    const alice = venue.as('alice');
    const first = await alice('POST', '/orders', order, key);
    await venue.as('bob')('POST', '/orders', { ...order, side: 'sell' });
    const again = await alice('POST', '/orders', order, key);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again).toMatchObject({ status: 201, text: first.text });
    expect(again.headers.get('location')).toBe('/orders/ord-1');
    expect(again.headers.get('content-type')).toBe(first.headers.get('content-type'));
    expect(await countOrders(alice)).toBe(1);
  });

  test('a hundred at once: one order', async () => {
    await using venue = await listen();
    const alice = venue.as('alice');
    const replies = await Promise.all(Array.from({ length: 100 }, () => alice('POST', '/orders', order, key)));
    expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
    expect(replies.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1);
    expect(await countOrders(alice)).toBe(1);
  });

  test('the order of the fields does not matter', async () => {
    await using venue = await listen();
    const alice = venue.as('alice');
    await alice('POST', '/orders', order, key);
    const shuffled = Object.fromEntries(Object.entries(order).reverse());
    expect((await alice('POST', '/orders', shuffled, key)).headers.get('idempotency-replayed')).toBe('true');
  });

  test.each([
    ['another quantity', { ...order, quantity: 11 }],
    ['one more field', { ...order, timeInForce: 'GTC' }],
  ])('%s under the same key: 422', async (_what, other) => {
    await using venue = await listen();
    const alice = venue.as('alice');
    await alice('POST', '/orders', order, key);
    const refused = await alice('POST', '/orders', other, key);
    expect(refused).toMatchObject({ status: 422, body: { error: 'idempotency_key_reused' } });
    expect(await countOrders(alice)).toBe(1);
  });

  test('without a key, twice is two orders', async () => {
    await using venue = await listen();
    const alice = venue.as('alice');
    await alice('POST', '/orders', order);
    await alice('POST', '/orders', order);
    expect(await countOrders(alice)).toBe(2);
  });

  test('a key is its account’s', async () => {
    await using venue = await listen();
    await venue.as('alice')('POST', '/orders', order, key);
    const bobs = await venue.as('bob')('POST', '/orders', order, key);
    expect(bobs.body.id).toBe('ord-2');
    expect(bobs.headers.get('idempotency-replayed')).toBeNull();
  });

  test('a refused order may be tried again under its key', async () => {
    await using venue = await listen();
    const alice = venue.as('alice');
    expect((await alice('POST', '/orders', { ...order, price: '0.001' }, key)).status).toBe(400);
    expect((await alice('POST', '/orders', order, key)).status).toBe(201);
  });

  test.each(['', 'a b', 'ä', 'x'.repeat(65), '"quoted"', 'a,b'])('%j is no key', async (bad) => {
    await using venue = await listen();
    const headers = { 'idempotency-key': Buffer.from(bad).toString('latin1') };
    const refused = await venue.as('alice')('POST', '/orders', order, headers);
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_idempotency_key' } });
    expect(await countOrders(venue.as('alice'))).toBe(0);
  });

  test('an amendment is made once', async () => {
    await using venue = await listen();
    const alice = venue.as('alice');
    await alice('POST', '/orders', order);
    await alice('POST', '/orders', order);
    await alice('PATCH', '/orders/ord-1', { quantity: 5 }, key);
    await alice('PATCH', '/orders/ord-1', { quantity: 4 });
    const again = await alice('PATCH', '/orders/ord-1', { quantity: 5 }, key);
    expect(again).toMatchObject({ status: 200, body: { quantity: 5 } });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect((await alice('GET', '/orders/ord-1')).body.quantity).toBe(4);
    // The same body for another order is another request.
    expect((await alice('PATCH', '/orders/ord-2', { quantity: 5 }, key)).status).toBe(422);
  });

  test('a full table: 503 with Retry-After, and no order; without a key there is still one', async () => {
    const clock = stoppedClock();
    await using venue = await listen({ clock, idempotency: new IdempotencyTable({ clock, maxKeys: 1 }) });
    const alice = venue.as('alice');
    await alice('POST', '/orders', order, key);
    clock.advance(3_600_000);
    const refused = await alice('POST', '/orders', order, { 'idempotency-key': 'k-2' });
    expect(refused).toMatchObject({ status: 503, body: { error: 'idempotency_full' } });
    expect(refused.headers.get('retry-after')).toBe(String(23 * 3600));
    expect(await countOrders(alice)).toBe(1);
    expect((await alice('POST', '/orders', order)).status).toBe(201);
  });
});

test('two listeners of one exchange: a retry on the other one trades no second time', async () => {
  const exchange = new Exchange({ clock: () => noon });
  await using one = await listen({ exchange });
  await using other = await listen({ exchange });
  const first = await one.as('alice')('POST', '/orders', order, key);
  const again = await other.as('alice')('POST', '/orders', order, key);
  expect(again.text).toBe(first.text);
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(await countOrders(one.as('alice'))).toBe(1);
});
