import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ENTRIES, type Entry, filePair } from './layout.ts';
import { DAY } from './validity.ts';

/** A set that can be used until `validUntil`, or the first thing found wrong with it. */
export type Standing =
  | { readonly sound: true; readonly validUntil: Date }
  | { readonly sound: false; readonly fault: string };

/**
 * Reads the whole set and judges it with node:crypto, which shares no code with the library that made it.
 * NOT checked: file modes.
 */
export async function checkSet(directory: string, now: Date): Promise<Standing> {
  const certificates = new Map<string, X509Certificate>();
  for (const entry of ENTRIES) {
    const certificate = await readPair(directory, entry.stem);
    if (certificate === undefined) return unsound(entry, 'is missing, damaged, or has the key of another');
    certificates.set(entry.stem, certificate);
  }
  let validUntil = Number.POSITIVE_INFINITY;
  for (const entry of ENTRIES) {
    const certificate = found(certificates, entry.stem);
    if (!matchesEntry(certificate, entry)) return unsound(entry, 'has another name or purpose');
    const issuer = found(certificates, entry.signedBy ?? entry.stem);
    if (!certificate.verify(issuer.publicKey)) return unsound(entry, 'is not signed by its authority');
    if (!isTimely(certificate, entry, now)) return unsound(entry, 'is at the wrong time of its life');
    if (entry.time === undefined) validUntil = Math.min(validUntil, certificate.validToDate.getTime());
  }
  return { sound: true, validUntil: new Date(validUntil) };
}

async function readPair(directory: string, stem: string): Promise<X509Certificate | undefined> {
  const paths = filePair(directory, stem);
  try {
    const certificate = new X509Certificate(await readFile(paths.certificate));
    const key = createPrivateKey(await readFile(paths.key));
    return certificate.checkPrivateKey(key) ? certificate : undefined;
  } catch {
    // Whatever the cause, the remedy is a new set; a folder that cannot be written says so then.
    return undefined;
  }
}

function matchesEntry(certificate: X509Certificate, entry: Entry): boolean {
  const organization = entry.organization === undefined ? '' : `O=${entry.organization}\n`;
  return (
    certificate.subject === `${organization}CN=${entry.commonName}` &&
    certificate.ca === (entry.kind === 'authority') &&
    (entry.kind === 'authority' || certificate.keyUsage?.join() === PURPOSE[entry.kind]) &&
    (entry.dnsNames ?? []).every((name) => certificate.checkHost(name, { subject: 'never' }) !== undefined) &&
    (entry.ipAddresses ?? []).every((address) => certificate.checkIP(address) !== undefined)
  );
}

function isTimely(certificate: X509Certificate, entry: Entry, now: Date): boolean {
  const start = certificate.validFromDate.getTime();
  const end = certificate.validToDate.getTime();
  const time = now.getTime();
  if (entry.time === 'past') return end < time;
  if (entry.time === 'future') return start > time + DAY;
  return start <= time && end >= time + DAY;
}

function found(certificates: ReadonlyMap<string, X509Certificate>, stem: string): X509Certificate {
  const certificate = certificates.get(stem);
  if (certificate === undefined) throw new TypeError(`${stem} is not in the layout`);
  return certificate;
}

function unsound(entry: Entry, fault: string): Standing {
  return { sound: false, fault: `${entry.stem}.pem ${fault}` };
}

const serverAuth = '1.3.6.1.5.5.7.3.1';
const clientAuth = '1.3.6.1.5.5.7.3.2';
const PURPOSE = { server: serverAuth, client: clientAuth, selfSigned: clientAuth };
