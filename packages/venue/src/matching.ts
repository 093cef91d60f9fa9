import type { Ladder } from './ladder.ts';
import { type Order, remaining } from './order.ts';

/**
 * How an incoming order left the book: `exhausted`, no resting order it may trade with; `self_match`, the
 * next one in line belongs to the same account; `unfillable`, a fill-or-kill order that traded nothing.
 */
export type Outcome = 'filled' | 'exhausted' | 'self_match' | 'unfillable';

/**
 * Trades an incoming order against the other side, best price first, then first come first served.
 * `trade` must fill both orders and take a filled resting order out of the ladder.
 */
export function match(incoming: Order, opposite: Ladder, trade: (resting: Order, quantity: number) => void): Outcome {
  if (incoming.timeInForce === 'FOK' && !canFill(incoming, opposite)) return 'unfillable';
  while (remaining(incoming) > 0) {
    const resting = opposite.best()?.first;
    if (resting?.price === undefined || !accepts(incoming, resting.price)) return 'exhausted';
    // Self-match prevention, "cancel newest": an order meets the queue in turn, so it stops here rather
    // than trade past its own account's order.
    if (resting.account === incoming.account) return 'self_match';
    trade(resting, Math.min(remaining(incoming), remaining(resting)));
  }
  return 'filled';
}

function canFill(incoming: Order, opposite: Ladder): boolean {
  let missing = remaining(incoming);
  for (const level of opposite.levels()) {
    if (!accepts(incoming, level.price)) return false;
    for (let resting = level.first; resting !== undefined; resting = resting.next) {
      if (resting.account === incoming.account) return false;
      missing -= remaining(resting);
      if (missing <= 0) return true;
    }
  }
  return false;
}

function accepts(incoming: Order, price: number): boolean {
  if (incoming.price === undefined) return true;
  return incoming.side === 'buy' ? price <= incoming.price : price >= incoming.price;
}
