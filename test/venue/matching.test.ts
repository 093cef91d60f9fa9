import { describe, expect, test } from 'vitest';
import { fills, noon, openDesk } from './desk.ts';

describe('limit orders', () => {
  test('an order that meets nobody rests', () => {
    const desk = openDesk();
    const order = desk.buy('alice', 10, '9.99');
    expect(order).toMatchObject({ id: 'ord-1', status: 'open', filledQuantity: 0, remainingQuantity: 10 });
    expect(desk.book()).toEqual({ bids: ['9.99 x 10'], asks: [] });
  });

  test('an order trades at the price of the order that rests', () => {
    const desk = openDesk();
    desk.sell('alice', 10, '10.00');
    expect(fills(desk.buy('bob', 10, '10.50'))).toEqual(['10.00 x 10']);
  });

  test('the better price trades first, whenever it came', () => {
    const desk = openDesk();
    desk.sell('alice', 5, '10.02');
    desk.sell('alice', 5, '10.00');
    desk.sell('alice', 5, '10.01');
    expect(fills(desk.buy('bob', 12, '10.02'))).toEqual(['10.00 x 5', '10.01 x 5', '10.02 x 2']);
    expect(desk.book()).toEqual({ bids: [], asks: ['10.02 x 3'] });
  });

  test('the higher bid trades first', () => {
    const desk = openDesk();
    desk.buy('alice', 5, '10.00');
    desk.buy('alice', 5, '10.02');
    expect(fills(desk.sell('bob', 6, '10.00'))).toEqual(['10.02 x 5', '10.00 x 1']);
  });

  test('at one price the earlier order trades first', () => {
    const desk = openDesk();
    const first = desk.sell('alice', 5, '10.00');
    const second = desk.sell('carol', 5, '10.00');
    desk.buy('bob', 7, '10.00');
    expect(desk.exchange.order('alice', first.id)).toMatchObject({ status: 'filled', filledQuantity: 5 });
    expect(desk.exchange.order('carol', second.id)).toMatchObject({
      status: 'partially_filled',
      filledQuantity: 2,
      remainingQuantity: 3,
    });
  });

  test('what is left of an order rests at its own price', () => {
    const desk = openDesk();
    desk.sell('alice', 4, '10.00');
    const order = desk.buy('bob', 10, '10.01');
    expect(order).toMatchObject({ status: 'partially_filled', filledQuantity: 4, remainingQuantity: 6 });
    expect(desk.book()).toEqual({ bids: ['10.01 x 6'], asks: [] });
  });

  test('prices that do not meet do not trade', () => {
    const desk = openDesk();
    desk.sell('alice', 4, '10.01');
    expect(desk.buy('bob', 4, '10.00').status).toBe('open');
  });

  test('both sides of a trade see one execution, as maker and as taker', () => {
    const desk = openDesk();
    const maker = desk.sell('alice', 4, '10.00');
    const taker = desk.buy('bob', 4, '10.00');
    const execution = { id: 'exe-1', price: '10.00', quantity: 4, time: new Date(noon).toISOString() };
    expect(taker.executions).toEqual([{ ...execution, liquidity: 'taker' }]);
    expect(desk.exchange.order('alice', maker.id).executions).toEqual([{ ...execution, liquidity: 'maker' }]);
    expect(taker.filledNotional).toBe('40.00');
  });

  test('an order lists its newest 50 executions and sums all of them', () => {
    const desk = openDesk();
    for (let n = 0; n < 60; n += 1) desk.sell('alice', 1, '10.00');
    const sweep = desk.buy('bob', 60, '10.00');
    expect(sweep).toMatchObject({ executionCount: 60, filledQuantity: 60, filledNotional: '600.00' });
    expect(sweep.executions.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, n) => `exe-${n + 11}`));
  });
});

describe('market orders', () => {
  test('one takes whatever price there is', () => {
    const desk = openDesk();
    desk.sell('alice', 5, '10.00');
    desk.sell('alice', 5, '500.00');
    expect(fills(desk.market('bob', 'buy', 8))).toEqual(['10.00 x 5', '500.00 x 3']);
  });

  test('one never rests: what is left is cancelled', () => {
    const desk = openDesk();
    desk.buy('alice', 5, '10.00');
    const order = desk.market('bob', 'sell', 8);
    expect(order).toMatchObject({ status: 'cancelled', reason: 'no_liquidity', filledQuantity: 5 });
    expect(order.remainingQuantity).toBe(0);
    expect(desk.book()).toEqual({ bids: [], asks: [] });
  });

  test('one that meets an empty book is rejected', () => {
    expect(openDesk().market('bob', 'sell', 8)).toMatchObject({ status: 'rejected', reason: 'no_liquidity' });
  });

  test('one has no price and cannot be good till cancelled', () => {
    const { exchange } = openDesk();
    const order = { instrument: 'ACME', side: 'buy', type: 'market', quantity: 1 } as const;
    expect(() => exchange.place('bob', { ...order, price: '1' })).toThrow('price: a market order has none');
    expect(() => exchange.place('bob', { ...order, timeInForce: 'GTC' })).toThrow('timeInForce');
  });
});

