import type { IssuerConfig } from '../config.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { signIdToken } from '../tokens/id-token.ts';
import type { AuthorizationDetails } from './authorization-details.ts';
import type { Codes } from './codes.ts';
import type { CheckGrant } from './redemption.ts';
import type { RefreshTokens } from './refresh-tokens.ts';
import { openTo, readAsked, takeRights } from './rights.ts';

export interface AuthorizationCodeOptions {
  readonly config: IssuerConfig;
  readonly details: AuthorizationDetails;
  readonly codes: Codes;
  readonly refreshTokens: RefreshTokens;
  readonly keys: KeyRing;
}

/** RFC 6749 §4.1.3: what a person allowed, once, to the client that was sent the code and to nobody else. */
export function authorizationCode(options: AuthorizationCodeOptions): CheckGrant {
  const { config, details, codes, refreshTokens, keys } = options;
  return async ({ form, client, sender, now }) => {
    const code = await codes.check(form, client, sender.proof);
    const { grant } = code;
    const allowance = openTo(client, grant);
    const rights = takeRights(readAsked(form, details), allowance, config, details);
    // Chosen before the code is used up: there may be none by what the client registered
    const isAboutPerson = allowance.scope.includes('openid');
    const key = isAboutPerson ? keys.current(client.metadata.id_token_signed_response_alg) : undefined;
    return {
      subject: grant.subject,
      rights,
      grantId: grant.id,
      isOneOfMany: true,
      async complete() {
        await codes.redeem(code);
        const isRefreshable = client.metadata.grant_types.includes('refresh_token');
        return {
          refresh_token: isRefreshable ? await refreshTokens.issue(grant) : undefined,
          id_token: key && (await signIdToken(key, config.issuer, grant, client, now)),
        };
      },
    };
  };
}
