/** Milliseconds since the epoch, as `Date.now` gives them. Injected everywhere; the core has no clock of its own. */
export type Clock = () => number;

/**
 * The clock's time as a whole NumericDate (RFC 7519 §2): seconds since the epoch. Throws when the clock gives no number:
 * NaN compares false with every bound, so that expired tokens would pass.
 */
export function seconds(clock: Clock): number {
  const now = clock();
  if (!Number.isFinite(now)) throw new TypeError('clock: not a number of milliseconds');
  return Math.floor(now / 1000);
}
