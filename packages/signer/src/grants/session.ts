import { HoldfastError } from '@holdfast/proof';
import { type Caller, type CallerContext, createCaller, createTokens } from '../caller.ts';
import type { Identity } from '../identity.ts';
import type { IssuerCalls } from '../issuer/issuer-calls.ts';
import type { AccessToken } from '../issuer/token-response.ts';
import type { Wanted } from '../token-memory.ts';
import type { Granted } from './authorization.ts';
import type { IdTokenClaims } from './id-token.ts';

/** What a person allowed, used in her name until it is ended. */
export interface Session extends Caller {
  /** The newest one; a secret. Absent where the issuer gave none: then the session ends with its token. */
  readonly refreshToken: string | undefined;
  /** Who the person is, where `openid` was asked for. */
  readonly idToken: IdTokenClaims | undefined;
  /** Less of it: another resource, or fewer scopes. */
  for(wanted: Wanted): Caller;
  /** Gives everything back (RFC 7009). Rejects when the issuer does not take it; the session is over all the same. */
  end(): Promise<void>;
}

export interface SessionOptions {
  readonly calls: IssuerCalls;
  readonly context: CallerContext;
  readonly wanted: Wanted;
  readonly refreshToken: string | undefined;
  readonly granted?: Granted | undefined;
  /** Is awaited before a token that came with a new refresh token is used, so that none is lost. */
  readonly onRefreshToken?: ((refreshToken: string) => void | Promise<void>) | undefined;
}

export function createSession(options: SessionOptions): Session {
  const { calls, context, wanted, granted, onRefreshToken } = options;
  let { refreshToken } = options;
  let isOver = false;
  let last: Promise<unknown> = Promise.resolve();

  /** One after the other: an issuer that rotates takes each refresh token once (RFC 9700 §4.14.2). */
  function refresh({ resource, scope }: Wanted, identity: Identity): Promise<AccessToken> {
    const refreshed = last.then(async () => {
      if (isOver || refreshToken === undefined) {
        throw new HoldfastError('token_request_refused', {
          detail: isOver ? 'the session is over' : 'no refresh token',
        });
      }
      const form = { grant_type: 'refresh_token', refresh_token: refreshToken, resource, scope };
      const response = await calls.token(form, identity);
      // Without a new one the old one stays; and so it does when the answer was lost, and it can be asked again
      if (response.refreshToken !== undefined && response.refreshToken !== refreshToken) {
        refreshToken = response.refreshToken;
        await onRefreshToken?.(refreshToken);
      }
      return response.token;
    });
    last = refreshed.catch(() => {});
    return refreshed;
  }

  const tokens = createTokens(refresh, context);
  if (granted !== undefined && granted.identity === context.identities.current) {
    tokens.of(granted.identity).keep(wanted, granted.response.token);
  }
  const callers = (asked: Wanted) => createCaller(tokens, asked, context);
  return {
    ...callers(wanted),
    get refreshToken() {
      return refreshToken;
    },
    idToken: granted?.idToken,
    for: callers,
    async end() {
      if (isOver) return;
      isOver = true;
      tokens.end();
      await last;
      const { current } = context.identities;
      // RFC 7009 §2.1: with the refresh token goes the grant, and with it every access token
      if (refreshToken !== undefined) await calls.revoke(refreshToken, 'refresh_token', current);
      else
        for (const { accessToken } of tokens.of(current).tokens())
          await calls.revoke(accessToken, 'access_token', current);
    },
  };
}
