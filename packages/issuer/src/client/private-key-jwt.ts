import { HoldfastError, type JsonObject, readJws } from '@holdfast/proof';
import { verifyClientSignature } from './client-signature.ts';
import type { Registered } from './clients.ts';

/** The jti of a verified assertion, still to be used up. */
export interface Assertion {
  readonly jti: string;
  /** The last second at which the assertion could be accepted. */
  readonly acceptableUntil: number;
}

export interface AssertionExpectation {
  /** What `aud` may name: the issuer, and by configuration the endpoints (RFC 9126 §2). */
  readonly audiences: readonly string[];
  readonly now: number;
}

const LONGEST = 16_384; // characters
const LONGEST_LIFE = 300; // seconds that exp may lie ahead
const SKEW = 10; // seconds: FAPI 2.0 §5.3.2.1 wants 0 to 10 accepted and more than 60 refused
const TYPES = [undefined, 'jwt', 'client-authentication+jwt'];

/**
 * private_key_jwt: RFC 7523 §3, OIDC Core §9, and FAPI 2.0 §5.3.2.1 where it is stricter. `jti` is not used up here,
 * because a nonce challenge may follow and clients send the same assertion again.
 */
export async function verifyAssertion(
  assertion: string,
  client: Registered,
  { audiences, now }: AssertionExpectation,
): Promise<Assertion> {
  if (assertion.length > LONGEST) throw new HoldfastError('assertion_malformed');
  const jws = readJws(assertion, 'assertion_malformed');
  const { header, payload } = jws;
  const type = typeof header['typ'] === 'string' ? header['typ'].toLowerCase() : header['typ'];
  if (!TYPES.includes(type as string | undefined)) throw new HoldfastError('assertion_alg', { detail: 'typ' });
  await verifyClientSignature(jws, client, client.authentication.token_endpoint_auth_signing_alg, {
    alg: 'assertion_alg',
    signature: 'assertion_signature',
  });
  if (payload['iss'] !== client.clientId) throw new HoldfastError('assertion_claims', { detail: 'iss' });
  if (payload['sub'] !== client.clientId) throw new HoldfastError('assertion_claims', { detail: 'sub' });
  // FAPI 2.0 §5.3.2.1: as a string; an array of one is refused as well
  if (!audiences.some((audience) => audience === payload['aud'])) throw new HoldfastError('assertion_audience');
  const jti = payload['jti'];
  if (typeof jti !== 'string' || jti === '') throw new HoldfastError('assertion_claims', { detail: 'jti' });
  return { jti, acceptableUntil: checkTimes(payload, now) };
}

function checkTimes(payload: JsonObject, now: number): number {
  const { exp, iat, nbf } = payload;
  if (typeof exp !== 'number' || !Number.isFinite(exp)) throw new HoldfastError('assertion_claims', { detail: 'exp' });
  if (exp + SKEW <= now) throw new HoldfastError('assertion_time', { detail: 'exp', skew: exp - now });
  if (exp > now + LONGEST_LIFE + SKEW) throw new HoldfastError('assertion_time', { detail: 'exp', skew: exp - now });
  for (const [detail, value] of Object.entries({ iat, nbf })) {
    if (value === undefined) continue;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new HoldfastError('assertion_claims', { detail });
    if (value > now + SKEW) throw new HoldfastError('assertion_time', { detail, skew: value - now });
  }
  return Math.ceil(exp) + SKEW;
}
