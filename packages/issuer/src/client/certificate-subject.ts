import { isIP, SocketAddress } from 'node:net';
import { x5tS256 } from '@holdfast/proof';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Certificate, type GeneralName, id_ce_subjectAltName, SubjectAlternativeName } from '@peculiar/asn1-x509';
import { fromCertificateName, isSameName, readDistinguishedName } from './distinguished-name.ts';

/** The one subject that a client registered for tls_client_auth: RFC 8705 §2.1.2. */
export type RegisteredSubject =
  | { readonly form: 'dn'; readonly value: string }
  | { readonly form: 'dns' | 'uri' | 'ip' | 'email'; readonly value: string };

/** The certificate in which a subject was found last: a client shows the same one for months, and reading it takes long. */
const foundIn = new WeakMap<RegisteredSubject, string>();

/**
 * Whether a certificate (DER) has the registered subject; one that cannot be read has none. NOT checked: its chain, which
 * the TLS layer validated.
 */
export function hasSubject(der: Uint8Array, subject: RegisteredSubject): boolean {
  const certificate = x5tS256(der);
  if (foundIn.get(subject) === certificate) return true;
  try {
    if (!readAndMatch(der, subject)) return false;
  } catch {
    return false;
  }
  foundIn.set(subject, certificate);
  return true;
}

/** What is wrong with a registered subject, or undefined. */
export function subjectFault({ form, value }: RegisteredSubject): string | undefined {
  if (form === 'dn')
    return readDistinguishedName(value) === undefined ? 'is not an RFC 4514 distinguished name' : undefined;
  if (form === 'ip') return canonicalAddress(value) === undefined ? 'is not an IP address' : undefined;
  return value === '' ? 'is empty' : undefined;
}

function readAndMatch(der: Uint8Array, { form, value }: RegisteredSubject): boolean {
  const { tbsCertificate } = AsnConvert.parse(der, Certificate);
  if (form === 'dn') {
    const registered = readDistinguishedName(value);
    return registered !== undefined && isSameName(registered, fromCertificateName(tbsCertificate.subject));
  }
  const extension = tbsCertificate.extensions?.find(({ extnID }) => extnID === id_ce_subjectAltName);
  if (extension === undefined) return false;
  const names = AsnConvert.parse(extension.extnValue, SubjectAlternativeName);
  return [...names].some((name) => matches(name, form, value));
}

// No wildcards and no substrings: the whole value, as RFC 8705 §2.1.2 says
function matches(name: GeneralName, form: 'dns' | 'uri' | 'ip' | 'email', value: string): boolean {
  switch (form) {
    case 'dns':
      return name.dNSName?.toLowerCase() === value.toLowerCase();
    case 'uri':
      return name.uniformResourceIdentifier === value;
    case 'email':
      return name.rfc822Name === value;
    case 'ip':
      return name.iPAddress !== undefined && canonicalAddress(name.iPAddress) === canonicalAddress(value);
  }
}

// RFC 8705 §2.1.2: compared in binary form, so ::1 and 0:0:0:0:0:0:0:1 are one
function canonicalAddress(address: string): string | undefined {
  const family = isIP(address);
  // A zone (fe80::1%eth0) is no part of an address
  return family === 0 || address.includes('%')
    ? undefined
    : new SocketAddress({ address, family: family === 6 ? 'ipv6' : 'ipv4' }).address;
}
