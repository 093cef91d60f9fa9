import { decodeBase64url } from './base64url.ts';
import { type Code, HoldfastError } from './errors.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** A compact JWS that was taken apart and whose header and payload are JSON objects. Nothing is verified. */
export interface Jws {
  readonly header: JsonObject;
  readonly payload: JsonObject;
  /** What the signature is over: header segment, dot, payload segment. */
  readonly signingInput: string;
  readonly signature: Buffer;
}

// ignoreBOM keeps a byte order mark in the text, where JSON.parse refuses it.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a compact JWS (RFC 7515 §3.1, §5.2) with strict base64url and strict UTF-8, or throws `refusal`.
 * Of members that occur twice the last one counts, everywhere (RFC 7515 §4).
 * NOT checked: typ, alg, the signature, any claim.
 */
export function readJws(compact: string, refusal: Code): Jws {
  const segments = compact.split('.', 4);
  const [header = '', payload = '', signature = ''] = segments;
  if (segments.length !== 3) throw new HoldfastError(refusal, { detail: 'not three segments' });
  const decoded = decodeBase64url(signature);
  if (decoded === undefined) throw new HoldfastError(refusal, { detail: 'signature is not base64url' });
  const jws = {
    header: readObject(header, 'header', refusal),
    payload: readObject(payload, 'payload', refusal),
    signingInput: `${header}.${payload}`,
    signature: decoded,
  };
  // RFC 7515 §4.1.11: an extension that is not understood refuses the JWS, and none is understood here.
  if ('crit' in jws.header) throw new HoldfastError(refusal, { detail: 'crit' });
  // RFC 7797 §7: JWTs never use b64.
  if ('b64' in jws.header) throw new HoldfastError(refusal, { detail: 'b64' });
  return jws;
}

function readObject(segment: string, part: string, refusal: Code): JsonObject {
  const bytes = decodeBase64url(segment);
  if (bytes === undefined) throw new HoldfastError(refusal, { detail: `${part} is not base64url` });
  const value = parse(bytes);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new HoldfastError(refusal, { detail: `${part} is not a JSON object` });
  }
  return value as JsonObject;
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(utf8.decode(bytes));
  } catch {
    return undefined;
  }
}
