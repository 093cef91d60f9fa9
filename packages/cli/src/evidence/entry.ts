import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import type { JsonObject } from '@holdfast/proof';
import type { OrderEvidence } from '@holdfast/venue';
import { isOpening, isOrder } from './entry-shape.ts';

/*
 * A line of a file of evidence is one JSON object as JSON.stringify writes it, with the members seq, at, prev, then opened or
 * order, and hash at its end: SHA-256 over the octets of the line before `,"hash":`, so that nothing has to be put into a
 * canonical form to be hashed. `prev` is the hash of the line before; that makes the lines a chain.
 */

export const FORMAT = 'holdfast-evidence-1';

/** Octets of a line. Fields of a request, body and certificate take a quarter of it at most. */
export const LONGEST_LINE = 1024 * 1024;

/** A process has opened the file: the first line of all, and the first one of each process that goes on with it. */
export interface Opening {
  readonly format: typeof FORMAT;
  /** Of the venue's listeners, normal form: what is asked from here on is asked there. */
  readonly origins: readonly string[];
  /** What the process found behind the last whole line: a line that another one could not finish. */
  readonly torn?: { readonly octets: number; readonly sha256: string };
}

/** An accepted order, as it is written. Octets are in base64url. */
export interface OrderEntry {
  readonly asked: Omit<OrderEvidence['asked'], 'content'> & { readonly content: string };
  readonly token: OrderEvidence['token'];
  readonly certificate?: string;
  readonly answered: OrderEvidence['answered'];
}

interface Link {
  /** From 0 on, without a gap. */
  readonly seq: number;
  /** ISO 8601, UTC, with milliseconds. */
  readonly at: string;
  /** The hash of the line before; null on the first one. */
  readonly prev: string | null;
}

export type Content = { readonly opened: Opening } | { readonly order: OrderEntry };
export type Entry = Link & Content & { readonly hash: string };

/** A line as it is found. The hash is worked out, and may be another one than the line says. */
export interface ReadEntry {
  readonly entry: Entry;
  readonly hash: string;
}

/** A line with its line feed, and its hash. */
export function writeEntry(
  { seq, at, prev }: Link,
  content: Content,
): { readonly line: string; readonly hash: string } {
  const body = JSON.stringify({ seq, at, prev, ...content }).slice(0, -1);
  const digest = sha256(body);
  return { line: `${body},"hash":"${digest}"}\n`, hash: digest };
}

export function orderEntry({ asked, token, certificate, answered }: OrderEvidence): OrderEntry {
  return {
    asked: { ...asked, content: base64url(asked.content) },
    token,
    ...(certificate === undefined ? {} : { certificate: base64url(certificate) }),
    answered,
  };
}

/** Reads a line without its line feed; undefined for what is no entry, to the letter. NOT checked: its hash and place. */
export function readEntry(line: Buffer): ReadEntry | undefined {
  const text = line.toString('utf8');
  const [, stated] = HASH.exec(text) ?? [];
  const value = stated === undefined ? undefined : parse(text);
  // The only spelling, which leaves no room for members that occur twice
  if (value === undefined || JSON.stringify(value) !== text || !isUtf8(line) || !isEntry(value)) return undefined;
  return { entry: value, hash: sha256(line.subarray(0, line.length - HASH_LENGTH)) };
}

export function sha256(octets: Uint8Array | string): string {
  return hash('sha256', octets, 'base64url');
}

const HASH = /,"hash":"([A-Za-z0-9_-]{43})"\}$/;
const HASH_LENGTH = ',"hash":"'.length + 43 + '"}'.length;

function base64url(octets: Uint8Array): string {
  return Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('base64url');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const { seq, at, prev, opened, order, hash: stated, ...others } = value as JsonObject;
  if (!Number.isSafeInteger(seq) || (seq as number) < 0 || typeof stated !== 'string') return false;
  if (typeof at !== 'string' || !TIME.test(at) || Number.isNaN(Date.parse(at))) return false;
  if (seq === 0 ? prev !== null : typeof prev !== 'string') return false;
  const isOne = order === undefined ? isOpening(opened) : opened === undefined && isOrder(order);
  return isOne && (seq !== 0 || order === undefined) && Object.keys(others).length === 0;
}
