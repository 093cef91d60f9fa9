import type { TokenSource } from '../caller.ts';
import type { IssuerCalls } from '../issuer/issuer-calls.ts';

/** RFC 6749 §4.4: the client for itself. */
export function clientCredentials(calls: IssuerCalls): TokenSource {
  return async ({ resource, scope }, identity) => {
    const { token } = await calls.token({ grant_type: 'client_credentials', scope, resource }, identity);
    return token;
  };
}

export interface ExchangeOptions {
  /** The token to exchange: asked for each time, since it may be another one by then. A secret. */
  readonly subjectToken: string | (() => string | Promise<string>);
  /** RFC 8693 §3. Default: an access token. */
  readonly subjectTokenType?: string;
}

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** RFC 8693 §2.1: somebody else's token for one of this client's own. */
export function tokenExchange(calls: IssuerCalls, options: ExchangeOptions): TokenSource {
  const { subjectToken, subjectTokenType = ACCESS_TOKEN } = options;
  return async ({ resource, scope }, identity) => {
    const { token } = await calls.token(
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        subject_token: typeof subjectToken === 'string' ? subjectToken : await subjectToken(),
        subject_token_type: subjectTokenType,
        scope,
        resource,
      },
      identity,
    );
    return token;
  };
}
