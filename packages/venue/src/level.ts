import { type Order, remaining } from './order.ts';

/** All orders resting at one price, first come first served; joining and leaving take constant time. */
export class Level {
  readonly price: number;
  /** Sum of what remains of the orders here. */
  quantity = 0;
  orders = 0;
  first: Order | undefined;
  #last: Order | undefined;

  constructor(price: number) {
    this.price = price;
  }

  append(order: Order): void {
    order.previous = this.#last;
    order.next = undefined;
    if (this.#last === undefined) this.first = order;
    else this.#last.next = order;
    this.#last = order;
    this.quantity += remaining(order);
    this.orders += 1;
  }

  unlink(order: Order): void {
    if (order.previous === undefined) this.first = order.next;
    else order.previous.next = order.next;
    if (order.next === undefined) this.#last = order.previous;
    else order.next.previous = order.previous;
    order.previous = undefined;
    order.next = undefined;
    this.quantity -= remaining(order);
    this.orders -= 1;
  }
}
