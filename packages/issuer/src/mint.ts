import { randomBytes } from 'node:crypto';
import { type Algorithm, type Confirmation, FAPI_ALGORITHMS, isAlgorithm, readPublicJwk } from '@holdfast/proof';
import { importJWK, SignJWT } from 'jose';
import type { Grant } from './grant.ts';

/** Signs access tokens with the issuer's first key and publishes all of them. */
export interface Mint {
  /** Public JWK Set (RFC 7517 §5): FAPI 2.0 §5.4.2 unique kid; use and alg stated. */
  readonly jwks: { readonly keys: readonly object[] };
  mint(token: TokenContent): Promise<string>;
}

export interface TokenContent {
  readonly grant: Grant;
  readonly clientId: string;
  readonly confirmation: Confirmation;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

type PrivateJwk = Readonly<Record<string, unknown>>;

export async function createMint(issuer: string, signingKeys: readonly PrivateJwk[]): Promise<Mint> {
  const published = signingKeys.map(publish);
  const [first] = published;
  if (first === undefined) throw new TypeError('signing_keys: at least one key is needed');
  const { kid, alg } = first;
  const key = await importJWK({ ...signingKeys[0], kty: first.kty }, alg);
  return {
    jwks: { keys: published },
    /** RFC 9068 §2, with `cnf` by RFC 9449 §6.1 and RFC 8705 §3.1. */
    mint: ({ grant, clientId, confirmation, issuedAt, expiresAt }) =>
      new SignJWT({ client_id: clientId, scope: grant.scope.join(' '), cnf: { ...confirmation } })
        .setProtectedHeader({ typ: 'at+jwt', alg, kid })
        .setIssuer(issuer)
        .setSubject(grant.subject)
        .setAudience(grant.audience)
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAt)
        .setJti(randomBytes(16).toString('base64url'))
        .sign(key),
  };
}

// Only the members that are known to be public: nothing private can slip through
function publish(jwk: PrivateJwk): { kty: string; kid: string; alg: Algorithm } {
  const { d, p, q, dp, dq, qi, ...members } = jwk;
  const alg = isAlgorithm(jwk['alg']) ? jwk['alg'] : FAPI_ALGORITHMS.find((each) => fits(members, each));
  if (alg === undefined) throw new TypeError('signing_keys: no algorithm fits the key');
  return { ...readPublicJwk(members, alg, 'key_unusable'), kid: String(jwk['kid']), alg, ...{ use: 'sig' } };
}

function fits(jwk: PrivateJwk, alg: Algorithm): boolean {
  try {
    readPublicJwk(jwk, alg);
    return true;
  } catch {
    return false;
  }
}
