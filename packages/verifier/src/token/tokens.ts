import { HoldfastError, withinTime } from '@holdfast/proof';
import type { Trace } from '../diagnostics.ts';
import type { Issuers } from '../issuer/issuers.ts';
import type { Settings } from '../options.ts';
import type { Revocations } from '../revocations.ts';
import { type VerifiedToken, verifyToken } from './token.ts';
import { createTokenCache } from './token-cache.ts';

/** Access tokens, from their text to what the issuer vouches for. */
export interface Tokens {
  /** Throws unless the token is good now. */
  verified(compact: string, now: number, trace?: Trace): Promise<VerifiedToken>;
  /** Whether the token was verified before; it may have ended since. */
  isKnown(compact: string): boolean;
  /** RFC 9449 §4.2 `ath` of a token, whatever it is worth. */
  ath(compact: string): string;
}

export interface TokensOptions extends Pick<Settings, 'audience' | 'skew' | 'timeout' | 'isRevoked'> {
  readonly issuers: Issuers;
  readonly algorithms: ReadonlySet<string>;
  readonly revocations: Revocations;
}

export function createTokens({ issuers, revocations, isRevoked, timeout, ...expected }: TokensOptions): Tokens {
  const cache = createTokenCache();

  /** RFC 9068 §4 for a JWT, RFC 7662 for any other token. */
  async function ask(compact: string, now: number): Promise<VerifiedToken> {
    const token =
      issuers.introspect === undefined || isJwt(compact)
        ? await verifyToken(compact, { ...expected, issuers, now })
        : await issuers.introspect(compact, { ...expected, now });
    if (now < token.knownUntil) cache.keep(compact, token);
    return token;
  }

  /** FAPI 2.0 §5.3.4: revocation status. Also of a token that is known: it may have been revoked since. */
  async function checkRevocation(compact: string, token: VerifiedToken): Promise<void> {
    const answer: unknown = revocations.has(token) || (isRevoked !== undefined && (await askWhetherRevoked(token)));
    if (answer === false) return;
    cache.forget(compact);
    if (answer !== true) throw new HoldfastError('issuer_unavailable', { detail: 'revocation' });
    throw new HoldfastError('token_revoked');
  }

  async function askWhetherRevoked(token: VerifiedToken): Promise<unknown> {
    try {
      return await withinTime(Promise.resolve(isRevoked?.(token)), timeout);
    } catch (cause) {
      throw new HoldfastError('issuer_unavailable', { detail: 'revocation', cause });
    }
  }

  return {
    async verified(compact, now, trace) {
      const recalled = cache.recall(compact, now);
      const known = recalled instanceof Promise ? await recalled : recalled;
      if (known !== undefined) trace?.note({ tokenKnown: true });
      const token = known ?? (await ask(compact, now));
      if (isRevoked !== undefined || revocations.has(token)) await checkRevocation(compact, token);
      // Token Status List §8.3: after everything else about the token
      const checking = token.status?.lists.check(token.status, now);
      if (checking !== undefined) await checking;
      return token;
    },
    isKnown: (compact) => cache.has(compact),
    ath: (compact) => cache.ath(compact),
  };
}

// An opaque token of three segments would be taken for a JWT, and refused: no issuer in the field makes one
export function isJwt(compact: string): boolean {
  return compact.split('.', 4).length === 3;
}
