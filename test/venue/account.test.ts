import { describe, expect, test } from 'vitest';
import { openDesk } from './desk.ts';

describe('an account sees only its own', () => {
  test("another account's order does not exist", () => {
    const { exchange, buy } = openDesk();
    const { id } = buy('alice', 1, '1.00');
    buy('mallory', 1, '1.00');
    for (const act of [
      () => exchange.order('mallory', id),
      () => exchange.cancel('mallory', id),
      () => exchange.amend('mallory', id, { quantity: 1 }),
      () => exchange.order('nobody', id),
    ]) {
      expect(act).toThrow(expect.objectContaining({ code: 'order_not_found', status: 404 }));
    }
    expect(exchange.orders('mallory', { limit: 10 }).orders.map((order) => order.id)).toEqual(['ord-2']);
    expect(exchange.order('alice', id).status).toBe('open');
  });

  test('an account that never traded has empty lists', () => {
    const { exchange } = openDesk();
    expect(exchange.orders('nobody', { limit: 10 })).toEqual({ orders: [] });
    expect(exchange.positions('nobody')).toEqual([]);
  });
});

describe('the list of orders', () => {
  test('newest first, in pages that new orders do not shift', () => {
    const { exchange, buy } = openDesk();
    for (let n = 1; n <= 5; n += 1) buy('alice', n, '1.00');
    const first = exchange.orders('alice', { limit: 2 });
    expect(first.orders.map(({ quantity }) => quantity)).toEqual([5, 4]);
    buy('alice', 6, '1.00');
    const second = exchange.orders('alice', { limit: 2, cursor: first.nextCursor ?? '' });
    expect(second.orders.map(({ quantity }) => quantity)).toEqual([3, 2]);
    const third = exchange.orders('alice', { limit: 2, cursor: second.nextCursor ?? '' });
    expect(third.orders.map(({ quantity }) => quantity)).toEqual([1]);
    expect(third.nextCursor).toBeUndefined();
  });

  test('a page that ends with the last order has no next', () => {
    const { exchange, buy } = openDesk();
    buy('alice', 1, '1.00');
    buy('alice', 2, '1.00');
    expect(exchange.orders('alice', { limit: 2 }).nextCursor).toBeUndefined();
  });

  test('filtered by status and by instrument', () => {
    const { exchange, buy } = openDesk();
    buy('alice', 1, '1.00');
    exchange.cancel('alice', buy('alice', 2, '1.00').id);
    buy('alice', 10, '1.00', { instrument: 'GLOBEX' });
    const quantities = (query: object) =>
      exchange.orders('alice', { limit: 10, ...query }).orders.map(({ quantity }) => quantity);
    expect(quantities({ status: 'open' })).toEqual([10, 1]);
    expect(quantities({ status: 'cancelled' })).toEqual([2]);
    expect(quantities({ instrument: 'ACME' })).toEqual([2, 1]);
    expect(quantities({ instrument: 'GLOBEX', status: 'filled' })).toEqual([]);
  });
});

describe('positions', () => {
  test('sums are exact beyond what a double holds', () => {
    const desk = openDesk({
      instruments: [{ symbol: 'ACME', tickSize: '0.01', lotSize: 1, maxQuantity: 1_000_000_000 }],
    });
    for (let n = 0; n < 40; n += 1) {
      desk.sell('alice', 999_999_999, '999999.99');
      desk.buy('bob', 999_999_999, '999999.99');
    }
    desk.sell('alice', 1, '0.01');
    desk.buy('bob', 1, '0.01');
    expect(desk.exchange.positions('bob')).toEqual([
      {
        instrument: 'ACME',
        netQuantity: '39999999961',
        netNotional: '39999999560000000.41',
        boughtQuantity: '39999999961',
        boughtNotional: '39999999560000000.41',
        soldQuantity: '0',
        soldNotional: '0.00',
      },
    ]);
    expect(desk.exchange.positions('alice')[0]).toMatchObject({
      netQuantity: '-39999999961',
      netNotional: '-39999999560000000.41',
    });
  });

  test('a round trip leaves its loss in the notional', () => {
    const desk = openDesk();
    desk.sell('alice', 10, '10.00');
    desk.buy('bob', 10, '10.00');
    desk.buy('alice', 10, '9.50');
    desk.sell('bob', 10, '9.50');
    expect(desk.exchange.positions('bob')[0]).toMatchObject({ netQuantity: '0', netNotional: '5.00' });
  });

  test('are kept by instrument', () => {
    const { exchange, buy, sell } = openDesk();
    sell('alice', 10, '10.00');
    buy('bob', 10, '10.00');
    sell('bob', 20, '2.00', { instrument: 'GLOBEX' });
    buy('alice', 20, '2.00', { instrument: 'GLOBEX' });
    expect(exchange.positions('bob')).toMatchObject([
      { instrument: 'ACME', netQuantity: '10' },
      { instrument: 'GLOBEX', netQuantity: '-20' },
    ]);
  });
});

