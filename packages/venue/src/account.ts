import type { Instrument } from './instrument.ts';
import { type Order, type OrderStatus, type Side, statusOf } from './order.ts';
import { Position, type PositionReport } from './position.ts';

export interface OrderFilter {
  readonly status?: OrderStatus;
  readonly instrument?: string;
  /** Orders that arrived before this sequence number. */
  readonly before?: number;
}

/**
 * What the exchange knows of one account. Open orders are never forgotten; of the closed ones the account
 * keeps the `maxClosed` that closed last, so that no account's traffic pushes out another's history.
 */
export class Account {
  openOrders = 0;
  readonly #orders = new Map<string, Order>();
  readonly #positions = new Map<string, Position>();
  /** A ring: the n-th order to close takes slot n modulo `maxClosed`. */
  readonly #closed: Order[] = [];
  readonly #maxClosed: number;
  #closedCount = 0;

  constructor(maxClosed: number) {
    this.#maxClosed = maxClosed;
  }

  add(order: Order): void {
    this.#orders.set(order.id, order);
  }

  order(id: string): Order | undefined {
    return this.#orders.get(id);
  }

  /** Newest first, at most `limit`. */
  orders(filter: OrderFilter, limit: number): Order[] {
    const found: Order[] = [];
    for (const order of [...this.#orders.values()].reverse()) {
      if (found.length === limit) break;
      if (passes(order, filter)) found.push(order);
    }
    return found;
  }

  /** Call once for each order, when it is filled, cancelled or rejected. */
  closed(order: Order): void {
    const slot = this.#closedCount % this.#maxClosed;
    const oldest = this.#closed[slot];
    if (oldest !== undefined) this.#orders.delete(oldest.id);
    this.#closed[slot] = order;
    this.#closedCount += 1;
  }

  /** Price in ticks. */
  book(instrument: Instrument, side: Side, price: number, quantity: number): void {
    let position = this.#positions.get(instrument.symbol);
    if (position === undefined) {
      position = new Position(instrument);
      this.#positions.set(instrument.symbol, position);
    }
    position.book(side, price, quantity);
  }

  positions(): PositionReport[] {
    return Array.from(this.#positions.values(), (position) => position.report());
  }
}

function passes(order: Order, { status, instrument, before }: OrderFilter): boolean {
  return (
    (status === undefined || statusOf(order) === status) &&
    (instrument === undefined || order.instrument.symbol === instrument) &&
    (before === undefined || order.sequence < before)
  );
}
