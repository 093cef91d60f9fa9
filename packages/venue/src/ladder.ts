import { Level } from './level.ts';
import type { Order, Side } from './order.ts';

/**
 * One side of a book: price levels kept in order, worst first, so that the best is the last element and
 * leaves without moving the others. A level is found by binary search.
 */
export class Ladder {
  readonly #levels: Level[] = [];
  readonly #sign: 1 | -1;

  constructor(side: Side) {
    this.#sign = side === 'buy' ? 1 : -1;
  }

  best(): Level | undefined {
    return this.#levels.at(-1);
  }

  /** Joins the back of the queue at the order's price. */
  add(order: Order): void {
    const price = restingPrice(order);
    const index = this.#indexOf(price);
    let level = this.#levels[index];
    if (level?.price !== price) {
      level = new Level(price);
      this.#levels.splice(index, 0, level);
    }
    level.append(order);
  }

  /** Takes the order out, wherever in its queue it stands. */
  remove(order: Order): void {
    const index = this.#indexOf(restingPrice(order));
    const level = this.#levelAt(index);
    level.unlink(order);
    if (level.orders === 0) this.#levels.splice(index, 1);
  }

  /** Accounts for a resting order that lost `quantity` to a fill or an amendment and kept its place. */
  reduce(order: Order, quantity: number): void {
    this.#levelAt(this.#indexOf(restingPrice(order))).quantity -= quantity;
  }

  /** Best price first. */
  *levels(): Generator<Level> {
    for (let index = this.#levels.length - 1; index >= 0; index -= 1) yield this.#levelAt(index);
  }

  /** Best price first. */
  top(depth: number): Level[] {
    return this.#levels.slice(-depth).reverse();
  }

  /** Where the level of this price is, or belongs. */
  #indexOf(price: number): number {
    let low = 0;
    let high = this.#levels.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#sign * this.#levelAt(middle).price < this.#sign * price) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #levelAt(index: number): Level {
    const level = this.#levels[index];
    if (level === undefined) throw new Error('no level where an order rests');
    return level;
  }
}

function restingPrice(order: Order): number {
  if (order.price === undefined) throw new Error('a market order never rests');
  return order.price;
}
