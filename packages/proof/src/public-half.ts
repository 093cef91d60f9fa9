import { type Algorithm, algorithms, isAlgorithm, isAvailable } from './algorithms.ts';
import { HoldfastError } from './errors.ts';
import { type PublicJwk, readPublicJwk, thumbprint } from './jwk.ts';

/** What everybody may know of a key that signs. */
export interface PublicHalf {
  readonly alg: Algorithm;
  readonly publicJwk: PublicJwk;
  /** RFC 7638 thumbprint. */
  readonly jkt: string;
}

/** The public half of a key for the algorithm that the caller wants, or the one that the key leaves no choice about. */
export function publicHalf(jwk: object, wanted: Algorithm | undefined): PublicHalf {
  const alg = agree(wanted, (jwk as { alg?: unknown }).alg) ?? defaultAlgorithm(jwk);
  const publicJwk = readPublicHalf(jwk, alg);
  return { alg, publicJwk, jkt: thumbprint(publicJwk) };
}

/** RFC 8725 §3.1: a key serves the algorithm it names and no other. EdDSA and Ed25519 share their row: RFC 9864 §2.2. */
export function agree(wanted: Algorithm | undefined, stated: unknown): Algorithm | undefined {
  if (stated === undefined) return wanted;
  checkAlgorithm(stated);
  if (wanted !== undefined && algorithms[wanted] !== algorithms[stated]) throw unusable('alg');
  return wanted ?? stated;
}

/** RFC 9449 §4.3 (5) and (7), on our own side: an algorithm that signs proofs, and a key for it that holds nothing private. */
export function readPublicHalf(jwk: unknown, alg: unknown): PublicJwk {
  checkAlgorithm(alg);
  try {
    return readPublicJwk(jwk, alg, 'key_unusable');
  } catch (thrown) {
    throw unusable((thrown instanceof HoldfastError ? thrown.detail : undefined) ?? 'not a public key');
  }
}

function defaultAlgorithm({ kty, crv }: { kty?: unknown; crv?: unknown }): Algorithm {
  if (kty === 'RSA') return 'PS256';
  if (crv === 'P-256') return 'ES256';
  if (crv === 'P-384') return 'ES384';
  if (crv === 'Ed25519') return 'Ed25519';
  throw unusable('no algorithm for this kind of key');
}

/** Throws `key_unusable` for an algorithm that signs no proof, here or anywhere. */
export function checkAlgorithm(alg: unknown): asserts alg is Algorithm {
  if (!isAlgorithm(alg)) throw unusable('alg');
  if (!isAvailable(alg)) throw unusable('this Node does not have the algorithm');
}

export function unusable(detail: string): HoldfastError {
  return new HoldfastError('key_unusable', { detail });
}
