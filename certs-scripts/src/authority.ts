import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  type Credential,
  exportCredential,
  generateKeyPair,
  KEY_ALGORITHM,
  SIGNATURE_ALGORITHM,
} from './credential.ts';
import { CertificatesError } from './error.ts';
import { distinguishedName } from './names.ts';
import { validity } from './validity.ts';
import { provider, x509 } from './x509.ts';

/** A certificate authority: its certificate and key as PEM to keep, and what issuing needs. */
export interface Authority extends Credential {
  readonly issuer: x509.X509Certificate;
  readonly signingKey: CryptoKey;
}

/** A new self-signed root. `days` is how long it lives, 90 unless given. */
export async function createAuthority(request: { commonName: string; now: Date; days?: number }): Promise<Authority> {
  const keys = await generateKeyPair();
  const { keyCertSign, cRLSign } = x509.KeyUsageFlags;
  const issuer = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: distinguishedName(request),
      ...validity(request.now, request.days ?? 90),
      keys,
      signingAlgorithm: SIGNATURE_ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(keyCertSign | cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, provider),
      ],
    },
    provider,
  );
  return { ...(await exportCredential(issuer, keys.privateKey)), issuer, signingKey: keys.privateKey };
}

/**
 * The authority that was kept as PEM: `certificate` and `key` of an earlier one.
 * Throws CertificatesError `authority_invalid` when they are no P-256 authority or do not belong together.
 * NOT checked: whether it is still valid, and who signed it.
 */
export async function loadAuthority(kept: Pick<Credential, 'certificate' | 'key'>): Promise<Authority> {
  try {
    const parsed = new X509Certificate(kept.certificate);
    const privateKey = createPrivateKey(kept.key);
    if (!parsed.ca) throw new Error('the certificate is not an authority');
    if (!parsed.checkPrivateKey(privateKey)) throw new Error('the key is not the key of the certificate');
    const pkcs8 = privateKey.export({ format: 'der', type: 'pkcs8' });
    const signingKey = await provider.subtle.importKey('pkcs8', pkcs8, KEY_ALGORITHM, true, ['sign']);
    const issuer = new x509.X509Certificate(parsed.raw);
    return { ...(await exportCredential(issuer, signingKey)), issuer, signingKey };
  } catch (cause) {
    throw new CertificatesError('authority_invalid', 'not a usable P-256 authority', { cause });
  }
}
