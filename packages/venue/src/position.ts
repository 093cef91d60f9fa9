import type { Instrument } from './instrument.ts';
import type { Side } from './order.ts';
import { formatTicks } from './price.ts';

/**
 * A position as its owner reads it. Sums grow without bound, so they are decimal strings, exact. With a
 * mark price m the profit is netQuantity × m − netNotional.
 */
export interface PositionReport {
  readonly instrument: string;
  /** Bought minus sold: negative is short. */
  readonly netQuantity: string;
  /** Paid minus received. */
  readonly netNotional: string;
  readonly boughtQuantity: string;
  readonly boughtNotional: string;
  readonly soldQuantity: string;
  readonly soldNotional: string;
}

/** What one account bought and sold of one instrument: lots of quantity, ticks times quantity. */
export class Position {
  readonly #instrument: Instrument;
  readonly #buy = { quantity: 0n, notional: 0n };
  readonly #sell = { quantity: 0n, notional: 0n };

  constructor(instrument: Instrument) {
    this.#instrument = instrument;
  }

  /** Price in ticks. */
  book(side: Side, price: number, quantity: number): void {
    const sum = side === 'buy' ? this.#buy : this.#sell;
    sum.quantity += BigInt(quantity);
    sum.notional += BigInt(price) * BigInt(quantity);
  }

  report(): PositionReport {
    const { symbol, tick } = this.#instrument;
    return {
      instrument: symbol,
      netQuantity: String(this.#buy.quantity - this.#sell.quantity),
      netNotional: formatTicks(this.#buy.notional - this.#sell.notional, tick),
      boughtQuantity: String(this.#buy.quantity),
      boughtNotional: formatTicks(this.#buy.notional, tick),
      soldQuantity: String(this.#sell.quantity),
      soldNotional: formatTicks(this.#sell.notional, tick),
    };
  }
}
