import { HoldfastError, isJsonObject, type JsonObject } from '@holdfast/proof';

/** An access token as it was issued. A secret: useless without the key, and still not for logs. */
export interface AccessToken {
  readonly accessToken: string;
  readonly tokenType: 'DPoP' | 'Bearer';
  /** NumericDate; an issuer that does not say gets one minute. */
  readonly expiresAt: number;
  readonly scope: string | undefined;
  /** What was allowed in so many words (RFC 9396 §7), which may be less than was asked for. */
  readonly authorizationDetails: readonly JsonObject[] | undefined;
}

/** A successful token response (RFC 6749 §5.1, OIDC Core §3.1.3.3). */
export interface TokenResponse {
  readonly token: AccessToken;
  readonly refreshToken: string | undefined;
  readonly idToken: string | undefined;
}

const UNSTATED_LIFETIME = 60; // seconds
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/; // RFC 9110 §11.2: all that an Authorization field can carry
const REFRESH_TOKEN = /^[\x20-\x7E]{1,8192}$/; // RFC 6749 §A.17, and a cap

/**
 * Reads one. `asked`: NumericDate of the request, from which its lifetime counts. Unknown members are ignored. Throws
 * `token_response`, and `token_type_mismatch` where the token is not bound as was asked for.
 */
export function readTokenResponse(
  body: Record<string, unknown>,
  asked: number,
  expected: AccessToken['tokenType'],
): TokenResponse {
  const { access_token: accessToken, token_type: type, expires_in: lifetime = UNSTATED_LIFETIME, scope } = body;
  if (typeof accessToken !== 'string' || !TOKEN68.test(accessToken)) throw unusable('access_token');
  // RFC 6749 §5.1: compared without regard to case. RFC 9449 §5: a Bearer token where DPoP was asked for is thrown away.
  if (typeof type !== 'string') throw unusable('token_type');
  if (type.toLowerCase() !== expected.toLowerCase()) throw new HoldfastError('token_type_mismatch');
  if (typeof lifetime !== 'number' || !Number.isFinite(lifetime) || lifetime <= 0) throw unusable('expires_in');
  const { refresh_token: refreshToken, id_token: idToken, authorization_details: details } = body;
  if (refreshToken !== undefined && !(typeof refreshToken === 'string' && REFRESH_TOKEN.test(refreshToken)))
    throw unusable('refresh_token');
  if (idToken !== undefined && typeof idToken !== 'string') throw unusable('id_token');
  if (details !== undefined && !(Array.isArray(details) && details.every(isJsonObject)))
    throw unusable('authorization_details');
  return {
    token: {
      accessToken,
      tokenType: expected,
      expiresAt: asked + lifetime,
      scope: typeof scope === 'string' ? scope : undefined,
      authorizationDetails: details,
    },
    refreshToken,
    idToken,
  };
}

function unusable(detail: string): HoldfastError {
  return new HoldfastError('token_response', { detail });
}
