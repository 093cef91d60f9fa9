import { VenueError } from './errors.ts';
import { type Instrument, readLimitPrice, readQuantity } from './instrument.ts';
import type { OrderRequest, TimeInForce } from './order.ts';

/** The part of a request that an instrument decides on. */
export interface Terms {
  /** Ticks; undefined for a market order. */
  readonly price: number | undefined;
  readonly quantity: number;
  readonly timeInForce: TimeInForce;
}

/** Throws `invalid_request`, `invalid_price` or `invalid_quantity`. */
export function readTerms(request: OrderRequest, instrument: Instrument): Terms {
  const quantity = readQuantity(request.quantity, instrument);
  return request.type === 'market'
    ? { ...marketTerms(request), quantity }
    : { ...limitTerms(request, instrument), quantity };
}

function marketTerms({ price, timeInForce = 'IOC' }: OrderRequest): Omit<Terms, 'quantity'> {
  if (price !== undefined) {
    throw new VenueError('invalid_request', { description: 'price: a market order has none' });
  }
  if (timeInForce === 'GTC') {
    throw new VenueError('invalid_request', { description: 'timeInForce: a market order never rests' });
  }
  return { price, timeInForce };
}

function limitTerms({ price, timeInForce = 'GTC' }: OrderRequest, instrument: Instrument): Omit<Terms, 'quantity'> {
  if (price === undefined) {
    throw new VenueError('invalid_request', { description: 'price: a limit order needs one' });
  }
  return { price: readLimitPrice(price, instrument), timeInForce };
}
