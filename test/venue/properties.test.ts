import { Exchange, type FullOrderReport, VenueError } from '@holdfast/venue';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { noon } from './desk.ts';
import { NaiveExchange, type NaiveOrder } from './naive-exchange.ts';

const accounts = ['alice', 'bob', 'carol'];

type Step =
  | {
      act: 'place';
      account: string;
      side: 'buy' | 'sell';
      kind: 'GTC' | 'IOC' | 'FOK' | 'market' | 'market FOK';
      price: number;
      quantity: number;
    }
  | { act: 'amend'; pick: number; price: number | undefined; quantity: number | undefined }
  | { act: 'cancel'; pick: number };

// Few prices and small quantities, so that orders meet, queue up and leave remainders.
const price = fc.integer({ min: 998, max: 1003 });
const quantity = fc.integer({ min: 1, max: 9 });
const pick = fc.nat({ max: 1000 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constant('place' as const),
      account: fc.constantFrom(...accounts),
      side: fc.constantFrom('buy', 'sell'),
      kind: fc.constantFrom('GTC', 'GTC', 'GTC', 'GTC', 'IOC', 'FOK', 'market', 'market FOK'),
      price,
      quantity,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant('amend' as const),
      pick,
      price: fc.option(price, { nil: undefined }),
      quantity: fc.option(quantity, { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('cancel' as const), pick }) },
);
const steps = fc.array(step, { minLength: 1, maxLength: 60, size: 'max' });
const runs = { numRuns: 300 };

/** The exchange and the model, walking side by side. */
class Walk {
  readonly exchange = new Exchange({ clock: () => noon });
  readonly model = new NaiveExchange();

  take(next: Step): void {
    if (next.act === 'place') this.#place(next);
    else this.#change(next);
  }

  orders(): FullOrderReport[] {
    return this.model.orders.map(({ account, id }) => this.exchange.order(account, id));
  }

  #change(next: Exclude<Step, { act: 'place' }>): void {
    const order = this.model.orders[next.pick % Math.max(1, this.model.orders.length)];
    if (order === undefined) return;
    const { id, account } = order;
    if (next.act === 'cancel') {
      const refusal = codeOf(() => this.exchange.cancel(account, id));
      expect(refusal).toBe(this.model.cancel(id));
      return;
    }
    const amendment = {
      ...(next.price === undefined ? {} : { price: decimal(next.price) }),
      ...(next.quantity === undefined ? {} : { quantity: next.quantity }),
    };
    const refusal = codeOf(() => this.exchange.amend(account, id, amendment));
    expect(refusal).toBe(this.model.amend(id, next.price, next.quantity));
  }

  #place({ account, side, kind, price, quantity }: Step & { act: 'place' }): void {
    const isMarket = kind.startsWith('market');
    const timeInForce = kind === 'market' ? 'IOC' : kind === 'market FOK' ? 'FOK' : (kind as 'GTC');
    this.exchange.place(account, {
      instrument: 'ACME',
      side,
      type: isMarket ? 'market' : 'limit',
      timeInForce,
      quantity,
      ...(isMarket ? {} : { price: decimal(price) }),
    });
    this.model.place({
      account,
      side,
      rests: kind === 'GTC',
      fillOrKill: timeInForce === 'FOK',
      price: isMarket ? undefined : price,
      quantity,
    });
  }
}

function always(check: (walk: Walk) => void): void {
  fc.assert(
    fc.property(steps, (sequence) => {
      const walk = new Walk();
      for (const next of sequence) {
        walk.take(next);
        check(walk);
      }
    }),
    runs,
  );
}

test('every order has the state and the fills that the naive exchange gives it', () => {
  always((walk) => {
    expect(walk.orders().map(seen)).toEqual(walk.model.orders.map(expected));
  });
});

test('the book shows exactly the orders that the naive exchange has working', () => {
  always(({ exchange, model }) => {
    const { bids, asks } = exchange.marketData('ACME', 50);
    expect(bids).toEqual(levels(model, 'buy'));
    expect(asks).toEqual(levels(model, 'sell'));
  });
});

test('the book is never crossed', () => {
  always(({ exchange }) => {
    const { bestBid, bestAsk } = exchange.marketData('ACME', 1);
    if (bestBid === null || bestAsk === null) return;
    expect(Number(bestBid.price)).toBeLessThan(Number(bestAsk.price));
  });
});

