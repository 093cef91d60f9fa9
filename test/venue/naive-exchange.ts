/**
 * The exchange as one would write it on a napkin: one flat list, searched from end to end for every fill.
 * Slow and plain, so that the real one can be held to it. Prices are cents.
 */
export interface NaiveOrder {
  readonly id: string;
  readonly account: string;
  readonly side: 'buy' | 'sell';
  readonly rests: boolean;
  readonly fillOrKill: boolean;
  /** Undefined: any price. */
  price: number | undefined;
  quantity: number;
  filled: number;
  /** Who came first; set anew when priority is lost. */
  arrival: number;
  state: 'working' | 'filled' | 'cancelled' | 'rejected';
  readonly fills: { id: string; price: number; quantity: number }[];
}

export type NaiveRequest = Pick<NaiveOrder, 'account' | 'side' | 'rests' | 'fillOrKill' | 'price' | 'quantity'>;

export class NaiveExchange {
  readonly orders: NaiveOrder[] = [];
  #arrivals = 0;
  #trades = 0;

  place(request: NaiveRequest): void {
    const id = `ord-${this.orders.length + 1}`;
    const order: NaiveOrder = { ...request, id, filled: 0, arrival: 0, state: 'working', fills: [] };
    this.orders.push(order);
    this.#enter(order);
  }

  /** Returns the code of the refusal, if any. */
  amend(id: string, price: number | undefined, quantity: number | undefined): string | undefined {
    const order = this.#find(id);
    if (order.state !== 'working') return 'order_closed';
    const before = { price: order.price, quantity: order.quantity };
    if ((quantity ?? order.quantity) < order.filled) return 'quantity_below_filled';
    order.price = price ?? order.price;
    order.quantity = quantity ?? order.quantity;
    if (order.price !== before.price || order.quantity > before.quantity) this.#enter(order);
    else if (order.quantity === order.filled) order.state = 'filled';
    return undefined;
  }

  cancel(id: string): string | undefined {
    const order = this.#find(id);
    if (order.state !== 'working') return 'order_closed';
    order.state = 'cancelled';
    return undefined;
  }

  /** Everything on the other side that the order may trade with, in the order it would. */
  queueFor(order: NaiveOrder): NaiveOrder[] {
    const sign = order.side === 'buy' ? 1 : -1;
    const price = (other: NaiveOrder) => sign * (other.price ?? 0);
    return this.orders
      .filter((other) => other !== order && other.state === 'working' && other.side !== order.side)
      .filter((other) => order.price === undefined || price(other) <= sign * order.price)
      .sort((a, b) => price(a) - price(b) || a.arrival - b.arrival);
  }

  #enter(order: NaiveOrder): void {
    this.#arrivals += 1;
    order.arrival = this.#arrivals;
    if (order.fillOrKill && !this.#canFill(order)) {
      order.state = 'cancelled';
      return;
    }
    while (order.filled < order.quantity) {
      const [other] = this.queueFor(order);
      if (other === undefined) {
        this.#leave(order);
        return;
      }
      if (other.account === order.account) {
        order.state = 'cancelled';
        return;
      }
      this.#trade(order, other);
    }
    order.state = 'filled';
  }

  #canFill(order: NaiveOrder): boolean {
    const queue = this.queueFor(order);
    const own = queue.findIndex((other) => other.account === order.account);
    const reachable = own === -1 ? queue : queue.slice(0, own);
    return reachable.reduce((sum, other) => sum + other.quantity - other.filled, 0) >= order.quantity;
  }

  #trade(taker: NaiveOrder, maker: NaiveOrder): void {
    this.#trades += 1;
    const quantity = Math.min(taker.quantity - taker.filled, maker.quantity - maker.filled);
    const fill = { id: `exe-${this.#trades}`, price: maker.price ?? Number.NaN, quantity };
    for (const order of [taker, maker]) {
      order.fills.push(fill);
      order.filled += quantity;
    }
    if (maker.filled === maker.quantity) maker.state = 'filled';
  }

  #leave(order: NaiveOrder): void {
    if (order.rests) return;
    order.state = order.price === undefined && order.filled === 0 ? 'rejected' : 'cancelled';
  }

  #find(id: string): NaiveOrder {
    const order = this.orders.find((candidate) => candidate.id === id);
    if (order === undefined) throw new Error(`the model has no ${id}`);
    return order;
  }
}
