import { HoldfastError, seconds } from '@holdfast/proof';
import type { GrantType } from '../client/client-metadata.ts';
import type { Client } from '../client/clients.ts';
import { type IssuerRequest, type Parameters, readForm } from '../form.ts';
import type { Companions, Redemption } from '../grants/redemption.ts';
import { offerOf } from '../metadata.ts';
import type { Parts } from '../parts.ts';
import { type Reply, success } from '../reply.ts';
import { bind } from '../sender.ts';
import type { IssuedAccessToken } from './access-tokens.ts';

/** The line from token request to token. What is used once is used up only when everything else has passed. */
export function createTokenEndpoint(parts: Parts): (request: IssuerRequest) => Promise<Reply> {
  const { config, clock, admission, clients, checks, issueAccessToken, events } = parts;
  const offered = offerOf(config).grantTypes;

  return async function token(request) {
    const now = seconds(clock);
    const form = readForm(request);
    // RFC 7523 §3, RFC 8705 §2: who asks
    const authenticated = await admission.authenticate(request, form, clients, now);
    const { client } = authenticated;
    const grantType = readGrantType(form, client, offered);
    // RFC 9449 §5, RFC 8705 §3: what the sender holds
    const sender = admission.sender(request, now);
    // FAPI 2.0 §5.3.2.1: whom the token will serve, and nobody else
    const confirmation = bind(client, sender);
    // RFC 6749 §4, RFC 8707, RFC 9396: what it will allow
    const redemption = await checks[grantType]({ form, client, sender, confirmation, now });
    await admission.useUp(authenticated, sender.proof);
    const companions = await redemption.complete?.();
    // RFC 9068 §2
    const issued = await issueAccessToken({ client, confirmation, ...redemption });
    await events.tell({
      event: 'token.issued',
      clientId: client.clientId,
      subject: redemption.subject,
      grant: redemption.grantId,
      grantType,
      format: issued.format,
      refreshable: companions?.refresh_token !== undefined,
      scope: redemption.rights.scope,
      details: redemption.rights.details.map(({ type }) => String(type)),
      audience: redemption.rights.audience,
      jkt: confirmation.jkt,
      x5t: confirmation['x5t#S256'],
    });
    const tokenType = confirmation.jkt === undefined ? 'Bearer' : 'DPoP';
    return success(responseOf(issued, tokenType, redemption, companions), admission.nextNonce(sender));
  };
}

function readGrantType(form: Parameters, { metadata }: Client, offered: readonly GrantType[]): GrantType {
  const asked = form.get('grant_type');
  if (asked === undefined) throw new HoldfastError('form_malformed', { detail: 'grant_type' });
  const grantType = offered.find((each) => each === asked);
  if (grantType === undefined) throw new HoldfastError('grant_unsupported');
  if (!metadata.grant_types.includes(grantType)) throw new HoldfastError('grant_not_allowed');
  return grantType;
}

/** RFC 6749 §5.1, RFC 9396 §7, RFC 8693 §2.2.1, OIDC Core §3.1.3.3. */
function responseOf(
  { token, expiresIn }: IssuedAccessToken,
  tokenType: string,
  { rights }: Redemption,
  companions: Companions = {},
): object {
  return {
    access_token: token,
    token_type: tokenType,
    expires_in: expiresIn,
    ...(rights.scope.length === 0 ? {} : { scope: rights.scope.join(' ') }),
    ...(rights.details.length === 0 ? {} : { authorization_details: rights.details }),
    ...companions,
  };
}
