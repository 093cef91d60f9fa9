import { describe, expect, test } from 'vitest';
import { fills, openDesk, stoppedClock } from './desk.ts';

describe('amend', () => {
  test('less quantity keeps the place in the queue', () => {
    const desk = openDesk();
    const first = desk.sell('alice', 5, '10.00');
    desk.sell('carol', 5, '10.00');
    desk.exchange.amend('alice', first.id, { quantity: 3 });
    desk.buy('bob', 4, '10.00');
    expect(desk.exchange.order('alice', first.id)).toMatchObject({ status: 'filled', quantity: 3 });
    expect(desk.book().asks).toEqual(['10.00 x 4']);
  });

  test('more quantity goes to the back of the queue', () => {
    const desk = openDesk();
    const first = desk.sell('alice', 5, '10.00');
    const second = desk.sell('carol', 5, '10.00');
    desk.exchange.amend('alice', first.id, { quantity: 6 });
    desk.buy('bob', 5, '10.00');
    expect(desk.exchange.order('alice', first.id).filledQuantity).toBe(0);
    expect(desk.exchange.order('carol', second.id).status).toBe('filled');
  });

  test('another price goes to the back of the queue there, and back again', () => {
    const desk = openDesk();
    const first = desk.sell('alice', 5, '10.00');
    const second = desk.sell('carol', 5, '10.00');
    desk.exchange.amend('alice', first.id, { price: '10.01' });
    expect(desk.book().asks).toEqual(['10.00 x 5', '10.01 x 5']);
    desk.exchange.amend('alice', first.id, { price: '10.00' });
    desk.buy('bob', 5, '10.00');
    expect(desk.exchange.order('carol', second.id).status).toBe('filled');
  });

  test('the same terms written otherwise keep the place', () => {
    const desk = openDesk();
    const first = desk.sell('alice', 5, '10.00');
    desk.sell('carol', 5, '10.00');
    const { sequence } = desk.exchange.marketData('ACME', 1);
    desk.exchange.amend('alice', first.id, { price: '10', quantity: 5 });
    expect(desk.exchange.marketData('ACME', 1).sequence).toBe(sequence);
    desk.buy('bob', 5, '10.00');
    expect(desk.exchange.order('alice', first.id).status).toBe('filled');
  });

  test('an amended price may cross and then trades at the resting price', () => {
    const desk = openDesk();
    desk.sell('alice', 5, '10.00');
    const order = desk.buy('bob', 8, '9.00');
    const amended = desk.exchange.amend('bob', order.id, { price: '10.50' });
    expect(fills(amended)).toEqual(['10.00 x 5']);
    expect(amended).toMatchObject({ id: order.id, status: 'partially_filled', remainingQuantity: 3 });
    expect(desk.book()).toEqual({ bids: ['10.50 x 3'], asks: [] });
  });

  test('an amended order that meets its own account is cancelled', () => {
    const desk = openDesk();
    desk.sell('bob', 5, '10.00');
    const order = desk.buy('bob', 8, '9.00');
    const amended = desk.exchange.amend('bob', order.id, { price: '10.00' });
    expect(amended).toMatchObject({ status: 'cancelled', reason: 'self_match_prevention' });
    expect(desk.book()).toEqual({ bids: [], asks: ['10.00 x 5'] });
  });

  test('below what is filled is refused and changes nothing; down to it, the order is filled', () => {
    const desk = openDesk();
    const order = desk.sell('alice', 10, '10.00');
    desk.buy('bob', 4, '10.00');
    expect(() => desk.exchange.amend('alice', order.id, { quantity: 3 })).toThrow('below what is already');
    expect(desk.book().asks).toEqual(['10.00 x 6']);
    const amended = desk.exchange.amend('alice', order.id, { quantity: 4 });
    expect(amended).toMatchObject({ status: 'filled', quantity: 4, remainingQuantity: 0 });
    expect(desk.book().asks).toEqual([]);
  });

  test('a new price together with the filled quantity also ends the order', () => {
    const desk = openDesk();
    const order = desk.sell('alice', 10, '10.00');
    desk.buy('bob', 4, '10.00');
    const amended = desk.exchange.amend('alice', order.id, { quantity: 4, price: '11.00' });
    expect(amended.status).toBe('filled');
    expect(desk.book().asks).toEqual([]);
  });

  test.each([{ price: '10.005' }, { price: '0' }, { quantity: 0 }, { quantity: 2_000_000 }])(
    '%j is refused as it would be on a new order',
    (amendment) => {
      const desk = openDesk();
      const order = desk.sell('alice', 10, '10.00');
      expect(() => desk.exchange.amend('alice', order.id, amendment)).toThrow(/^(price|quantity) is/);
      expect(desk.book().asks).toEqual(['10.00 x 10']);
    },
  );
});

describe('cancel', () => {
  test('the order leaves the book from wherever it stands in the queue', () => {
    const desk = openDesk();
    const orders = [1, 2, 3, 4].map((quantity) => desk.sell('alice', quantity, '10.00'));
    for (const index of [1, 0, 3]) desk.exchange.cancel('alice', orders[index]?.id ?? '');
    expect(desk.book().asks).toEqual(['10.00 x 3']);
    expect(fills(desk.buy('bob', 9, '10.00'))).toEqual(['10.00 x 3']);
  });

  test('the report says when and why; what was filled stays filled', () => {
    const clock = stoppedClock();
    const desk = openDesk({ clock });
    const order = desk.sell('alice', 10, '10.00');
    desk.buy('bob', 4, '10.00');
    clock.advance(1500);
    const cancelled = desk.exchange.cancel('alice', order.id);
    expect(cancelled).toMatchObject({
      status: 'cancelled',
      reason: 'requested',
      filledQuantity: 4,
      remainingQuantity: 0,
      createdAt: '2026-01-02T12:00:00.000Z',
      updatedAt: '2026-01-02T12:00:01.500Z',
    });
  });

  test('a closed order can be neither cancelled nor amended', () => {
    const desk = openDesk();
    const { id } = desk.sell('alice', 10, '10.00');
    desk.exchange.cancel('alice', id);
    expect(() => desk.exchange.cancel('alice', id)).toThrow('filled, cancelled or rejected');
    expect(() => desk.exchange.amend('alice', id, { quantity: 1 })).toThrow('filled, cancelled or rejected');
  });
});
