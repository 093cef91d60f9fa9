const SECOND = 1000;
const MINUTE = 60 * SECOND;
export const DAY = 24 * 60 * MINUTE;

export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/**
 * The window of `days` from `now`. It opens five minutes early, so that a peer whose clock is a little
 * behind does not refuse a fresh certificate. An expired or not yet valid certificate is made by moving `now`.
 * Both ends lose their milliseconds when they are written (RFC 5280 §4.1.2.5).
 */
export function validity(now: Date, days: number): Validity {
  const start = now.getTime();
  if (!Number.isFinite(start)) throw new TypeError('now must be a valid date');
  if (!Number.isFinite(days) || days <= 0) throw new TypeError('days must be a positive number');
  return { notBefore: new Date(start - 5 * MINUTE), notAfter: new Date(start + days * DAY) };
}
