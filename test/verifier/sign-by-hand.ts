import { constants, createHash, type KeyObject, sign } from 'node:crypto';
import type { HttpMessage } from '@holdfast/proof';
import { ORIGIN } from './scene.ts';

/*
 * Message signatures (RFC 9421) by bare node:crypto and plain strings, so that a test can say anything in them and shares no
 * code with what it tests.
 */

export interface Signer {
  readonly privateKey: KeyObject;
  readonly keyid: string;
  /** What signs a base. Default: ES256 with raw r and s. */
  readonly sign?: (base: Buffer, key: KeyObject) => Buffer;
}

export interface Signing {
  readonly created: number;
  readonly body?: string | Uint8Array;
  /** Names as they are written in the list, parameters and all. Default: what FAPI wants of this message. */
  readonly covered?: readonly string[];
  /** Beside those. */
  readonly more?: readonly string[];
  /** Default: created, keyid and tag, in this order. */
  readonly parameters?: string;
  readonly label?: string;
  /** What the base says of a component instead of what the message has. */
  readonly values?: Readonly<Record<string, string>>;
  /** What Content-Digest says. Default: the sha-256 of the body; nothing without one. */
  readonly digest?: string | undefined;
}

export const P1363 = (base: Buffer, key: KeyObject) => sign('sha256', base, { key, dsaEncoding: 'ieee-p1363' });
export const DER = (base: Buffer, key: KeyObject) => sign('sha256', base, key);
export const PURE = (base: Buffer, key: KeyObject) => sign(null, base, key);
export const PSS = (digest: string, saltLength: number) => (base: Buffer, key: KeyObject) =>
  sign(digest, base, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });

export function digestOf(body: string | Uint8Array, algorithm: 'sha256' | 'sha512' | 'md5' = 'sha256'): string {
  const name = { sha256: 'sha-256', sha512: 'sha-512', md5: 'md5' }[algorithm];
  return `${name}=:${createHash(algorithm).update(body).digest('base64')}:`;
}

/** The message with its digest, and the two fields of one signature. */
export function signed(message: HttpMessage, signer: Signer, signing: Signing): HttpMessage {
  const digest = 'digest' in signing ? signing.digest : signing.body === undefined ? undefined : digestOf(signing.body);
  const fields = digest === undefined ? [] : ['Content-Digest', digest];
  const whole = { ...message, headers: [...message.headers, ...fields] };
  const { input, signature } = memberOf(whole, signer, signing);
  return withFields(whole, { 'Signature-Input': input, Signature: signature });
}

export function withFields(message: HttpMessage, fields: Readonly<Record<string, string>>): HttpMessage {
  return { ...message, headers: [...message.headers, ...Object.entries(fields).flat()] };
}

/** The members of the two fields that belong to one signature. */
export function memberOf(message: HttpMessage, signer: Signer, signing: Signing): { input: string; signature: string } {
  const { label = 'sig', created, more = [], values = {} } = signing;
  const covered = [...(signing.covered ?? wantedOf(message)), ...more];
  const { parameters = `;created=${created};keyid="${signer.keyid}";tag="fapi-2-request"` } = signing;
  const list = `(${covered.join(' ')})${parameters}`;
  const lines = covered.map((name) => `${name}: ${values[name] ?? valueOfComponent(message, name)}`);
  const base = Buffer.from([...lines, `"@signature-params": ${list}`].join('\n'), 'latin1');
  const octets = (signer.sign ?? P1363)(base, signer.privateKey);
  return { input: `${label}=${list}`, signature: `${label}=:${octets.toString('base64')}:` };
}

export function wantedOf(message: HttpMessage): string[] {
  const sent = ['authorization', 'dpop', 'content-digest'].filter((name) => linesOf(message, name).length > 0);
  return ['@method', '@target-uri', ...sent].map((name) => `"${name}"`);
}

function linesOf({ headers }: HttpMessage, name: string): string[] {
  return headers.filter((_, at) => at % 2 === 1 && headers[at - 1]?.toLowerCase() === name);
}

function valueOfComponent(message: HttpMessage, written: string): string {
  const name = written.replace(/^"|".*$/g, '');
  if (name === '@method') return message.method;
  if (name === '@target-uri') return ORIGIN + message.target;
  return linesOf(message, name).join(', ');
}
