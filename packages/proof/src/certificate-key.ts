import { type KeyObject, X509Certificate } from 'node:crypto';
import type { Algorithm } from './algorithms.ts';
import { HoldfastError } from './errors.ts';
import { importPublicJwk, type PublicJwk, readPublicJwk } from './jwk.ts';

/** The key of a client's certificate, for signatures over messages. */
export interface CertificateKey {
  readonly alg: Algorithm;
  readonly key: KeyObject;
  readonly jwk: PublicJwk;
}

/**
 * Reads the key of a certificate (DER) by the same rules as those of proofs: sizes, exponents, sound points. Throws
 * `signature_params` for a key that signs nothing which is accepted. NOT checked: the certificate itself.
 */
export function readCertificateKey(certificate: Uint8Array, algorithms: ReadonlySet<string>): CertificateKey {
  const stated = publicJwkOf(certificate);
  const alg = algorithmOf(stated);
  if (alg === undefined || !algorithms.has(alg)) throw unusable();
  const jwk = readPublicJwk(stated, alg, 'signature_params');
  return { alg, jwk, key: importPublicJwk(jwk, 'signature_params') };
}

function publicJwkOf(certificate: Uint8Array): { readonly kty?: unknown; readonly crv?: unknown } {
  try {
    return { ...new X509Certificate(certificate).publicKey.export({ format: 'jwk' }) };
  } catch {
    throw unusable(); // no certificate, or a kind of key that has no JWK
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
