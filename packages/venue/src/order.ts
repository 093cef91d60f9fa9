import type { Instrument } from './instrument.ts';
import { formatTicks } from './price.ts';

export type Side = 'buy' | 'sell';
export type OrderType = 'limit' | 'market';
export type TimeInForce = 'GTC' | 'IOC' | 'FOK';
export type OrderStatus = 'open' | 'partially_filled' | 'filled' | 'cancelled' | 'rejected';
export type Liquidity = 'maker' | 'taker';

/** Why an order ended without being filled. */
export type CloseReason =
  | 'requested'
  | 'immediate_or_cancel'
  | 'fill_or_kill'
  | 'self_match_prevention'
  | 'no_liquidity';

/** What a trader asks for. */
export interface OrderRequest {
  readonly instrument: string;
  readonly side: Side;
  readonly type: OrderType;
  /** Default GTC for a limit order, IOC for a market order, which never rests. */
  readonly timeInForce?: TimeInForce;
  readonly quantity: number;
  /** Decimal string; required for a limit order, refused for a market order. */
  readonly price?: string;
  /** Echoed, never interpreted; the venue does not insist that it is unique. */
  readonly clientOrderId?: string;
}

/** An order inside the exchange. Prices are ticks, times milliseconds since the epoch. */
export interface Order {
  readonly id: string;
  /** Place in the order of arrival, over all accounts; survives a loss of priority. */
  readonly sequence: number;
  readonly account: string;
  readonly instrument: Instrument;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly clientOrderId: string | undefined;
  readonly createdAt: number;
  /** Undefined for a market order. */
  price: number | undefined;
  quantity: number;
  filled: number;
  /** Sum of price times quantity over all executions. */
  notional: bigint;
  closed: 'filled' | 'cancelled' | 'rejected' | undefined;
  reason: CloseReason | undefined;
  updatedAt: number;
  /** The newest executions; see `rememberExecution`. */
  readonly executions: Execution[];
  executionCount: number;
  /** Neighbours in the queue of a price level. */
  previous: Order | undefined;
  next: Order | undefined;
}

/** One fill of one order. Both orders of a trade carry the same id. */
export interface Execution {
  readonly id: string;
  readonly price: number;
  readonly quantity: number;
  readonly liquidity: Liquidity;
  readonly time: number;
}

/** An order as its owner reads it: decimal strings and ISO 8601 times. */
export interface OrderReport {
  readonly id: string;
  readonly clientOrderId?: string;
  readonly instrument: string;
  readonly side: Side;
  readonly type: OrderType;
  readonly timeInForce: TimeInForce;
  readonly price?: string;
  readonly status: OrderStatus;
  readonly reason?: CloseReason;
  readonly quantity: number;
  readonly filledQuantity: number;
  /** What can still be filled: zero once the order is closed. */
  readonly remainingQuantity: number;
  readonly filledNotional: string;
  readonly createdAt: string;
  readonly updatedAt: string;
}

export interface ExecutionReport {
  readonly id: string;
  readonly price: string;
  readonly quantity: number;
  readonly liquidity: Liquidity;
  readonly time: string;
}

/** One order in full: `executions` are the newest 50 of `executionCount`. */
export interface FullOrderReport extends OrderReport {
  readonly executionCount: number;
  readonly executions: readonly ExecutionReport[];
}

const maxExecutions = 50;

export function remaining(order: Order): number {
  return order.quantity - order.filled;
}

export function statusOf(order: Order): OrderStatus {
  return order.closed ?? (order.filled > 0 ? 'partially_filled' : 'open');
}

/**
 * An order that rests for days may be filled a lot at a time: the sums stay exact, the list keeps the
 * newest.
 */
export function rememberExecution(order: Order, execution: Execution): void {
  order.filled += execution.quantity;
  order.notional += BigInt(execution.price) * BigInt(execution.quantity);
  order.updatedAt = execution.time;
  order.executionCount += 1;
  if (order.executions.length === maxExecutions) order.executions.shift();
  order.executions.push(execution);
}

export function reportOrder(order: Order): OrderReport {
  const { tick } = order.instrument;
  return {
    id: order.id,
    ...(order.clientOrderId === undefined ? {} : { clientOrderId: order.clientOrderId }),
    instrument: order.instrument.symbol,
    side: order.side,
    type: order.type,
    timeInForce: order.timeInForce,
    ...(order.price === undefined ? {} : { price: formatTicks(order.price, tick) }),
    status: statusOf(order),
    ...(order.reason === undefined ? {} : { reason: order.reason }),
    quantity: order.quantity,
    filledQuantity: order.filled,
    remainingQuantity: order.closed === undefined ? remaining(order) : 0,
    filledNotional: formatTicks(order.notional, tick),
    createdAt: new Date(order.createdAt).toISOString(),
    updatedAt: new Date(order.updatedAt).toISOString(),
  };
}

export function reportFullOrder(order: Order): FullOrderReport {
  const { tick } = order.instrument;
  const executions = order.executions.map((execution) => ({
    ...execution,
    price: formatTicks(execution.price, tick),
    time: new Date(execution.time).toISOString(),
  }));
  return { ...reportOrder(order), executionCount: order.executionCount, executions };
}
