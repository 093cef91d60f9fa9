import type { HoldfastError, HttpMessage, Nonces } from '@holdfast/proof';
import { attemptedScheme } from './credential.ts';

export interface ChallengeOptions {
  readonly algorithms: readonly string[];
  readonly nonces: Nonces | undefined;
}

const RETRY_AFTER = '1'; // seconds

/**
 * The response headers of a refusal: RFC 9449 §7.1–7.2, §9, RFC 6750 §3. Only the attempted scheme carries the error;
 * without an attempt there is none. At most one DPoP-Nonce, and never a cacheable one (RFC 9449 §8.2).
 */
export function challenge(
  message: HttpMessage,
  refusal: HoldfastError,
  { algorithms, nonces }: ChallengeOptions,
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = { 'Cache-Control': 'no-store' };
  if (refusal.status === 503) headers['Retry-After'] = RETRY_AFTER;
  if (refusal.status >= 500) return headers;
  const scheme = attemptedScheme(message);
  headers['WWW-Authenticate'] = challenges(scheme, refusal, algorithms);
  if (nonces !== undefined && scheme !== 'Bearer') headers['DPoP-Nonce'] = nonces.current();
  return headers;
}

function challenges(
  scheme: 'DPoP' | 'Bearer' | undefined,
  refusal: HoldfastError,
  algorithms: readonly string[],
): string {
  const algs = `algs="${algorithms.join(' ')}"`;
  const error = errorParameters(refusal);
  // A DPoP challenge stands alone: clients in the field miss a nonce challenge that has company.
  if (scheme === 'DPoP') return `DPoP ${[...error, algs].join(', ')}`;
  if (scheme === 'Bearer') return `Bearer ${[...error, `DPoP ${algs}`].join(', ')}`;
  return error.length === 0
    ? `DPoP ${algs}, Bearer`
    : `DPoP ${[...error, algs].join(', ')}, Bearer ${error.join(', ')}`;
}

// Sentences and details are our own words: no quote, no backslash, nothing of the request.
function errorParameters({ error, code, message, detail }: HoldfastError): string[] {
  if (error === undefined) return [];
  const parameters = [`error="${error}"`, `error_description="${message} (${code})"`];
  return code === 'scope_insufficient' ? [...parameters, `scope="${detail}"`] : parameters;
}