describe('time in force', () => {
  test('IOC: what does not trade at once is cancelled', () => {
    const desk = openDesk();
    desk.sell('alice', 5, '10.00');
    const order = desk.buy('bob', 8, '10.00', { timeInForce: 'IOC' });
    expect(order).toMatchObject({ status: 'cancelled', reason: 'immediate_or_cancel', filledQuantity: 5 });
    expect(desk.book()).toEqual({ bids: [], asks: [] });
  });

  test('FOK: all of it, over several prices', () => {
    const desk = openDesk();
    desk.sell('alice', 5, '10.00');
    desk.sell('carol', 5, '10.01');
    const order = desk.buy('bob', 10, '10.01', { timeInForce: 'FOK' });
    expect(order.status).toBe('filled');
    expect(fills(order)).toEqual(['10.00 x 5', '10.01 x 5']);
  });

  test.each([
    ['the quantity is not there', 11, '10.01'],
    ['it is there at a worse price', 10, '10.00'],
  ])('FOK: nothing when %s', (_why, quantity, price) => {
    const desk = openDesk();
    desk.sell('alice', 5, '10.00');
    desk.sell('carol', 5, '10.01');
    const order = desk.buy('bob', quantity, price, { timeInForce: 'FOK' });
    expect(order).toMatchObject({ status: 'cancelled', reason: 'fill_or_kill', filledQuantity: 0 });
    expect(desk.book().asks).toEqual(['10.00 x 5', '10.01 x 5']);
  });

  test('FOK: nothing when the own order stands in line', () => {
    const desk = openDesk();
    desk.sell('alice', 5, '10.00');
    desk.sell('bob', 1, '10.00');
    desk.sell('carol', 5, '10.00');
    const order = desk.buy('bob', 10, '10.00', { timeInForce: 'FOK' });
    expect(order).toMatchObject({ status: 'cancelled', reason: 'fill_or_kill', filledQuantity: 0 });
  });

  test('a market order may be FOK', () => {
    const { exchange, sell } = openDesk();
    sell('alice', 5, '10.00');
    const order = { instrument: 'ACME', side: 'buy', type: 'market', timeInForce: 'FOK' } as const;
    expect(exchange.place('bob', { ...order, quantity: 6 }).reason).toBe('fill_or_kill');
    expect(exchange.place('bob', { ...order, quantity: 5 }).status).toBe('filled');
  });
});

describe('self-match prevention', () => {
  test('an order trades until it meets its own account; the rest is cancelled', () => {
    const desk = openDesk();
    desk.sell('alice', 5, '10.00');
    const own = desk.sell('bob', 5, '10.00');
    desk.sell('carol', 5, '10.00');
    const order = desk.buy('bob', 15, '10.00');
    expect(order).toMatchObject({
      status: 'cancelled',
      reason: 'self_match_prevention',
      filledQuantity: 5,
    });
    expect(desk.exchange.order('bob', own.id).status).toBe('open');
    expect(desk.book()).toEqual({ bids: [], asks: ['10.00 x 10'] });
  });
});

describe('market data', () => {
  test('an empty book', () => {
    expect(openDesk().exchange.marketData('ACME', 10)).toEqual({
      instrument: 'ACME',
      sequence: 0,
      bestBid: null,
      bestAsk: null,
      lastTrade: null,
      bids: [],
      asks: [],
    });
  });

  test('levels are summed and cut at the depth; the last trade is told', () => {
    const { exchange, buy, sell } = openDesk();
    sell('alice', 1, '10.05');
    sell('alice', 3, '10.10');
    sell('carol', 4, '10.10');
    sell('carol', 9, '10.20');
    buy('bob', 2, '10.05');
    expect(exchange.marketData('ACME', 1)).toMatchObject({
      bestBid: { price: '10.05', quantity: 1, orders: 1 },
      bestAsk: { price: '10.10', quantity: 7, orders: 2 },
      lastTrade: { price: '10.05', quantity: 1, time: new Date(noon).toISOString() },
      asks: [{ price: '10.10', quantity: 7, orders: 2 }],
    });
  });

  test('the sequence number grows with every change of the book, and with nothing else', () => {
    const { exchange, buy, sell } = openDesk();
    const sequence = () => exchange.marketData('ACME', 1).sequence;
    const seen = [sequence()];
    const order = buy('alice', 5, '10.00');
    seen.push(sequence());
    sell('bob', 1, '10.00');
    seen.push(sequence());
    exchange.amend('alice', order.id, { quantity: 4 });
    seen.push(sequence());
    exchange.cancel('alice', order.id);
    seen.push(sequence());
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    sell('bob', 1, '10.00', { timeInForce: 'IOC' });
    expect(sequence()).toBe(seen.at(-1));
  });
});
