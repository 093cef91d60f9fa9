import { type CertificateKey, createBoundedCache, readCertificateKey, x5tS256 } from '@holdfast/proof';

/** The key of a certificate, and by which name its signatures may call it. */
export interface NamedCertificateKey extends CertificateKey {
  /** RFC 8705 §3.1 `x5t#S256` of the certificate. */
  readonly x5t: string;
}

/** Keys of certificates that tokens are bound to, imported once. */
export interface CertificateKeys {
  /** Throws `signature_params` for a key that signs nothing which is accepted here. */
  read(certificate: Uint8Array): NamedCertificateKey;
  /** Once a signature under it was good: so strangers cannot crowd out the others. */
  keep(key: NamedCertificateKey): void;
}

const BOUNDS = { maxEntries: 20_000, maxKeyBytes: 20_000 * 43 };

export function createCertificateKeys(algorithms: ReadonlySet<string>): CertificateKeys {
  const known = createBoundedCache<NamedCertificateKey>(BOUNDS);
  return {
    read(certificate) {
      const x5t = x5tS256(certificate);
      return known.recall(x5t) ?? { ...readCertificateKey(certificate, algorithms), x5t };
    },
    keep: (key) => known.keep(key.x5t, key),
  };
}
