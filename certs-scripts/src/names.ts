import { isIP } from 'node:net';
import { x509 } from './x509.ts';

export interface Subject {
  readonly commonName: string;
  readonly organization?: string | undefined;
}

export interface AlternativeNames {
  readonly dnsNames?: readonly string[] | undefined;
  readonly ipAddresses?: readonly string[] | undefined;
  readonly uris?: readonly string[] | undefined;
  readonly emails?: readonly string[] | undefined;
}

/**
 * O before CN, so that the string form of RFC 4514, which reads backwards, is `CN=…,O=…`.
 * Values are put in as they are: a comma or `#` in a name never becomes syntax.
 */
export function distinguishedName({ commonName, organization }: Subject): x509.Name {
  if (commonName === '') throw new TypeError('commonName must not be empty');
  const attributes = organization === undefined ? [] : [{ O: [{ utf8String: organization }] }];
  return new x509.Name([...attributes, { CN: [{ utf8String: commonName }] }]);
}

/** The subjectAltName extension, or nothing when there is no name to put in it. */
export function alternativeNames(names: AlternativeNames): x509.Extension[] {
  const items: x509.JsonGeneralNames = [
    ...(names.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value: ascii(value) })),
    ...(names.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value: address(value) })),
    ...(names.uris ?? []).map((value) => ({ type: 'url' as const, value: ascii(value) })),
    ...(names.emails ?? []).map((value) => ({ type: 'email' as const, value: ascii(value) })),
  ];
  return items.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(items)];
}

// RFC 5280 §4.2.1.6: dNSName, rfc822Name and URI are IA5String. The library would write any other
// character as a wrong byte, so internationalized names must come in their ASCII form.
function ascii(value: string): string {
  if (!/^[\x21-\x7e]+$/.test(value)) throw new TypeError('a name must be printable ASCII without spaces');
  return value;
}

function address(value: string): string {
  if (isIP(value) === 0 || value.includes('%')) throw new TypeError('an IP address must be IPv4 or IPv6');
  return value;
}
