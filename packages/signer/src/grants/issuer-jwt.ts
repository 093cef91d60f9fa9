import { type Clock, FAPI_ALGORITHMS, HoldfastError } from '@holdfast/proof';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import type { Identity } from '../identity.ts';
import type { IssuerCalls } from '../issuer/issuer-calls.ts';

/** The keys of an issuer, by the header of what it signed. */
export type IssuerKeys = ReturnType<typeof createLocalJWKSet>;

export interface ExpectedJwt {
  readonly issuer: string;
  readonly clientId: string;
  readonly keys: IssuerKeys;
  readonly clock: Clock;
  /** Claims that have to be there beside iss and aud. */
  readonly requires: readonly string[];
}

const SKEW = 10; // seconds

/** Fetches them anew, since they change. Throws `issuer_metadata`, and what `fetch` throws. */
export async function fetchIssuerKeys(calls: IssuerCalls, identity: Identity): Promise<IssuerKeys> {
  const jwks = await calls.jwks(identity);
  try {
    return createLocalJWKSet(jwks as unknown as JSONWebKeySet);
  } catch {
    throw new HoldfastError('issuer_metadata', { detail: 'jwks_uri' });
  }
}

/**
 * The claims of a JWT that the issuer signed for this client and nobody else: signature, alg, iss, aud, exp and nbf are
 * right. `refused` makes the error, given what is at fault by its name. NOT checked: typ; what else tells one kind of JWT
 * from another is the caller's to check.
 */
export async function verifyIssuerJwt(
  jwt: string,
  { issuer, clientId, keys, clock, requires }: ExpectedJwt,
  refused: (detail: string) => HoldfastError,
): Promise<JWTPayload> {
  const { payload } = await jwtVerify(jwt, keys, {
    issuer,
    audience: clientId,
    requiredClaims: [...requires],
    algorithms: [...FAPI_ALGORITHMS],
    currentDate: new Date(clock()),
    clockTolerance: SKEW,
  }).catch((thrown: unknown) => {
    throw refused(faultOf(thrown));
  });
  // OIDC Core §3.1.3.7 (3): an audience that the client does not trust is refused, and it knows none but itself
  if (Array.isArray(payload.aud) && payload.aud.length !== 1) throw refused('aud');
  return payload;
}

/** The message of the error is left out: it may quote the JWT. */
function faultOf(thrown: unknown): string {
  if (thrown instanceof errors.JWTExpired) return 'exp';
  if (thrown instanceof errors.JWTClaimValidationFailed) return thrown.claim;
  if (thrown instanceof errors.JWSSignatureVerificationFailed) return 'signature';
  if (thrown instanceof errors.JOSEAlgNotAllowed) return 'alg';
  if (thrown instanceof errors.JWSInvalid || thrown instanceof errors.JWTInvalid) return 'not a JWT';
  return 'key';
}
