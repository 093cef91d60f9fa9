import { type KeyObject, sign } from 'node:crypto';
import { type Algorithm, algorithms } from '@holdfast/proof';

/** A key that signs for the issuer. The private half is behind `sign` and nowhere else: it cannot be printed. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: Algorithm;
  /** A JWS signature (RFC 7515 §5.1; raw r and s for ECDSA). A promise only where the key is elsewhere. */
  sign(octets: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** A private key that this process holds. NOT checked: that it is one for `alg`. */
export function signingKey(kid: string, alg: Algorithm, key: KeyObject): SigningKey {
  const { digest, options } = algorithms[alg];
  const input = { key, ...options };
  return { kid, alg, sign: (octets) => sign(digest, octets, input) };
}
