import { type Clock, HoldfastError, seconds } from '@holdfast/proof';
import type { VerifiedToken } from './token/token.ts';

/** A token that ended before its time, named as its claims name it. */
export interface Revocation {
  readonly issuer: string;
  readonly jti: string;
  /** NumericDate at which the token ends by itself, after which it needs no remembering. */
  readonly expiresAt: number;
}

/** What is asked of every token, known or not: at least once per request. */
export type IsRevoked = (token: Pick<VerifiedToken, 'issuer' | 'claims' | 'clientId'>) => boolean | Promise<boolean>;

export interface Revocations {
  /** Throws `store_full` rather than forget a token that is still alive. */
  add(revocation: Revocation): void;
  has(token: Pick<VerifiedToken, 'issuer' | 'claims'>): boolean;
}

const MOST = 1_000_000;

/**
 * The tokens that this process was told are revoked. Throws TypeError for one that could be no token of `issuers`: a name
 * that is misspelt would revoke nothing, and nobody would know.
 */
export function createRevocations(clock: Clock, issuers: ReadonlySet<string>): Revocations {
  const ends = new Map<string, number>();

  function dropEnded(): void {
    const now = seconds(clock);
    for (const [key, end] of ends) if (end < now) ends.delete(key);
  }

  return {
    add({ issuer, jti, expiresAt }) {
      if (!issuers.has(issuer)) throw new TypeError('issuer: one that is trusted here');
      if (typeof jti !== 'string' || jti === '') throw new TypeError('jti: a non-empty string');
      if (!Number.isFinite(expiresAt)) throw new TypeError('expiresAt: a NumericDate');
      if (ends.size >= MOST) dropEnded();
      if (ends.size >= MOST) throw new HoldfastError('store_full');
      ends.set(nameOf(issuer, jti), expiresAt);
    },
    has({ issuer, claims: { jti } }) {
      return ends.size > 0 && typeof jti === 'string' && ends.has(nameOf(issuer, jti));
    },
  };
}

// An issuer is a URL without fragment (RFC 8414 §2), so no two names run together
function nameOf(issuer: string, jti: string): string {
  return `${issuer}#${jti}`;
}
