import type { AttributeTypeAndValue, Name } from '@peculiar/asn1-x509';

/** One relative distinguished name: attribute OID → values, prepared for comparison. */
type Rdn = readonly string[];

/** A name as a sequence of relative names, in the order of the certificate. */
export type DistinguishedName = readonly Rdn[];

// RFC 4514 §3, RFC 4519, RFC 2985: the short names that people write
const OIDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    cn: '2.5.4.3',
    sn: '2.5.4.4',
    serialnumber: '2.5.4.5',
    c: '2.5.4.6',
    l: '2.5.4.7',
    st: '2.5.4.8',
    street: '2.5.4.9',
    o: '2.5.4.10',
    ou: '2.5.4.11',
    title: '2.5.4.12',
    givenname: '2.5.4.42',
    dnqualifier: '2.5.4.46',
    organizationidentifier: '2.5.4.97',
    uid: '0.9.2342.19200300.100.1.1',
    dc: '0.9.2342.19200300.100.1.25',
    emailaddress: '1.2.840.113549.1.9.1',
  }),
);

const ATTRIBUTE = /^ *([A-Za-z][A-Za-z0-9-]*|\d+(?:\.\d+)+)=/;
// An octet pair, an escaped special, or a character that needs no escape (RFC 4514 §3)
const CHARACTER = /^(?:\\([0-9A-Fa-f]{2})|\\([ "#+,;<=>\\])|([^"+,;<>\\\0]))/u;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads the string form of a name (RFC 4514): the last relative name of the certificate comes first, as
 * `openssl x509 -subject -nameopt RFC2253` prints it. Undefined for anything that is not in the grammar; values in
 * `#hex` form are not taken.
 */
export function readDistinguishedName(text: string): DistinguishedName | undefined {
  const rdns: string[][] = [[]];
  let rest = text;
  for (;;) {
    const attribute = ATTRIBUTE.exec(rest);
    const oid = attribute === null ? undefined : (OIDS.get(attribute[1]?.toLowerCase() ?? '') ?? dotted(attribute[1]));
    if (attribute === null || oid === undefined) return undefined;
    const value = readValue(rest.slice(attribute[0].length));
    if (value === undefined) return undefined;
    rdns.at(-1)?.push(assertion(oid, value.text));
    if (value.rest === '') return rdns.map((rdn) => rdn.sort()).reverse();
    if (value.rest.startsWith(',')) rdns.push([]);
    else if (!value.rest.startsWith('+')) return undefined;
    rest = value.rest.slice(1);
  }
}

/** The subject of a certificate in the same form. */
export function fromCertificateName(name: Name): DistinguishedName {
  return [...name].map((rdn) => [...rdn].map(fromCertificateAttribute).sort());
}

/** RFC 4517 §4.2.15 distinguishedNameMatch: same relative names in the same order, whatever the string types. */
export function isSameName(a: DistinguishedName, b: DistinguishedName): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

// What is no string is written as the hex of its DER, which must not pass for a string of such letters
function fromCertificateAttribute({ type, value }: AttributeTypeAndValue): string {
  return value.anyValue === undefined ? assertion(type, value.toString()) : `${type}#${value.toString()}`;
}

// RFC 4517 §4.2.11 caseIgnoreMatch with the preparation of RFC 4518: compatible forms, case and runs of space are one
function assertion(oid: string, value: string): string {
  return `${oid}=${value.normalize('NFKC').toLowerCase().trim().replace(/\s+/gu, ' ')}`;
}

function dotted(type: string | undefined): string | undefined {
  return type !== undefined && /^\d/.test(type) ? type : undefined;
}

function readValue(text: string): { text: string; rest: string } | undefined {
  if (text.startsWith('#')) return undefined;
  const octets: Buffer[] = [];
  let rest = text;
  while (rest !== '' && rest[0] !== ',' && rest[0] !== '+') {
    const match = CHARACTER.exec(rest);
    if (match === null) return undefined;
    const [whole, pair, special, plain] = match;
    octets.push(pair === undefined ? Buffer.from(special ?? plain ?? '') : Buffer.from(pair, 'hex'));
    rest = rest.slice(whole.length);
  }
  const value = decodeUtf8(Buffer.concat(octets));
  return value === undefined || value === '' ? undefined : { text: value, rest };
}

function decodeUtf8(octets: Uint8Array): string | undefined {
  try {
    return utf8.decode(octets);
  } catch {
    return undefined;
  }
}
