import { hash, timingSafeEqual } from 'node:crypto';
import { type Code, type Credential, HoldfastError, type HttpMessage, readCredential } from '@holdfast/proof';

/**
 * The one Bearer token of a request (RFC 6750 §2.1); without one it is `refusal`. `headers` of the refusal hold its
 * challenge, which names no error when no token was shown (RFC 6750 §3.1).
 */
export function readBearer(request: HttpMessage, refusal: Code): string {
  const credential = read(request);
  if (credential?.scheme !== 'Bearer') throw challenged(refusal, 'Bearer');
  return credential.token;
}

/** Matches a token to the hashes (SHA-256, base64url) of those that are good, in a time that tells nothing, or throws. */
export function matchToken(token: string, hashes: readonly string[], refusal: Code): void {
  const given = Buffer.from(hashToken(token));
  const matches = hashes.map((each) => each.length === given.length && timingSafeEqual(Buffer.from(each), given));
  if (!matches.includes(true)) throw tokenRefused(refusal);
}

/** RFC 6750 §3.1: that a token was shown and is not good. */
export function tokenRefused(refusal: Code): HoldfastError {
  return challenged(refusal, 'Bearer error="invalid_token"');
}

export function hashToken(token: string): string {
  return hash('sha256', token, 'base64url');
}

function read(request: HttpMessage): Credential | undefined {
  try {
    return readCredential(request, () => false);
  } catch (thrown) {
    // Nothing was shown, or nothing that would do here
    if (thrown instanceof HoldfastError && thrown.error === undefined) return undefined;
    throw thrown;
  }
}

function challenged(code: Code, challenge: string): HoldfastError {
  const refusal = new HoldfastError(code);
  refusal.headers = { 'WWW-Authenticate': challenge };
  return refusal;
}
