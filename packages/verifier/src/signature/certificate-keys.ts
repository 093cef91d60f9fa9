import { type KeyObject, X509Certificate } from 'node:crypto';
import {
  type Algorithm,
  createBoundedCache,
  HoldfastError,
  importPublicJwk,
  type PublicJwk,
  readPublicJwk,
  x5tS256,
} from '@holdfast/proof';

/** The key of a client's certificate, for signatures over messages. */
export interface CertificateKey {
  readonly alg: Algorithm;
  readonly key: KeyObject;
  readonly jwk: PublicJwk;
  /** RFC 8705 §3.1 `x5t#S256` of the certificate. */
  readonly x5t: string;
}

/** Keys of certificates that tokens are bound to, imported once. */
export interface CertificateKeys {
  /** Throws `signature_params` for a key that signs nothing which is accepted here. */
  read(certificate: Uint8Array): CertificateKey;
  /** Once a signature under it was good: so strangers cannot crowd out the others. */
  keep(key: CertificateKey): void;
}

const BOUNDS = { maxEntries: 20_000, maxKeyBytes: 20_000 * 43 };

export function createCertificateKeys(algorithms: ReadonlySet<string>): CertificateKeys {
  const known = createBoundedCache<CertificateKey>(BOUNDS);
  return {
    read(certificate) {
      const x5t = x5tS256(certificate);
      return known.recall(x5t) ?? { ...readKey(certificate, algorithms), x5t };
    },
    keep: (key) => known.keep(key.x5t, key),
  };
}

function readKey(certificate: Uint8Array, algorithms: ReadonlySet<string>): Omit<CertificateKey, 'x5t'> {
  const stated = publicJwkOf(certificate);
  const alg = algorithmOf(stated);
  if (alg === undefined || !algorithms.has(alg)) throw unusable();
  // The same rules as for the keys of proofs: sizes, exponents, sound points
  const jwk = readPublicJwk(stated, alg, 'signature_params');
  return { alg, jwk, key: importPublicJwk(jwk, 'signature_params') };
}

function publicJwkOf(certificate: Uint8Array): { readonly kty?: unknown; readonly crv?: unknown } {
  try {
    return { ...new X509Certificate(certificate).publicKey.export({ format: 'jwk' }) };
  } catch {
    throw unusable(); // a kind of key that has no JWK
  }
}

function algorithmOf({ kty, crv }: { readonly kty?: unknown; readonly crv?: unknown }): Algorithm | undefined {
  if (kty === 'RSA') return 'PS256';
  if (crv === 'P-256') return 'ES256';
  if (crv === 'P-384') return 'ES384';
  return crv === 'Ed25519' ? 'Ed25519' : undefined;
}

function unusable(): HoldfastError {
  return new HoldfastError('signature_params', { detail: 'the key of the certificate' });
}
