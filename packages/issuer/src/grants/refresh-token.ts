import { HoldfastError } from '@holdfast/proof';
import type { IssuerConfig } from '../config.ts';
import type { People } from '../login/login.ts';
import type { AuthorizationDetails } from './authorization-details.ts';
import type { CheckGrant } from './redemption.ts';
import type { RefreshTokens } from './refresh-tokens.ts';
import { openTo, readAsked, takeRights } from './rights.ts';

export interface RefreshTokenOptions {
  readonly config: IssuerConfig;
  readonly details: AuthorizationDetails;
  readonly refreshTokens: RefreshTokens;
  readonly people: People | undefined;
}

/**
 * RFC 6749 §6, RFC 8707 §2.2, RFC 9396 §6: the same or less of what was allowed, for now; the refresh token keeps all of it.
 * RFC 9449 §5: to whatever key the authenticated client proves this time.
 */
export function refreshToken(options: RefreshTokenOptions): CheckGrant {
  const { config, details, refreshTokens, people } = options;
  return async ({ form, client }) => {
    const refresh = await refreshTokens.check(form.get('refresh_token'), client);
    const { grant } = refresh;
    // Whoever is gone allows nothing any more; and who is not said to be there is gone
    if (people?.isKnown !== undefined && (await people.isKnown(grant.subject)) !== true) {
      throw new HoldfastError('grant_revoked');
    }
    const rights = takeRights(readAsked(form, details), openTo(client, grant), config, details);
    return {
      subject: grant.subject,
      rights,
      grantId: grant.id,
      isOneOfMany: true,
      async complete() {
        return { refresh_token: await refreshTokens.use(refresh) };
      },
    };
  };
}
