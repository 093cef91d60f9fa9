import { type Clock, type HoldfastError, seconds } from '@holdfast/proof';
import type { Client } from '../client/clients.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { signJwt } from '../keys/sign-jwt.ts';
import type { AuthorizationRequest } from './authorization-request.ts';

/** RFC 6749 §4.1.2, §4.1.2.1. */
export type AuthorizationResult =
  | { readonly code: string }
  | { readonly error: string; readonly error_description: string };

export interface ResponseOptions {
  readonly issuer: string;
  readonly keys: KeyRing;
  readonly clock: Clock;
}

const LIFETIME = 300; // seconds that a signed response is good: JARM §2.1 wants it short, the suite 10 s to 10 min

export function refusalResult({ error = 'server_error', message }: HoldfastError): AuthorizationResult {
  return { error, error_description: message };
}

/** Where the browser goes with the answer: RFC 6749 §4.1.2, RFC 9207 §2, JARM §2.3.1. To the redirect_uri and nowhere else. */
export async function responseLocation(
  request: AuthorizationRequest,
  result: AuthorizationResult,
  client: Client,
  { issuer, keys, clock }: ResponseOptions,
): Promise<string> {
  const state = request.state === undefined ? {} : { state: request.state };
  if (request.responseMode === 'query') return withQuery(request.redirectUri, { ...result, ...state, iss: issuer });
  const key = keys.current(client.metadata.authorization_signed_response_alg);
  const iat = seconds(clock);
  const claims = { iss: issuer, aud: client.clientId, iat, exp: iat + LIFETIME, ...result, ...state };
  return withQuery(request.redirectUri, { response: await signJwt(key, { typ: 'JWT' }, claims) });
}

/** RFC 6749 §3.1.2: the query that the client registered stays as it is. */
function withQuery(uri: string, parameters: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(parameters).toString();
  return `${uri}${uri.includes('?') ? '&' : '?'}${query}`;
}
