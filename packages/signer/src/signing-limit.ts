import { type Clock, HoldfastError } from '@holdfast/proof';

/**
 * A bound on what a key signs (RFC 9449 §11.4): whoever can call a signer and not take its key away cannot stock up on
 * proofs as fast as the machine makes them. So many in each second, and after a pause as many again at once. What it
 * returns throws `signing_rate_exceeded` beyond that. NOT bounded: other signers with the same key.
 */
export function createSigningLimit(mostPerSecond: number, clock: Clock): () => void {
  if (!(mostPerSecond >= 1 && Number.isFinite(mostPerSecond))) {
    throw new TypeError('mostPerSecond: a number, one or more');
  }
  let left = mostPerSecond;
  let last = 0;
  return () => {
    const now = clock();
    if (!Number.isFinite(now)) throw new TypeError('clock: not a number of milliseconds');
    // A clock that was set back brings nothing, and goes on from there
    left = Math.min(mostPerSecond, left + (Math.max(0, now - last) * mostPerSecond) / 1000);
    last = now;
    if (left < 1) throw new HoldfastError('signing_rate_exceeded');
    left -= 1;
  };
}