test('what one account buys another sells: positions and notionals sum to zero', () => {
  always(({ exchange }) => {
    const positions = accounts.flatMap((account) => exchange.positions(account));
    expect(positions.reduce((sum, { netQuantity }) => sum + BigInt(netQuantity), 0n)).toBe(0n);
    expect(positions.reduce((sum, { netNotional }) => sum + cents(netNotional), 0n)).toBe(0n);
  });
});

test('positions are the sum of the fills', () => {
  always((walk) => {
    for (const account of accounts) {
      const own = walk.model.orders.filter((order) => order.account === account && order.filled > 0);
      const net = own.reduce((sum, { side, filled }) => sum + (side === 'buy' ? filled : -filled), 0);
      expect(walk.exchange.positions(account)[0]?.netQuantity ?? '0').toBe(String(net));
    }
  });
});

test('no order is filled beyond its quantity, and its executions sum to what is filled', () => {
  always((walk) => {
    for (const order of walk.orders()) {
      expect(order.filledQuantity).toBeLessThanOrEqual(order.quantity);
      expect(order.filledQuantity === order.quantity).toBe(order.status === 'filled');
      expect(sum(order.executions.map((execution) => execution.quantity))).toBe(order.filledQuantity);
    }
  });
});

test('at one price, no order trades while an earlier one of another account waits', () => {
  fc.assert(
    fc.property(fc.array(quantity, { minLength: 2, maxLength: 20 }), fc.array(quantity), (queue, takes) => {
      const exchange = new Exchange({ clock: () => noon });
      const limit = { instrument: 'ACME', type: 'limit', price: '10.00' } as const;
      const ids = queue.map((n) => exchange.place('alice', { ...limit, side: 'sell', quantity: n }).id);
      for (const n of takes) {
        exchange.place('bob', { ...limit, side: 'buy', timeInForce: 'IOC', quantity: n });
        const statuses = ids.map((id) => exchange.order('alice', id).status);
        // filled …, at most one partially filled, open …
        expect(statuses.join(' ')).toMatch(/^(filled ?)*(partially_filled ?)?(open ?)*$/);
      }
    }),
    runs,
  );
});

test('the own history never changes the order of the list: newest first, each order once', () => {
  fc.assert(
    fc.property(steps, fc.integer({ min: 1, max: 7 }), (sequence, limit) => {
      const walk = new Walk();
      for (const next of sequence) walk.take(next);
      const own = walk.model.orders.filter(({ account }) => account === 'alice').map(({ id }) => id);
      expect(allPages(walk.exchange, 'alice', limit)).toEqual(own.reverse());
    }),
    runs,
  );
});

function allPages(exchange: Exchange, account: string, limit: number): string[] {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = exchange.orders(account, { limit, ...(cursor === undefined ? {} : { cursor }) });
    expect(page.orders.length).toBeLessThanOrEqual(limit);
    ids.push(...page.orders.map(({ id }) => id));
    // A page that does not move on would never end.
    expect(new Set(ids).size).toBe(ids.length);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return ids;
}

function seen(order: FullOrderReport) {
  const { id, status, price, quantity, filledQuantity, executions } = order;
  const fills = executions.map((fill) => `${fill.id}: ${fill.price} x ${fill.quantity}`);
  return { id, status, price, quantity, filledQuantity, fills };
}

function expected({ id, price, quantity, filled, state, fills }: NaiveOrder) {
  const working = filled > 0 ? 'partially_filled' : 'open';
  return {
    id,
    status: state === 'working' ? working : state,
    price: price === undefined ? undefined : decimal(price),
    quantity,
    filledQuantity: filled,
    fills: fills.map((fill) => `${fill.id}: ${decimal(fill.price)} x ${fill.quantity}`),
  };
}

function levels(model: NaiveExchange, side: 'buy' | 'sell') {
  const working = model.orders.filter((order) => order.state === 'working' && order.side === side);
  const prices = [...new Set(working.map((order) => order.price ?? 0))].sort((a, b) => a - b);
  return (side === 'buy' ? prices.reverse() : prices).map((price) => {
    const orders = working.filter((order) => order.price === price);
    const quantity = sum(orders.map((order) => order.quantity - order.filled));
    return { price: decimal(price), quantity, orders: orders.length };
  });
}

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (error instanceof VenueError) return error.code;
    throw error;
  }
}

function decimal(cents: number): string {
  const digits = String(cents).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

function cents(decimal: string): bigint {
  return BigInt(decimal.replace('.', ''));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
