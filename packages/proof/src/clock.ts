/** Milliseconds since the epoch, as `Date.now` gives them. Injected everywhere; the core has no clock of its own. */
export type Clock = () => number;

/** The clock's time as a whole NumericDate (RFC 7519 §2): seconds since the epoch. */
export function seconds(clock: Clock): number {
  return Math.floor(clock() / 1000);
}
