import {
  type Clock,
  createKeySet,
  isAlgorithm,
  type Jwks,
  type KeySet,
  readJws,
  seconds,
  verifySignature,
} from '@holdfast/proof';
import { type Clients, isRegistered } from '../client/clients.ts';
import type { Grants } from '../grants/grants.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { Records } from '../records.ts';
import { type AccessTokenClaims, grantOf, isDelegated } from './access-tokens.ts';

/** Reads access tokens of this issuer, of either form, and tells whether they are live. */
export interface TokenReader {
  /** What a live token says; undefined for one that is expired, revoked, not ours or no token at all (RFC 7662 §4). */
  read(token: string): Promise<AccessTokenClaims | undefined>;
  /** The same of a token that may be revoked: so that a revocation that was interrupted can be made again. */
  readUnexpired(token: string): Promise<AccessTokenClaims | undefined>;
}

export interface TokenReaderOptions {
  readonly issuer: string;
  readonly clock: Clock;
  readonly keys: KeyRing;
  readonly records: Records;
  readonly grants: Grants;
  readonly clients: Clients;
}

const LONGEST = 16_384; // characters
const SKEW = 10; // seconds that the clock of another process of ours may be ahead

export function createTokenReader({ issuer, clock, keys, records, grants, clients }: TokenReaderOptions): TokenReader {
  let known: { readonly jwks: object; readonly set: KeySet } | undefined;

  function ownKeys(): KeySet {
    const jwks = keys.jwks();
    if (known?.jwks !== jwks) known = { jwks, set: createKeySet(jwks as Jwks) };
    return known.set;
  }

  /** RFC 9068 §4: typ keeps our other JWTs out, and the signature everybody else's. */
  function verified(token: string): AccessTokenClaims | undefined {
    const { header, payload, signingInput, signature } = readJws(token, 'token_malformed');
    const { alg, kid, typ } = header;
    if (typ !== 'at+jwt' || !isAlgorithm(alg) || typeof kid !== 'string') return undefined;
    const isOurs = ownKeys()
      .find(alg, kid)
      .some((key) => verifySignature(alg, key, signingInput, signature));
    return isOurs && payload['iss'] === issuer ? (payload as AccessTokenClaims) : undefined;
  }

  async function content(token: string): Promise<AccessTokenClaims | undefined> {
    if (token.length > LONGEST) return undefined;
    if (!token.includes('.')) return await records.get<AccessTokenClaims>('token', token);
    try {
      return verified(token);
    } catch {
      return undefined; // not a JWT of anybody's
    }
  }

  async function readUnexpired(token: string): Promise<AccessTokenClaims | undefined> {
    const claims = await content(token);
    // Also without exp, which we never gave
    return claims === undefined || !(seconds(clock) < claims.exp) ? undefined : claims;
  }

  return {
    readUnexpired,
    async read(token) {
      const claims = await readUnexpired(token);
      if (claims === undefined || !hasBegun(claims, seconds(clock))) return undefined;
      if (await grants.isRevoked(grantOf(claims))) return undefined;
      if (isDelegated(claims) && (await grants.isRevoked(claims.jti))) return undefined;
      // What a client that is gone was given has gone with it
      return (await isRegistered(clients, claims.client_id)) ? claims : undefined;
    },
  };
}

/** RFC 7662 §4. */
function hasBegun({ iat, nbf = iat }: AccessTokenClaims, now: number): boolean {
  return iat <= now + SKEW && typeof nbf === 'number' && nbf <= now + SKEW;
}
