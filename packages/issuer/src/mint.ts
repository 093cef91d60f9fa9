import { randomBytes } from 'node:crypto';
import { type Algorithm, type Confirmation, readPublicJwk } from '@holdfast/proof';
import { SignJWT } from 'jose';
import type { Grant } from './grant.ts';
import { algorithmOf, importPrivateJwk, type Jwk, publicPart } from './registered-key.ts';

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

export function createMint(issuer: string, signingKeys: readonly Jwk[]): Mint {
  const published = signingKeys.map(publish);
  const [first] = published;
  const [signing] = signingKeys;
  if (first === undefined || signing === undefined) throw new TypeError('signing_keys: at least one key is needed');
  const { kid, alg } = first;
  const key = importPrivateJwk(signing);
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
function publish(jwk: Jwk): { kty: string; kid: string; alg: Algorithm; use: 'sig' } {
  const members = publicPart(jwk);
  const alg = algorithmOf(members);
  if (alg === undefined) throw new TypeError('signing_keys: no algorithm fits the key');
  return { ...readPublicJwk(members, alg, 'key_unusable'), kid: String(jwk['kid']), alg, use: 'sig' };
}
