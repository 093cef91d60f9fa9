import type { Instrument } from './instrument.ts';
import { Ladder } from './ladder.ts';
import type { Order } from './order.ts';
import { formatTicks } from './price.ts';

export interface LevelReport {
  readonly price: string;
  /** Sum over the orders at this price. */
  readonly quantity: number;
  readonly orders: number;
}

export interface TradeReport {
  readonly price: string;
  readonly quantity: number;
  readonly time: string;
}

export interface MarketDataReport {
  readonly instrument: string;
  /** Grows with every change of the book: two snapshots with one number are the same book. */
  readonly sequence: number;
  readonly bestBid: LevelReport | null;
  readonly bestAsk: LevelReport | null;
  readonly lastTrade: TradeReport | null;
  /** Best price first. */
  readonly bids: readonly LevelReport[];
  readonly asks: readonly LevelReport[];
}

/** Price in ticks, time in milliseconds since the epoch. */
interface Trade {
  readonly price: number;
  readonly quantity: number;
  readonly time: number;
}

/** The book of one instrument and its last trade. */
export class Market {
  readonly instrument: Instrument;
  readonly #bids = new Ladder('buy');
  readonly #asks = new Ladder('sell');
  #lastTrade: Trade | undefined;
  #sequence = 0;

  constructor(instrument: Instrument) {
    this.instrument = instrument;
  }

  /** The resting orders that an order trades with. */
  opposite(order: Order): Ladder {
    return order.side === 'buy' ? this.#asks : this.#bids;
  }

  /** At the back of the queue. */
  rest(order: Order): void {
    this.#own(order).add(order);
    this.#sequence += 1;
  }

  withdraw(order: Order): void {
    this.#own(order).remove(order);
    this.#sequence += 1;
  }

  /** A resting order lost `quantity` to a trade or an amendment and kept its place. */
  reduce(order: Order, quantity: number): void {
    this.#own(order).reduce(order, quantity);
    this.#sequence += 1;
  }

  print(trade: Trade): void {
    this.#lastTrade = trade;
  }

  report(depth: number): MarketDataReport {
    const bids = this.#levels(this.#bids, depth);
    const asks = this.#levels(this.#asks, depth);
    return {
      instrument: this.instrument.symbol,
      sequence: this.#sequence,
      bestBid: bids[0] ?? null,
      bestAsk: asks[0] ?? null,
      lastTrade: this.#lastTrade === undefined ? null : this.#reportTrade(this.#lastTrade),
      bids,
      asks,
    };
  }

  #own(order: Order): Ladder {
    return order.side === 'buy' ? this.#bids : this.#asks;
  }

  #levels(ladder: Ladder, depth: number): LevelReport[] {
    return ladder.top(depth).map(({ price, quantity, orders }) => ({
      price: formatTicks(price, this.instrument.tick),
      quantity,
      orders,
    }));
  }

  #reportTrade({ price, quantity, time }: Trade): TradeReport {
    return {
      price: formatTicks(price, this.instrument.tick),
      quantity,
      time: new Date(time).toISOString(),
    };
  }
}
