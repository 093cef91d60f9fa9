import type { Credential } from '@holdfast/certs-scripts';
import { Crypto } from '@peculiar/webcrypto';
import * as x509 from '@peculiar/x509';

const provider = new Crypto();
const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const RSA = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', publicExponent: new Uint8Array([1, 0, 1]) };
const HOUR = 3_600_000;

interface KeyPair {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

export interface Crafted {
  /** As x509.Name takes it: `[{ CN: ['a name'] }]`. */
  readonly subject?: x509.JsonName;
  readonly extensions?: readonly x509.Extension[];
  /** Hours from now at which it begins and ends to be valid. */
  readonly hours?: readonly [from: number, to: number];
  /** Bits of an RSA key. Left out: a key on P-256. */
  readonly rsa?: number;
}

/** A self-signed certificate with whatever X.509 can say, and its key: fit for a handshake and for nothing else. */
export async function craft({
  subject = [{ CN: ['mine'] }],
  extensions = [],
  hours = [-1, 1],
  rsa,
}: Crafted): Promise<Credential> {
  const algorithm = rsa === undefined ? P256 : { ...RSA, modulusLength: rsa };
  const keys = (await provider.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as KeyPair;
  const [notBefore, notAfter] = hours.map((from) => new Date(Date.now() + from * HOUR)) as [Date, Date];
  const made = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: new x509.Name(subject),
      notBefore,
      notAfter,
      keys,
      signingAlgorithm: algorithm,
      extensions: [...extensions],
    },
    provider,
  );
  const pkcs8 = await provider.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificate: made.toString('pem'),
    key: x509.PemConverter.encode(pkcs8, x509.PemConverter.PrivateKeyTag),
    der: new Uint8Array(made.rawData),
  };
}

export const serversOnly = new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]);
export const authority = new x509.BasicConstraintsExtension(true, 3, true);
export const unknownCritical = new x509.Extension('1.3.6.1.4.1.99999.1', true, new Uint8Array([5, 0]));
export const nameConstraints = new x509.Extension('2.5.29.30', true, new Uint8Array([0x30, 0]));
export const wildcardNames = new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: '*' }]);
