import { Exchange, type ExchangeOptions, type FullOrderReport, type OrderRequest } from '@holdfast/venue';

export const noon = Date.UTC(2026, 0, 2, 12);

/** A clock that stands still until it is moved. */
export function stoppedClock(): (() => number) & { advance(milliseconds: number): void } {
  let now = noon;
  return Object.assign(() => now, {
    advance: (milliseconds: number) => {
      now += milliseconds;
    },
  });
}

export interface Desk {
  readonly exchange: Exchange;
  /** Limit orders on ACME, good till cancelled unless `terms` say otherwise. */
  buy(account: string, quantity: number, price: string, terms?: Partial<OrderRequest>): FullOrderReport;
  sell(account: string, quantity: number, price: string, terms?: Partial<OrderRequest>): FullOrderReport;
  market(account: string, side: 'buy' | 'sell', quantity: number): FullOrderReport;
  /** ACME's book, best first: ["price x quantity", …]. */
  book(): { bids: string[]; asks: string[] };
}

export function openDesk(options: Partial<ExchangeOptions> = {}): Desk {
  const exchange = new Exchange({ clock: () => noon, ...options });
  const limit =
    (side: 'buy' | 'sell') =>
    (account: string, quantity: number, price: string, terms: Partial<OrderRequest> = {}) =>
      exchange.place(account, { instrument: 'ACME', type: 'limit', side, quantity, price, ...terms });
  return {
    exchange,
    buy: limit('buy'),
    sell: limit('sell'),
    market: (account, side, quantity) =>
      exchange.place(account, { instrument: 'ACME', type: 'market', side, quantity }),
    book: () => {
      const { bids, asks } = exchange.marketData('ACME', 50);
      const lines = (levels: typeof bids) => levels.map(({ price, quantity }) => `${price} x ${quantity}`);
      return { bids: lines(bids), asks: lines(asks) };
    },
  };
}

/** An order's executions as ["price x quantity", …]. */
export function fills(order: FullOrderReport): string[] {
  return order.executions.map(({ price, quantity }) => `${price} x ${quantity}`);
}
