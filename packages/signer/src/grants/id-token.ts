import { type Clock, FAPI_ALGORITHMS, HoldfastError } from '@holdfast/proof';
import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import type { Identity } from '../identity.ts';
import type { IssuerCalls } from '../issuer/issuer-calls.ts';
import { failedClaim } from './failed-claim.ts';

/** Who the person is, as the issuer says: `sub` and whatever else it tells. */
export interface IdTokenClaims extends JWTPayload {
  readonly sub: string;
}

export interface ExpectedIdToken {
  readonly nonce: string;
  readonly clock: Clock;
  readonly calls: IssuerCalls;
  readonly identity: Identity;
}

const SKEW = 10; // seconds

/**
 * Checks an ID token (OIDC Core §3.1.3.7): signature, alg, iss, aud, azp, exp, iat, nonce. Throws `id_token`. NOT checked:
 * `at_hash` and `c_hash`, since token and code came from the issuer over TLS, and how long ago the person logged in.
 */
export async function checkIdToken(
  idToken: string | undefined,
  { nonce, clock, calls, identity }: ExpectedIdToken,
): Promise<IdTokenClaims> {
  if (idToken === undefined) throw refused('missing');
  const keys = createLocalJWKSet((await calls.jwks(identity)) as unknown as JSONWebKeySet);
  const { payload } = await jwtVerify(idToken, keys, {
    issuer: calls.issuer,
    audience: calls.clientId,
    requiredClaims: ['sub', 'exp', 'iat'],
    algorithms: [...FAPI_ALGORITHMS],
    currentDate: new Date(clock()),
    clockTolerance: SKEW,
  }).catch((thrown: unknown) => {
    throw refused(failedClaim(thrown));
  });
  // (3): nobody else that this client does not know; it knows none
  if (Array.isArray(payload.aud) && payload.aud.length !== 1) throw refused('aud');
  if (payload['azp'] !== undefined && payload['azp'] !== calls.clientId) throw refused('azp');
  if (payload['nonce'] !== nonce) throw refused('nonce');
  if (typeof payload.sub !== 'string' || payload.sub === '') throw refused('sub');
  return payload as IdTokenClaims;
}

function refused(detail: string): HoldfastError {
  return new HoldfastError('id_token', { detail });
}
