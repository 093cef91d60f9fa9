import type { HoldfastError, Nonces } from '@holdfast/proof';
import { HSTS } from './pages/security-headers.ts';

/** A plain answer, for whatever server sends it. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Why it was refused; undefined when it was not. For logs. */
  readonly refusal?: HoldfastError;
}

/** RFC 6749 §5.1, RFC 7662 §2.2, RFC 7591 §3.2.1: answers are JSON, and nothing of them is cached. */
const UNCACHED = { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' };

export function publicDocument(document: object): Reply {
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=60' },
    body: JSON.stringify(document),
  };
}

/** RFC 9126 §2.2, RFC 7591 §3.2.1. */
export function created(body: object, nonce?: string): Reply {
  return { ...success(body, nonce), status: 201 };
}

const REDIRECT = { 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer', ...HSTS };

/** FAPI 2.0 §5.3.2.2: 303, so that no browser sends a password on. */
export function redirect(location: string, headers: Readonly<Record<string, string>> = {}): Reply {
  return {
    status: 303,
    headers: { Location: location, ...REDIRECT, ...headers },
    body: '',
  };
}

export function page(status: number, headers: Readonly<Record<string, string>>, body: string): Reply {
  return { status, headers, body };
}

/** An answer to one program. RFC 9449 §8.2: the next nonce rides along, where there is one. */
export function success(body: object, nonce: string | undefined): Reply {
  return { status: 200, headers: { ...UNCACHED, ...nonceHeader(nonce) }, body: JSON.stringify(body) };
}

/** RFC 6749 §5.2, RFC 9449 §5, §8: one error, at most one nonce. `code` is our stable reason. */
export function failure(refusal: HoldfastError, nonces: Nonces | undefined): Reply {
  const { error, message, code, issuerStatus } = refusal;
  const headers = {
    ...UNCACHED,
    ...(issuerStatus === 503 ? { 'Retry-After': '1' } : {}),
    // RFC 6749 §5.2: a client that tried the Authorization field is told so; there is no scheme that would do
    ...(code === 'client_authentication_unsupported' ? { 'WWW-Authenticate': 'Basic realm="not offered"' } : {}),
    ...refusal.headers,
    ...nonceHeader(error === 'use_dpop_nonce' || error === 'invalid_dpop_proof' ? nonces?.current() : undefined),
  };
  return {
    status: issuerStatus,
    headers,
    body: JSON.stringify({ error, error_description: message, code }),
    refusal,
  };
}

function nonceHeader(nonce: string | undefined): Record<string, string> {
  return nonce === undefined ? {} : { 'DPoP-Nonce': nonce };
}
