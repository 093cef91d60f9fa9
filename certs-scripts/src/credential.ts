import { provider, x509 } from './x509.ts';

/** A certificate with its private key, as TLS stacks take them. */
export interface Credential {
  /** PEM, one certificate. */
  readonly certificate: string;
  /** PEM, PKCS#8, not encrypted. */
  readonly key: string;
  /** The same certificate as DER. */
  readonly der: Uint8Array;
}

export interface KeyPair {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

/** ECDSA on P-256: what every TLS 1.3 stack accepts, and quick enough to make a set of ten per test. */
export const KEY_ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' };
export const SIGNATURE_ALGORITHM = { name: 'ECDSA', hash: 'SHA-256' };

export async function generateKeyPair(): Promise<KeyPair> {
  const { publicKey, privateKey } = (await provider.subtle.generateKey(KEY_ALGORITHM, true, [
    'sign',
    'verify',
  ])) as KeyPair;
  return { publicKey, privateKey };
}

export async function exportCredential(certificate: x509.X509Certificate, privateKey: CryptoKey): Promise<Credential> {
  const pkcs8 = await provider.subtle.exportKey('pkcs8', privateKey);
  return {
    certificate: endLine(certificate.toString('pem')),
    key: endLine(x509.PemConverter.encode(pkcs8, x509.PemConverter.PrivateKeyTag)),
    der: new Uint8Array(certificate.rawData),
  };
}

function endLine(pem: string): string {
  return pem.endsWith('\n') ? pem : `${pem}\n`;
}
