import { newJti } from './jti.ts';

export interface Claims {
  readonly htm: string;
  /** A URI (RFC 3986 §2): nothing in it is escaped in JSON. */
  readonly htu: string;
  /** NumericDate, in whole seconds. */
  readonly iat: number;
  /** base64url. */
  readonly ath: string | undefined;
  readonly nonce: string | undefined;
}

const PLAIN = /^[\x20\x21\x23-\x5B\x5D-\x7E]*$/; // RFC 8259 §7: ASCII of which nothing is escaped

/** The payload segment of a proof (RFC 9449 §4.2) with a new jti. Put together by hand: no object, no walk over it. */
export function payloadSegment({ htm, htu, iat, ath, nonce }: Claims): string {
  const bound = ath === undefined ? '' : `,"ath":"${ath}"`;
  const fresh = nonce === undefined ? '' : `,"nonce":${quoted(nonce)}`;
  const json = `{"jti":"${newJti()}","htm":${quoted(htm)},"htu":"${htu}","iat":${iat}${bound}${fresh}}`;
  return Buffer.from(json).toString('base64url');
}

function quoted(text: string): string {
  return typeof text === 'string' && PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}