describe('limits', () => {
  test('open orders of an account: the next resting order is refused until one closes', () => {
    const { exchange, buy } = openDesk({ limits: { maxOpenOrders: 2 } });
    buy('alice', 1, '1.00');
    const { id } = buy('alice', 1, '1.00');
    expect(() => buy('alice', 1, '1.00')).toThrow(expect.objectContaining({ code: 'open_order_limit' }));
    expect(buy('alice', 1, '1.00', { timeInForce: 'IOC' }).status).toBe('cancelled');
    expect(buy('bob', 1, '1.00').status).toBe('open');
    exchange.amend('alice', id, { price: '1.01' });
    expect(() => buy('alice', 1, '1.00')).toThrow(expect.objectContaining({ code: 'open_order_limit' }));
    exchange.cancel('alice', id);
    expect(buy('alice', 1, '1.00').status).toBe('open');
  });

  test('a fill makes room as well', () => {
    const { buy, sell } = openDesk({ limits: { maxOpenOrders: 1 } });
    buy('alice', 1, '1.00');
    sell('bob', 1, '1.00');
    expect(buy('alice', 1, '1.00').status).toBe('open');
  });

  test('closed orders: the one that closed first is forgotten, an open one never', () => {
    const { exchange, buy } = openDesk({ limits: { maxClosedOrders: 2 } });
    const open = buy('alice', 1, '1.00');
    const closed = [2, 3, 4].map((quantity) => buy('alice', quantity, '1.00', { timeInForce: 'IOC' }));
    const known = exchange.orders('alice', { limit: 10 }).orders.map(({ quantity }) => quantity);
    expect(known).toEqual([4, 3, 1]);
    expect(() => exchange.order('alice', closed[0]?.id ?? '')).toThrow('no such order');
    expect(exchange.cancel('alice', open.id).status).toBe('cancelled');
    expect(exchange.orders('alice', { limit: 10 }).orders.map(({ quantity }) => quantity)).toEqual([4, 1]);
  });

  test("one account's closed orders do not push out another's", () => {
    const { exchange, buy } = openDesk({ limits: { maxClosedOrders: 1 } });
    const { id } = buy('alice', 1, '1.00', { timeInForce: 'IOC' });
    for (let n = 0; n < 5; n += 1) buy('bob', 1, '1.00', { timeInForce: 'IOC' });
    expect(exchange.order('alice', id).status).toBe('cancelled');
  });

  test('accounts', () => {
    const { buy } = openDesk({ limits: { maxAccounts: 1 } });
    buy('alice', 1, '1.00');
    expect(() => buy('bob', 1, '1.00')).toThrow(expect.objectContaining({ code: 'account_limit' }));
    expect(buy('alice', 1, '1.00').status).toBe('open');
  });

  test('a refused order is no order: no sequence number, no account', () => {
    const { exchange, buy } = openDesk({ limits: { maxAccounts: 1 } });
    expect(() => buy('bob', 1, '0.001')).toThrow('price');
    expect(buy('alice', 1, '1.00').id).toBe('ord-1');
    expect(exchange.orders('bob', { limit: 1 }).orders).toEqual([]);
  });
});

test('order ids come from the injected function', () => {
  const { exchange, buy } = openDesk({ orderId: (sequence) => `x${sequence * 7}` });
  buy('alice', 1, '1.00');
  expect(exchange.order('alice', 'x7').id).toBe('x7');
});
