import { ath } from '@holdfast/proof';
import { createBoundedCache } from './bounded-cache.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import type { KeySet } from './key-set.ts';
import type { VerifiedToken } from './token.ts';

/**
 * Access tokens that were verified, so that the signature of the issuer is verified once for each. Only verified tokens
 * come in. None is recalled outside its time, nor under another key set than the one that verified it.
 */
export interface TokenCache {
  recall(compact: string, now: number): Promise<VerifiedToken | undefined>;
  keep(compact: string, token: VerifiedToken): VerifiedToken;
  /** RFC 9449 §4.2 `ath` of a token, whether or not it is known. */
  ath(compact: string): string;
}

const BOUNDS = { maxEntries: 20_000, maxKeyBytes: 32 * 1024 * 1024 };

export function createTokenCache(keys: IssuerKeys): TokenCache {
  const tokens = createBoundedCache<{ readonly token: VerifiedToken; readonly ath: string }>(BOUNDS);
  let verifiedUnder: KeySet | undefined;

  /** A key that the issuer withdrew takes the tokens with it that it signed. */
  function follow(keySet: KeySet): void {
    if (keySet === verifiedUnder) return;
    tokens.clear();
    verifiedUnder = keySet;
  }

  return {
    async recall(compact, now) {
      // A token that is not known is no reason to ask the issuer for its keys: it may be garbage
      if (tokens.recall(compact) === undefined) return undefined;
      follow(await keys.current());
      const known = tokens.recall(compact)?.token;
      // At another time it is verified again, which says why it is refused
      if (known === undefined || (known.notBefore <= now && now < known.expiresAt)) return known;
      tokens.forget(compact);
      return undefined;
    },
    keep(compact, token) {
      follow(token.keySet);
      tokens.keep(compact, { token, ath: ath(compact) });
      return token;
    },
    ath: (compact) => tokens.recall(compact)?.ath ?? ath(compact),
  };
}
