import type { Account } from './account.ts';
import type { Market } from './market.ts';
import { match, type Outcome } from './matching.ts';
import { type CloseReason, type Order, remaining, rememberExecution } from './order.ts';

/** Moves orders from incoming to resting to closed, and books each trade with both accounts. */
export class Engine {
  readonly #accounts: ReadonlyMap<string, Account>;
  readonly #clock: () => number;
  #trades = 0;

  /** Every order's account must be in `accounts`. */
  constructor(accounts: ReadonlyMap<string, Account>, clock: () => number) {
    this.#accounts = accounts;
    this.#clock = clock;
  }

  /** Trades the order as far as the book goes; what is left rests or is closed. */
  enter(order: Order, market: Market): void {
    const outcome = match(order, market.opposite(order), (resting, quantity) =>
      this.#trade(order, resting, quantity, market),
    );
    this.#settle(order, outcome, market);
  }

  /** A smaller quantity, in the same place of the queue. Down to what is filled, the order is done. */
  shrink(order: Order, market: Market, quantity: number): void {
    if (quantity === order.quantity) return;
    market.reduce(order, order.quantity - quantity);
    order.quantity = quantity;
    order.updatedAt = this.#clock();
    if (remaining(order) > 0) return;
    this.#withdraw(order, market);
    this.#close(order, 'filled');
  }

  /** Out of the queue and in again with new terms, as if the order had just arrived. */
  replace(order: Order, market: Market, price: number | undefined, quantity: number): void {
    this.#withdraw(order, market);
    order.price = price;
    order.quantity = quantity;
    order.updatedAt = this.#clock();
    this.enter(order, market);
  }

  cancel(order: Order, market: Market): void {
    this.#withdraw(order, market);
    this.#close(order, 'cancelled', 'requested');
  }

  #trade(taker: Order, maker: Order, quantity: number, market: Market): void {
    const price = maker.price;
    if (price === undefined) throw new Error('a market order never rests');
    this.#trades += 1;
    const trade = { id: `exe-${this.#trades}`, price, quantity, time: this.#clock() };
    rememberExecution(taker, { ...trade, liquidity: 'taker' });
    rememberExecution(maker, { ...trade, liquidity: 'maker' });
    this.#accountOf(taker).book(market.instrument, taker.side, price, quantity);
    this.#accountOf(maker).book(market.instrument, maker.side, price, quantity);
    market.reduce(maker, quantity);
    market.print(trade);
    if (remaining(maker) > 0) return;
    this.#withdraw(maker, market);
    this.#close(maker, 'filled');
  }

  #settle(order: Order, outcome: Outcome, market: Market): void {
    if (outcome === 'filled') this.#close(order, 'filled');
    else if (outcome === 'unfillable') this.#close(order, 'cancelled', 'fill_or_kill');
    else if (outcome === 'self_match') this.#close(order, 'cancelled', 'self_match_prevention');
    else if (order.type === 'market') {
      this.#close(order, order.filled === 0 ? 'rejected' : 'cancelled', 'no_liquidity');
    } else if (order.timeInForce === 'IOC') this.#close(order, 'cancelled', 'immediate_or_cancel');
    else this.#rest(order, market);
  }

  #rest(order: Order, market: Market): void {
    market.rest(order);
    this.#accountOf(order).openOrders += 1;
  }

  #withdraw(order: Order, market: Market): void {
    market.withdraw(order);
    this.#accountOf(order).openOrders -= 1;
  }

  #close(order: Order, how: 'filled' | 'cancelled' | 'rejected', reason?: CloseReason): void {
    order.closed = how;
    order.reason = reason;
    order.updatedAt = this.#clock();
    this.#accountOf(order).closed(order);
  }

  #accountOf(order: Order): Account {
    const account = this.#accounts.get(order.account);
    if (account === undefined) throw new Error('an order of no account');
    return account;
  }
}
