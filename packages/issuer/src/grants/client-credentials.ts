import type { IssuerConfig } from '../config.ts';
import type { AuthorizationDetails } from './authorization-details.ts';
import { newGrantId } from './grant.ts';
import type { CheckGrant } from './redemption.ts';
import { isOwnScope, readAsked, takeRights } from './rights.ts';

/** RFC 6749 §4.4: the client for itself, as far as it is registered. No person, so nothing of OpenID, and nothing to refresh. */
export function clientCredentials(config: IssuerConfig, details: AuthorizationDetails): CheckGrant {
  return ({ form, client }) => {
    const asked = readAsked(form, details);
    details.checkClient(asked.details ?? [], client.metadata.authorization_details_types);
    const allowance = { scope: client.scope.filter((value) => !isOwnScope(value)) };
    const rights = takeRights(asked, allowance, config, details);
    return { subject: client.clientId, rights, grantId: newGrantId(), isOneOfMany: false };
  };
}
