import { HoldfastError } from '@holdfast/proof';
import { type Caller, type CallerContext, createCaller, createTokens, type Tokens } from '../caller.ts';
import type { Identity } from '../identity.ts';
import type { IssuerCalls } from '../issuer/issuer-calls.ts';
import type { AccessToken } from '../issuer/token-response.ts';
import type { Wanted } from '../token-memory.ts';
import type { Granted } from './authorization.ts';
import type { IdTokenClaims } from './id-token.ts';

/** What a person allowed, used in her name until it is ended. */
export interface Session extends Caller {
  /**
   * The newest one; a secret. Absent where the issuer gave none: then the session ends with its token. Absent, too, when
   * it was given back.
   */
  readonly refreshToken: string | undefined;
  /** Who the person is, where `openid` was asked for. */
  readonly idToken: IdTokenClaims | undefined;
  /** Less of it: another resource, or fewer scopes. What is left out stays. */
  for(wanted: Wanted): Caller;
  /**
   * Ends the session, and gives everything back (RFC 7009) where the issuer takes things back. Rejects with
   * `revocation_refused`, or as `fetch`, when that fails: the session is over all the same, the grant is not, and `end` can
   * be called again (§2.2.1).
   */
  end(): Promise<void>;
}

export interface SessionOptions {
  readonly calls: IssuerCalls;
  readonly context: CallerContext;
  readonly wanted: Wanted;
  readonly refreshToken: string | undefined;
  readonly granted?: Granted | undefined;
  /**
   * Is awaited before a token that came with a new refresh token is used, so that none is lost. When it throws, whoever
   * needed the token gets what it threw, and it is told again at the next need.
   */
  readonly onRefreshToken?: ((refreshToken: string) => void | Promise<void>) | undefined;
}

export function createSession(options: SessionOptions): Session {
  const { calls, context, wanted, granted, onRefreshToken } = options;
  let { refreshToken } = options;
  let isTold = true;
  let isOver = false;
  let last: Promise<unknown> = Promise.resolve();
  let ending: Promise<void> | undefined;

  /** One after the other: an issuer that rotates takes each refresh token once (RFC 9700 §4.14.2). */
  function refresh(asked: Wanted, identity: Identity): Promise<AccessToken> {
    const refreshed = last.then(async () => {
      if (isOver || refreshToken === undefined) throw over();
      await tell();
      const form = { grant_type: 'refresh_token', refresh_token: refreshToken, ...narrowed(asked) };
      const { token, refreshToken: next = refreshToken } = await calls.token(form, identity);
      // Without a new one the old one stays; and so it does when the answer was lost, and it can be asked again
      if (next !== refreshToken) [refreshToken, isTold] = [next, false];
      await tell();
      return token;
    });
    last = refreshed.catch(() => {});
    return refreshed;
  }

  async function tell(): Promise<void> {
    if (isTold || refreshToken === undefined) return;
    await onRefreshToken?.(refreshToken);
    isTold = true;
  }

  /** RFC 6749 §6: a scope that the person did not allow would be refused, so that all of it goes without saying. */
  function narrowed({ resource, scope }: Wanted): Wanted {
    return { resource, scope: granted !== undefined && scope === wanted.scope ? undefined : scope };
  }

  const tokens = createTokens(refresh, context);
  if (granted !== undefined) tokens.of(granted.identity).keep(wanted, granted.response.token);
  const whileOpen: Tokens = {
    of(identity) {
      if (isOver) throw over();
      return tokens.of(identity);
    },
    prepare: tokens.prepare,
  };

  async function giveBack(): Promise<void> {
    await last;
    await context.identities.use(async (current) => {
      // RFC 7009 §2.1: with the refresh token goes the grant, and with it every access token
      if (refreshToken !== undefined) return await calls.revoke(refreshToken, 'refresh_token', current);
      const live = tokens.of(current).tokens();
      await all(live.map(({ accessToken }) => calls.revoke(accessToken, 'access_token', current)));
    });
    refreshToken = undefined;
  }

  const session: Omit<Session, 'refreshToken'> = {
    ...createCaller(whileOpen, wanted, context),
    idToken: granted?.idToken,
    for: (asked) => createCaller(whileOpen, { ...wanted, ...asked }, context),
    end() {
      isOver = true;
      context.identities.remove(tokens);
      ending ??= giveBack().catch((thrown: unknown) => {
        ending = undefined;
        throw thrown;
      });
      return ending;
    },
  };
  // Not enumerable: who writes a session into a log would write this, too
  return Object.defineProperty(session, 'refreshToken', { get: () => refreshToken }) as Session;
}

function over(): HoldfastError {
  return new HoldfastError('session_over');
}

/** Rejects with the first failure, when all have ended. */
async function all(works: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(works);
  await Promise.all(works);
}
