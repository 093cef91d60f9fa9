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
  /** Role and identifier of the server, or of the group that shares its secrets: no other accepts its nonces. */
  readonly server: string;
  /**
   * 32 octets or more each. The first one makes nonces, all of them are accepted: to rotate, every process first learns
   * the new secret as the last one, then has it moved to the front. Left out: random, so a restart voids every nonce
   * and with it every proof made before.
   */
  readonly secrets?: readonly Uint8Array[] | undefined;
  /** Whole seconds between two nonces; one is accepted for one to two steps. */
  readonly step?: number;
}

interface Accepted {
  readonly counter: number;
  /** One per secret; the first one is handed out. */
  readonly current: readonly string[];
  readonly previous: readonly string[];
}

/**
 * DPoP nonces (RFC 9449 §8–9) derived from the clock: no state, no timer, unpredictable without the secret.
 * Those of the current and the previous step are accepted. They are public values, so plain comparison leaks nothing.
 */
export function createNonces({ clock, server, secrets = [randomBytes(32)], step = 60 }: NonceOptions): Nonces {
  // Of a text, as the environment gives it, all octets but those of its digits would become 0
  if (secrets.length === 0 || !secrets.every((secret) => secret instanceof Uint8Array && secret.length >= 32)) {
    throw new TypeError('nonce secrets: one or more, each of 32 octets or more');
  }
  if (!(Number.isSafeInteger(step) && step > 0)) throw new TypeError('nonce step: whole seconds, one or more');
  const keys = secrets.map((secret) => Uint8Array.from(secret)); // what becomes of the caller's buffers changes nothing
  let known: Accepted = { counter: Number.NaN, current: [], previous: [] };

  const derive = (counter: number): string[] => keys.map((key) => deriveNonce(key, server, counter));

  function now(): Accepted {
    const counter = Math.floor(seconds(clock) / step);
    if (counter !== known.counter) known = { counter, current: derive(counter), previous: derive(counter - 1) };
    return known;
  }

  return {
    current: () => now().current[0] ?? '',
    acceptedUntil(nonce) {
      const { counter, current, previous } = now();
      if (current.includes(nonce)) return (counter + 2) * step - 1;
      return previous.includes(nonce) ? (counter + 1) * step - 1 : undefined;
    },
  };
}

// 128 bits of HMAC-SHA-256 in base64url, which is within NQCHAR (RFC 9449 §8.1).
function deriveNonce(key: Uint8Array, server: string, counter: number): string {
  return createHmac('sha256', key)
    .update(`holdfast dpop nonce\n${server}\n${counter}`)
    .digest()
    .subarray(0, 16)
    .toString('base64url');
}
