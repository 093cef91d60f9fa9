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

/** Attribute types, by short name or number, with their values: a UTF8String, or any string type by its ASN.1 tag. */
export type RelativeName = Readonly<Record<string, string | TaggedValue>>;

export interface TaggedValue {
  readonly tag: number;
  readonly octets: Uint8Array;
}

export interface Named {
  /** In the order of the certificate; several attributes in one object are one multi-valued relative name. */
  readonly subject?: readonly RelativeName[];
  readonly names?: x509.JsonGeneralNames;
  readonly extensions?: readonly x509.Extension[];
}

export async function certificate({ subject = [], names = [], extensions = [] }: Named): Promise<Uint8Array> {
  const alternative = names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)];
  const made = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: new x509.Name(new Uint8Array(sequence(subject.map(relativeName)))),
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

const SHORT: Readonly<Record<string, string>> = {
  CN: '2.5.4.3',
  C: '2.5.4.6',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  UID: '0.9.2342.19200300.100.1.1',
  DC: '0.9.2342.19200300.100.1.25',
  emailAddress: '1.2.840.113549.1.9.1',
};

function relativeName(attributes: RelativeName): Buffer {
  const encoded = Object.entries(attributes).map(([type, value]) => {
    const { tag, octets } = typeof value === 'string' ? { tag: 0x0c, octets: Buffer.from(value) } : value;
    return sequence([identifier(SHORT[type] ?? type), tlv(tag, octets)]);
  });
  return tlv(0x31, Buffer.concat(encoded));
}

function sequence(parts: readonly Uint8Array[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

function identifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tlv(0x06, Buffer.from([first * 40 + second, ...rest].flatMap(base128)));
}

function base128(value: number): number[] {
  const septets = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) septets.unshift((rest & 0x7f) | 0x80);
  return septets;
}

function tlv(tag: number, octets: Uint8Array): Buffer {
  const { length } = octets;
  const size = length < 128 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), octets]);
}

export { issueClient, selfSignClient, type x509 };
