import type { Instrument } from './instrument.ts';

export interface Limits {
  /** Accounts that ever placed an order; each is remembered. Default 1,000. */
  readonly maxAccounts: number;
  /** Of one account, over all instruments. Default 1,000. */
  readonly maxOpenOrders: number;
  /** Closed orders an account can still read; the one that closed first is forgotten. Default 1,000. */
  readonly maxClosedOrders: number;
}

const defaults: Limits = { maxAccounts: 1000, maxOpenOrders: 1000, maxClosedOrders: 1000 };

/** Throws `TypeError` when a limit is no positive integer, or a price level could exceed a safe integer. */
export function readLimits(given: Partial<Limits>, instruments: readonly Instrument[]): Limits {
  const limits = { ...defaults, ...given };
  for (const [name, limit] of Object.entries(limits)) {
    if (!Number.isSafeInteger(limit) || limit < 1) throw new TypeError(`${name} is not a positive integer`);
  }
  const largest = Math.max(...instruments.map((instrument) => instrument.maxQuantity));
  if (largest * limits.maxOpenOrders * limits.maxAccounts > Number.MAX_SAFE_INTEGER) {
    throw new TypeError('maxQuantity × maxOpenOrders × maxAccounts is not a safe integer');
  }
  return limits;
}
