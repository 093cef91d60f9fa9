import { createHmac, randomBytes } from 'node:crypto';
import { type Clock, seconds } from './clock.ts';

export interface Nonces {
  /** The nonce to hand out now. */
  current(): string;
  /** The last second at which `nonce` is accepted; undefined when it is not accepted now. */
  acceptedUntil(nonce: string): number | undefined;
}

export interface NonceOptions {
  readonly clock: Clock;
  /** 32 octets or more. Left out: random, so a restart voids every nonce and with it every proof made before. */
  readonly secret?: Uint8Array;
  /** Whole seconds between two nonces; one is accepted for one to two steps. */
  readonly step?: number;
}

/**
 * DPoP nonces (RFC 9449 §8–9) derived from the clock: no state, no timer, unpredictable without the secret.
 * The current and the previous one are accepted. They are public values, so plain comparison leaks nothing.
 */
export function createNonces({ clock, secret = randomBytes(32), step = 60 }: NonceOptions): Nonces {
  if (secret.length < 32) throw new TypeError('nonce secret: at least 32 octets');
  if (!(Number.isSafeInteger(step) && step > 0)) throw new TypeError('nonce step: whole seconds, one or more');
  let known = { counter: Number.NaN, current: '', previous: '' };

  // 128 bits of HMAC-SHA-256 in base64url, which is within NQCHAR (RFC 9449 §8.1).
  const derive = (counter: number): string =>
    createHmac('sha256', secret)
      .update(`holdfast dpop nonce ${counter}`)
      .digest()
      .subarray(0, 16)
      .toString('base64url');

  function now(): typeof known {
    const counter = Math.floor(seconds(clock) / step);
    if (counter !== known.counter) known = { counter, current: derive(counter), previous: derive(counter - 1) };
    return known;
  }

  return {
    current: () => now().current,
    acceptedUntil(nonce) {
      const { counter, current, previous } = now();
      if (nonce === current) return (counter + 2) * step - 1;
      return nonce === previous ? (counter + 1) * step - 1 : undefined;
    },
  };
}
