import { ath, createBoundedCache } from '@holdfast/proof';
import type { VerifiedToken } from './token.ts';

/**
 * Access tokens that were verified, so that the signature of the issuer is verified once for each. Only verified tokens
 * come in. None is recalled outside its time, nor under another key set than the one that verified it.
 */
export interface TokenCache {
  recall(compact: string, now: number): VerifiedToken | undefined | Promise<VerifiedToken | undefined>;
  keep(compact: string, token: VerifiedToken): void;
  forget(compact: string): void;
  has(compact: string): boolean;
  /** RFC 9449 §4.2 `ath` of a token, whether or not it is known. */
  ath(compact: string): string;
}

const BOUNDS = { maxEntries: 20_000, maxKeyBytes: 32 * 1024 * 1024 };

export function createTokenCache(): TokenCache {
  const tokens = createBoundedCache<{ readonly token: VerifiedToken; readonly ath: string }>(BOUNDS);

  function keepWhen(isGood: boolean, compact: string, token: VerifiedToken): VerifiedToken | undefined {
    if (isGood) return token;
    tokens.forget(compact);
    return undefined;
  }

  return {
    recall(compact, now) {
      // A token that is not known is no reason to ask the issuer for its keys: it may be garbage
      const token = tokens.recall(compact)?.token;
      if (token === undefined) return undefined;
      // At another time it is verified again, which says why it is refused
      if (!(token.notBefore <= now && now < token.knownUntil)) return keepWhen(false, compact, token);
      if (token.signedUnder === undefined) return token;
      // A key that the issuer withdrew takes the tokens with it that it signed
      const { keys, keySet } = token.signedUnder;
      const current = keys.current();
      if (!(current instanceof Promise)) return keepWhen(current === keySet, compact, token);
      return current.then((set) => keepWhen(set === keySet, compact, token));
    },
    keep: (compact, token) => tokens.keep(compact, { token, ath: ath(compact) }),
    forget: (compact) => tokens.forget(compact),
    has: (compact) => tokens.recall(compact) !== undefined,
    ath: (compact) => tokens.recall(compact)?.ath ?? ath(compact),
  };
}
