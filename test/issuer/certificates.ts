import { issueClient, selfSignClient } from '@holdfast/certs-scripts';
import { Crypto } from '@peculiar/webcrypto';
import * as x509 from '@peculiar/x509';

/** Certificates with subjects and names as odd as X.509 allows; they are shown as DER, without a handshake. */
const provider = new Crypto();
const ECDSA = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const keys = (await provider.subtle.generateKey(ECDSA, true, ['sign', 'verify'])) as KeyPair;
const validity = { notBefore: new Date('2023-01-01'), notAfter: new Date('2033-01-01') };

interface KeyPair {
  readonly publicKey: CryptoKey;
  readonly privateKey: CryptoKey;
}

export interface Named {
  /** In the order of the certificate; several attributes in one object are one multi-valued relative name. */
  readonly subject?: x509.JsonName;
  readonly names?: x509.JsonGeneralNames;
  readonly extensions?: x509.Extension[];
}

export async function certificate({ subject = [], names = [], extensions = [] }: Named): Promise<Uint8Array> {
  const alternative = names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)];
  const made = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: new x509.Name(subject),
      ...validity,
      keys,
      signingAlgorithm: ECDSA,
      extensions: [...alternative, ...extensions],
    },
    provider,
  );
  return new Uint8Array(made.rawData);
}

/** A subjectAltName extension that holds any octets. */
export function rawAlternativeNames(octets: Uint8Array): x509.Extension {
  return new x509.Extension('2.5.29.17', false, octets);
}

export { issueClient, selfSignClient, x509 };
