import { HoldfastError } from '@holdfast/proof';
import type { JWTPayload } from 'jose';
import { type ExpectedJwt, verifyIssuerJwt } from './issuer-jwt.ts';

/** Who the person is, as the issuer says: `sub` and whatever else it tells. */
export interface IdTokenClaims extends JWTPayload {
  readonly sub: string;
}

export interface ExpectedIdToken extends Omit<ExpectedJwt, 'requires'> {
  readonly nonce: string;
}

/**
 * Checks an ID token (OIDC Core §3.1.3.7): signature, alg, iss, aud, azp, exp, nonce, and that sub and iat are there.
 * Throws `id_token`. NOT checked: `at_hash` and `c_hash`, since token and code came from the issuer over TLS; how long ago
 * the person logged in, and how.
 */
export async function checkIdToken(idToken: string | undefined, expected: ExpectedIdToken): Promise<IdTokenClaims> {
  if (idToken === undefined) throw refused('missing');
  const claims = await verifyIssuerJwt(idToken, { ...expected, requires: ['sub', 'exp', 'iat'] }, refused);
  // (4), (5): issued to another client of the same issuer
  if (claims['azp'] !== undefined && claims['azp'] !== expected.clientId) throw refused('azp');
  // (11): of this very request
  if (claims['nonce'] !== expected.nonce) throw refused('nonce');
  if (typeof claims.sub !== 'string' || claims.sub === '') throw refused('sub');
  return claims as IdTokenClaims;
}

function refused(detail: string): HoldfastError {
  return new HoldfastError('id_token', { detail });
}
