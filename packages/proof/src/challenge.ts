import type { Clock } from './clock.ts';
import { attemptedScheme } from './credential.ts';
import type { HoldfastError } from './errors.ts';
import type { HttpMessage } from './message.ts';
import type { Nonces } from './nonce.ts';

export interface ChallengeOptions {
  readonly algorithms: readonly string[];
  /** Given when the sender is to use one. */
  readonly nonces: Nonces | undefined;
  readonly clock: Clock;
  /** Where the metadata of this resource is. */
  readonly metadataUrl: string | undefined;
}

const RETRY_AFTER = '1'; // seconds

/**
 * The response headers of a refusal: RFC 9449 §7.1–7.2, §9, RFC 6750 §3. Only the attempted scheme carries the error;
 * without an attempt there is none. At most one DPoP-Nonce, and never a cacheable one (RFC 9449 §8.2).
 */
export function challenge(
  message: HttpMessage,
  refusal: HoldfastError,
  { algorithms, nonces, clock, metadataUrl }: ChallengeOptions,
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = { 'Cache-Control': 'no-store' };
  // A client whose clock is wrong can learn by how much
  if (refusal.skew !== undefined) headers['Date'] = new Date(clock()).toUTCString();
  if (refusal.status === 503) headers['Retry-After'] = RETRY_AFTER;
  if (refusal.status >= 500) return headers;
  const scheme = attemptedScheme(message);
  headers['WWW-Authenticate'] = challenges(scheme, errorParameters(refusal), {
    algs: `algs="${algorithms.join(' ')}"`,
    common: metadataUrl === undefined ? '' : `resource_metadata="${metadataUrl}"`,
  });
  if (nonces !== undefined && scheme !== 'Bearer') headers['DPoP-Nonce'] = nonces.current();
  return headers;
}

/** Each is a list of auth-params (RFC 9110 §11.2), as it is written; empty for none. */
interface Parameters {
  readonly algs: string;
  /** RFC 9728 §5.1: resource_metadata, whatever the scheme. */
  readonly common: string;
}

function challenges(scheme: 'DPoP' | 'Bearer' | undefined, error: string, { algs, common }: Parameters): string {
  const both = listOf(error, common);
  // A DPoP challenge stands alone: clients in the field miss a nonce challenge that has company.
  const dpop = `DPoP ${listOf(both, algs)}`;
  if (scheme === 'DPoP') return dpop;
  const bearer = both === '' ? 'Bearer' : `Bearer ${both}`;
  if (scheme === 'Bearer') return `${bearer}, DPoP ${listOf(common, algs)}`;
  return `${dpop}, ${bearer}`;
}

// No array is joined: a flood of garbage pays for every one
function listOf(some: string, more: string): string {
  if (some === '') return more;
  return more === '' ? some : `${some}, ${more}`;
}

// Sentences and details are our own words: no quote, no backslash, nothing of the request.
function errorParameters({ error, code, message, detail }: HoldfastError): string {
  if (error === undefined) return '';
  const parameters = `error="${error}", error_description="${message} (${code})"`;
  return code === 'scope_insufficient' ? `${parameters}, scope="${detail}"` : parameters;
}
