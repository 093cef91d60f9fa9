import { isUint8Array } from 'node:util/types';
import { type Algorithm, algorithms } from './algorithms.ts';
import { HoldfastError } from './errors.ts';
import type { PublicJwk } from './jwk.ts';

/** Octets of every signature by this key: for RSA as many as its modulus has (RFC 8017 §8.1.1). */
export function signatureOctets(alg: Algorithm, jwk: PublicJwk): number {
  const { signatureLength = 0 } = algorithms[alg];
  return jwk.kty === 'RSA' ? Buffer.byteLength(jwk.n, 'base64url') : signatureLength;
}

/**
 * What somebody else's code returned, as a JWS signature of so many octets. Throws `key_unusable` that says what it is instead.
 * NOT checked: that it verifies.
 */
export function readSignature(value: unknown, alg: Algorithm, octets: number): Uint8Array {
  if (!isUint8Array(value)) throw unusable('the signature is no Uint8Array');
  if (value.length === octets) return value;
  // RFC 7518 §3.4: r and s side by side. AWS, Google and OpenSSL give the structure of X9.62.
  const isDer = algorithms[alg].kty === 'EC' && isTwoIntegers(value);
  throw unusable(
    isDer ? `the signature is DER instead of r and s in ${octets} octets` : `the signature has not ${octets} octets`,
  );
}

// SEQUENCE { INTEGER, INTEGER } with lengths of one octet, which is all that P-256 and P-384 need
function isTwoIntegers(octets: Uint8Array): boolean {
  const lengthOfR = octets[3] ?? 0;
  const s = 4 + lengthOfR;
  const isSequence = octets[0] === 0x30 && octets[1] === octets.length - 2;
  return isSequence && octets[2] === 0x02 && octets[s] === 0x02 && octets[s + 1] === octets.length - s - 2;
}

function unusable(detail: string): HoldfastError {
  return new HoldfastError('key_unusable', { detail });
}
