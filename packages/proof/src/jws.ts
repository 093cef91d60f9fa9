import { isUtf8 } from 'node:buffer';
import { decodeBase64url } from './base64url.ts';
import { HoldfastError } from './errors.ts';
import type { Code } from './refusals.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether what was parsed is an object: RFC 8259 §4. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A compact JWS that was taken apart and whose header and payload are JSON objects. Nothing is verified. */
export interface Jws {
  readonly header: JsonObject;
  readonly payload: JsonObject;
  /** What the signature is over: header segment, dot, payload segment. */
  readonly signingInput: string;
  readonly signature: Buffer;
}

/** The three segments of a compact JWS, as they came. */
export interface Segments {
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
  /** RFC 7515 §5.1: header, dot and payload. */
  readonly signingInput: string;
}

/**
 * Reads a compact JWS (RFC 7515 §3.1, §5.2) with strict base64url and strict UTF-8, or throws `refusal`.
 * Of members that occur twice the last one counts, everywhere (RFC 7515 §4).
 * NOT checked: typ, alg, the signature, any claim.
 */
export function readJws(compact: string, refusal: Code): Jws {
  const segments = splitJws(compact, refusal);
  return {
    signature: readSignature(segments, refusal),
    header: readHeader(segments, refusal),
    payload: readPayload(segments, refusal),
    signingInput: segments.signingInput,
  };
}

export function splitJws(compact: string, refusal: Code): Segments {
  const first = compact.indexOf('.');
  const second = compact.indexOf('.', first + 1);
  if (first === -1 || second === -1 || compact.includes('.', second + 1)) {
    throw new HoldfastError(refusal, { detail: 'not three segments' });
  }
  return {
    header: compact.slice(0, first),
    payload: compact.slice(first + 1, second),
    signature: compact.slice(second + 1),
    signingInput: compact.slice(0, second),
  };
}

export function readSignature({ signature }: Segments, refusal: Code): Buffer {
  const octets = decodeBase64url(signature);
  if (octets === undefined) throw new HoldfastError(refusal, { detail: 'signature is not base64url' });
  return octets;
}

export function readHeader({ header: segment }: Segments, refusal: Code): JsonObject {
  const header = readObject(segment, 'header', refusal);
  // RFC 7515 §4.1.11: an extension that is not understood refuses the JWS, and none is understood here.
  if ('crit' in header) throw new HoldfastError(refusal, { detail: 'crit' });
  // RFC 7797 §7: JWTs never use b64.
  if ('b64' in header) throw new HoldfastError(refusal, { detail: 'b64' });
  return header;
}

export function readPayload({ payload }: Segments, refusal: Code): JsonObject {
  return readObject(payload, 'payload', refusal);
}

function readObject(segment: string, part: string, refusal: Code): JsonObject {
  const bytes = decodeBase64url(segment);
  if (bytes === undefined) throw new HoldfastError(refusal, { detail: `${part} is not base64url` });
  const value = parse(bytes);
  if (!isJsonObject(value)) {
    throw new HoldfastError(refusal, { detail: `${part} is not a JSON object` });
  }
  return value;
}

function parse(bytes: Buffer): unknown {
  // Asked first: a decoder that throws would make garbage dear
  if (!isUtf8(bytes)) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8')); // which keeps a byte order mark, and JSON refuses it
  } catch {
    return undefined;
  }
}
