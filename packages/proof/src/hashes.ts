import { hash } from 'node:crypto';

/** RFC 9449 §4.2: base64url(SHA-256(ASCII access token)), the `ath` of a proof that goes with the token. */
export function ath(accessToken: string): string {
  return hash('sha256', accessToken, 'base64url');
}

/** RFC 8705 §3.1: base64url(SHA-256(DER certificate)), the `x5t#S256` of a certificate-bound token. */
export function x5tS256(certificate: Uint8Array): string {
  return hash('sha256', certificate, 'base64url');
}
