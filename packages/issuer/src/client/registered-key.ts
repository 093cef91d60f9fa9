import { createPrivateKey, type KeyObject, sign, X509Certificate } from 'node:crypto';
import {
  type Algorithm,
  algorithms,
  FAPI_ALGORITHMS,
  importPublicJwk,
  readPublicJwk,
  verifySignature,
} from '@holdfast/proof';

/** A JWK as somebody wrote it. */
export type Jwk = Readonly<Record<string, unknown>>;

/** The algorithm that a public JWK is for: the one it states, else the first that fits. Undefined: it is no sound key. */
export function algorithmOf(key: Jwk): Algorithm | undefined {
  const stated = FAPI_ALGORITHMS.filter((alg) => key['alg'] === alg);
  return (stated.length === 0 ? FAPI_ALGORITHMS : stated).find((alg) => isSound(key, alg));
}

/** The members of a private JWK without those that are private, and without what it may be used for. */
export function publicPart({ d, p, q, dp, dq, qi, key_ops, ...members }: Jwk): Jwk {
  return members;
}

export function importPrivateJwk(key: Jwk): KeyObject {
  return createPrivateKey({ key: { ...key }, format: 'jwk' });
}

/**
 * Whether a private JWK is meant for signing and signs what its public members verify. Node 26 refuses to import members
 * that do not belong together; Node 20 signs with them.
 */
export function isSigningKey(key: Jwk): boolean {
  const operations = key['key_ops'];
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('sign'))) return false;
  const alg = algorithmOf(publicPart(key));
  if (alg === undefined) return false;
  const { digest, options } = algorithms[alg];
  try {
    const signature = sign(digest, Buffer.from('probe'), { key: importPrivateJwk(key), ...options });
    return verifySignature(alg, importPublicJwk(readPublicJwk(publicPart(key), alg)), 'probe', signature);
  } catch {
    return false;
  }
}

/** What is wrong with the `x5c` of a key, or undefined. RFC 7517 §4.7: the key of the first certificate is this key. */
export function x5cFault(key: Jwk): string | undefined {
  const [first] = Array.isArray(key['x5c']) ? (key['x5c'] as unknown[]) : [];
  if (typeof first !== 'string') return 'must be an array of base64 certificates';
  try {
    const own = Object.entries(readCertificate(first).publicKey.export({ format: 'jwk' }));
    return own.every(([member, value]) => key[member] === value) ? undefined : 'must hold the same key as the JWK';
  } catch {
    return 'must begin with a certificate';
  }
}

export function readCertificate(x5c: string): X509Certificate {
  return new X509Certificate(Buffer.from(x5c, 'base64'));
}

function isSound(key: Jwk, alg: Algorithm): boolean {
  try {
    importPublicJwk(readPublicJwk(key, alg));
    return true;
  } catch {
    return false;
  }
}
