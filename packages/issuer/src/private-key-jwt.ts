import { FAPI_ALGORITHMS, HoldfastError, type JsonObject, readJws } from '@holdfast/proof';
import { errors, jwtVerify } from 'jose';
import type { Client } from './client.ts';

/** The jti of a verified assertion, still to be used up. */
export interface Assertion {
  readonly jti: string;
  /** The last second at which the assertion could be accepted. */
  readonly acceptableUntil: number;
}

export interface AssertionExpectation {
  readonly issuer: string;
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
  client: Client,
  { issuer, now }: AssertionExpectation,
): Promise<Assertion> {
  if (assertion.length > LONGEST) throw new HoldfastError('assertion_malformed');
  const { header, payload } = readJws(assertion, 'assertion_malformed');
  const type = typeof header['typ'] === 'string' ? header['typ'].toLowerCase() : header['typ'];
  if (!TYPES.includes(type as string | undefined)) throw new HoldfastError('assertion_alg', { detail: 'typ' });
  await verifySignature(assertion, client, now);
  if (payload['iss'] !== client.clientId) throw new HoldfastError('assertion_claims', { detail: 'iss' });
  if (payload['sub'] !== client.clientId) throw new HoldfastError('assertion_claims', { detail: 'sub' });
  // FAPI 2.0 §5.3.2.1: the issuer, as a string; an array of one is refused as well
  if (payload['aud'] !== issuer) throw new HoldfastError('assertion_audience');
  const jti = payload['jti'];
  if (typeof jti !== 'string' || jti === '') throw new HoldfastError('assertion_claims', { detail: 'jti' });
  return { jti, acceptableUntil: checkTimes(payload, now) };
}

async function verifySignature(assertion: string, client: Client, now: number): Promise<void> {
  try {
    // jose checks exp and nbf too; the leeway puts them beyond its reach, since checkTimes measures and names them
    const options = {
      algorithms: [...FAPI_ALGORITHMS],
      currentDate: new Date(now * 1000),
      clockTolerance: Number.MAX_SAFE_INTEGER,
    };
    await jwtVerify(assertion, client.keys, options);
  } catch (cause) {
    if (cause instanceof errors.JOSEAlgNotAllowed) throw new HoldfastError('assertion_alg');
    if (cause instanceof errors.JWTClaimValidationFailed)
      throw new HoldfastError('assertion_claims', { detail: claim(cause) });
    throw new HoldfastError('assertion_signature');
  }
}

function claim({ claim: name }: errors.JWTClaimValidationFailed): string {
  return ['exp', 'nbf', 'iat'].includes(name) ? name : 'claims';
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
