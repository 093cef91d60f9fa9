import { Account } from './account.ts';
import { Engine } from './engine.ts';
import { VenueError, type VenueErrorCode } from './errors.ts';
import {
  defaultInstruments,
  type InstrumentConfig,
  type InstrumentReport,
  readInstruments,
  readLimitPrice,
  readQuantity,
  reportInstrument,
} from './instrument.ts';
import { type Limits, readLimits } from './limits.ts';
import { Market, type MarketDataReport } from './market.ts';
import {
  type FullOrderReport,
  type Order,
  type OrderReport,
  type OrderRequest,
  type OrderStatus,
  reportFullOrder,
  reportOrder,
} from './order.ts';
import type { PositionReport } from './position.ts';
import { readTerms, type Terms } from './terms.ts';

export interface ExchangeOptions {
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  readonly instruments?: readonly InstrumentConfig[];
  readonly limits?: Partial<Limits>;
  /** Sequence number → order id, never the same twice. Default `ord-<sequence>`. */
  readonly orderId?: (sequence: number) => string;
}

export interface Amendment {
  /** Decimal string. */
  readonly price?: string;
  /** The new total, what is already filled included. */
  readonly quantity?: number;
}

export interface OrderQuery {
  readonly status?: OrderStatus;
  readonly instrument?: string;
  readonly limit: number;
  /** `nextCursor` of the page before. */
  readonly cursor?: string;
}

export interface OrderPage {
  /** Newest first. */
  readonly orders: readonly OrderReport[];
  /** Absent on the last page. */
  readonly nextCursor?: string;
}

/**
 * A central limit order book per instrument: price-time priority, execution at the resting order's price.
 * Synchronous: each call is one atomic step. Refusals are thrown as `VenueError` and change nothing. It
 * does NOT authenticate: an account is whatever name the caller passes.
 */
export class Exchange {
  readonly clock: () => number;
  readonly #markets: ReadonlyMap<string, Market>;
  readonly #accounts = new Map<string, Account>();
  readonly #engine: Engine;
  readonly #limits: Limits;
  readonly #orderId: (sequence: number) => string;
  #orders = 0;

  /** Throws `TypeError` for a configuration that makes no sense. */
  constructor(options: ExchangeOptions) {
    const instruments = readInstruments(options.instruments ?? defaultInstruments);
    this.clock = options.clock;
    this.#markets = new Map(instruments.map((instrument) => [instrument.symbol, new Market(instrument)]));
    this.#engine = new Engine(this.#accounts, options.clock);
    this.#limits = readLimits(options.limits ?? {}, instruments);
    this.#orderId = options.orderId ?? ((sequence) => `ord-${sequence}`);
  }

  place(accountId: string, request: OrderRequest): FullOrderReport {
    const market = this.#market(request.instrument, 'unknown_instrument');
    const terms = readTerms(request, market.instrument);
    const account = this.#admit(accountId, terms);
    const order = this.#newOrder(accountId, request, terms, market);
    account.add(order);
    this.#engine.enter(order, market);
    return reportFullOrder(order);
  }

  /**
   * Less quantity keeps the order's place in the queue; more quantity or another price moves it to the
   * back, and may trade at once.
   */
  amend(accountId: string, orderId: string, amendment: Amendment): FullOrderReport {
    const order = this.#openOrder(accountId, orderId);
    const { instrument } = order;
    const market = this.#market(instrument.symbol, 'server_error');
    const quantity = amendment.quantity === undefined ? order.quantity : readQuantity(amendment.quantity, instrument);
    const price = amendment.price === undefined ? order.price : readLimitPrice(amendment.price, instrument);
    if (quantity < order.filled) throw new VenueError('quantity_below_filled');
    if (price === order.price && quantity <= order.quantity) this.#engine.shrink(order, market, quantity);
    else this.#engine.replace(order, market, price, quantity);
    return reportFullOrder(order);
  }

  cancel(accountId: string, orderId: string): FullOrderReport {
    const order = this.#openOrder(accountId, orderId);
    this.#engine.cancel(order, this.#market(order.instrument.symbol, 'server_error'));
    return reportFullOrder(order);
  }

  /** Throws `order_not_found`, also for another account's order: its existence is not told. */
  order(accountId: string, orderId: string): FullOrderReport {
    return reportFullOrder(this.#order(accountId, orderId));
  }

  orders(accountId: string, { limit, cursor, ...filter }: OrderQuery): OrderPage {
    const before = cursor === undefined ? {} : { before: Number(cursor) };
    // One more than asked for tells whether there is a next page.
    const found = this.#accounts.get(accountId)?.orders({ ...filter, ...before }, limit + 1) ?? [];
    const page = found.slice(0, limit);
    const last = page.at(-1);
    return {
      orders: page.map(reportOrder),
      ...(last === undefined || found.length <= limit ? {} : { nextCursor: String(last.sequence) }),
    };
  }

  positions(accountId: string): PositionReport[] {
    return this.#accounts.get(accountId)?.positions() ?? [];
  }

  /** `depth`: how many price levels of each side. */
  marketData(symbol: string, depth: number): MarketDataReport {
    return this.#market(symbol, 'instrument_not_found').report(depth);
  }

  instruments(): InstrumentReport[] {
    return Array.from(this.#markets.values(), (market) => reportInstrument(market.instrument));
  }

  #admit(accountId: string, terms: Terms): Account {
    let account = this.#accounts.get(accountId);
    if (account === undefined) {
      if (this.#accounts.size === this.#limits.maxAccounts) throw new VenueError('account_limit');
      account = new Account(this.#limits.maxClosedOrders);
      this.#accounts.set(accountId, account);
    }
    // Only a GTC order can rest. It is refused even if it would trade at once: a limit that depends on
    // the state of the book surprises.
    if (terms.timeInForce === 'GTC' && account.openOrders === this.#limits.maxOpenOrders) {
      throw new VenueError('open_order_limit');
    }
    return account;
  }

  #newOrder(account: string, request: OrderRequest, terms: Terms, { instrument }: Market): Order {
    const now = this.clock();
    this.#orders += 1;
    return {
      ...terms,
      id: this.#orderId(this.#orders),
      sequence: this.#orders,
      account,
      instrument,
      side: request.side,
      type: request.type,
      clientOrderId: request.clientOrderId,
      filled: 0,
      notional: 0n,
      closed: undefined,
      reason: undefined,
      createdAt: now,
      updatedAt: now,
      executions: [],
      executionCount: 0,
      previous: undefined,
      next: undefined,
    };
  }

  #openOrder(accountId: string, orderId: string): Order {
    const order = this.#order(accountId, orderId);
    if (order.closed !== undefined) throw new VenueError('order_closed');
    return order;
  }

  #order(accountId: string, orderId: string): Order {
    const order = this.#accounts.get(accountId)?.order(orderId);
    if (order === undefined) throw new VenueError('order_not_found');
    return order;
  }

  #market(symbol: string, code: VenueErrorCode): Market {
    const market = this.#markets.get(symbol);
    if (market === undefined) throw new VenueError(code);
    return market;
  }
}
