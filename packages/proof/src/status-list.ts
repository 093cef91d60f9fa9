import { deflateSync, inflateSync } from 'node:zlib';
import { decodeBase64url } from './base64url.ts';
import { HoldfastError } from './errors.ts';
import { isJsonObject, type JsonObject } from './jws.ts';

/** Where the status of a token is: Token Status List §6.2. */
export interface StatusReference {
  /** Place in the list, from 0 on. */
  readonly idx: number;
  /** The list: an https URL without fragment, as the issuer spells it. */
  readonly uri: string;
}

/** Token Status List §7.1. Others mean nothing here. */
export const STATUS = { valid: 0, invalid: 1, suspended: 2 } as const;

/** The statuses of many tokens, unpacked: Token Status List §4.1. */
export interface StatusList {
  /** How many bits a status takes. */
  readonly bits: 1 | 2 | 4 | 8;
  readonly octets: Uint8Array;
}

/** A list as JSON has it: Token Status List §4.2. */
export interface EncodedStatusList {
  readonly bits: StatusList['bits'];
  /** base64url of the octets in ZLIB format. */
  readonly lst: string;
}

const LARGEST = 1024 * 1024; // octets of an unpacked list: eight million tokens at one bit
const LONGEST_URI = 2048; // characters
const URI = /^https:\/\/(?=[A-Za-z0-9[])[A-Za-z0-9\-._~:/?[\]@!$&'()*+,;=%]+$/; // RFC 3986 §2

/** A list of so many tokens, all of them valid. It has room for the whole last octet. */
export function createStatusList(bits: StatusList['bits'], size: number): StatusList {
  return { bits, octets: new Uint8Array(Math.ceil((size * bits) / 8)) };
}

/** The status at a place; undefined beyond the end of the list. */
export function statusAt({ bits, octets }: StatusList, idx: number): number | undefined {
  const perOctet = 8 / bits;
  const octet = octets[Math.floor(idx / perOctet)];
  // Token Status List §4.1 (3): from the least significant bit on
  return octet === undefined ? undefined : (octet >> ((idx % perOctet) * bits)) & (2 ** bits - 1);
}

/** Throws RangeError for a place or a status that the list does not have. */
export function setStatus({ bits, octets }: StatusList, idx: number, status: number): void {
  const perOctet = 8 / bits;
  const octet = octets[Math.floor(idx / perOctet)];
  const mask = 2 ** bits - 1;
  if (octet === undefined || !Number.isInteger(idx)) throw new RangeError('idx: beyond the list');
  if (!Number.isInteger(status) || status < 0 || status > mask) throw new RangeError('status: more than its bits');
  const shift = (idx % perOctet) * bits;
  octets[Math.floor(idx / perOctet)] = (octet & ~(mask << shift)) | (status << shift);
}

/** Token Status List §4.1 (4), §4.2. */
export function encodeStatusList({ bits, octets }: StatusList): EncodedStatusList {
  return { bits, lst: deflateSync(octets, { level: 9 }).toString('base64url') };
}

/**
 * Reads the `status_list` of a list, or throws `issuer_unavailable`. Never unpacks more than a mebibyte, whatever it
 * takes. NOT checked: whose list it is.
 */
export function decodeStatusList(value: unknown): StatusList {
  if (!isJsonObject(value)) throw unusable('status_list');
  const { bits, lst } = value;
  if (bits !== 1 && bits !== 2 && bits !== 4 && bits !== 8) throw unusable('bits');
  const packed = typeof lst === 'string' ? decodeBase64url(lst) : undefined;
  const octets = packed && unpack(packed);
  if (octets === undefined) throw unusable('lst');
  return { bits, octets };
}

/**
 * Where the claims of a token say that its status is; undefined when they name no list. Throws `token_claims` for one that
 * cannot be found. NOT checked: whether the issuer may refer to that list.
 */
export function readStatusReference({ status }: JsonObject): StatusReference | undefined {
  if (status === undefined) return undefined;
  if (!isJsonObject(status)) throw new HoldfastError('token_claims', { detail: 'status' });
  const { status_list: list } = status;
  if (list === undefined) return undefined; // Token Status List §6.1: there may be other mechanisms
  if (!isJsonObject(list)) throw new HoldfastError('token_claims', { detail: 'status_list' });
  const { idx, uri } = list;
  if (typeof idx !== 'number' || !Number.isSafeInteger(idx) || idx < 0) {
    throw new HoldfastError('token_claims', { detail: 'status_list.idx' });
  }
  if (typeof uri !== 'string' || !isListUri(uri))
    throw new HoldfastError('token_claims', { detail: 'status_list.uri' });
  return { idx, uri };
}

/** The octets of one whole ZLIB stream (RFC 1950) with nothing after it; undefined for anything else. */
function unpack(packed: Buffer): Uint8Array | undefined {
  try {
    const options = { maxOutputLength: LARGEST, info: true };
    // Told as an object with `info`, which the types do not know
    const told = inflateSync(packed, options) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    return told.engine.bytesWritten === packed.length ? told.buffer : undefined;
  } catch {
    return undefined;
  }
}

// No fragment, which nobody could fetch, and no user information, which makes one host look like another
function isListUri(uri: string): boolean {
  if (uri.length > LONGEST_URI || !URI.test(uri)) return false;
  const url = URL.parse(uri);
  return url !== null && url.username === '' && url.password === '';
}

function unusable(detail: string): HoldfastError {
  return new HoldfastError('issuer_unavailable', { detail });
}
