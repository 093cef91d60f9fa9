import { type Confirmation, HoldfastError } from '@holdfast/proof';
import type { Client } from '../client/clients.ts';
import type { IssuerConfig } from '../config.ts';
import type { Parameters } from '../form.ts';
import { type AccessTokenClaims, audiencesOf, grantOf, statusOf } from '../tokens/access-tokens.ts';
import type { TokenReader } from '../tokens/token-reader.ts';
import type { AuthorizationDetails } from './authorization-details.ts';
import type { Grants } from './grants.ts';
import type { CheckGrant } from './redemption.ts';
import { openTo, readAsked, takeRights } from './rights.ts';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/**
 * RFC 8693: an access token of ours for another one that allows the same or less and ends no later. Its binding is never
 * dropped: the client that the token was given to has to prove the same key or certificate again; the server of the
 * resource that the token is for (`exchange_resources`) gets one that is bound to itself and says for whom it acts.
 */
export function tokenExchange(
  config: IssuerConfig,
  details: AuthorizationDetails,
  tokens: TokenReader,
  grants: Grants,
): CheckGrant {
  return async ({ form, client, confirmation }) => {
    const subject = await readSubject(form, tokens);
    const isOwner = subject.client_id === client.clientId;
    if (isOwner) requireSameBinding(subject.cnf, confirmation);
    else requireDelegation(subject, client);
    const allowance = openTo(client, {
      scope: subject.scope?.split(' ') ?? [],
      // Its owner gets less of the same; a server may turn to those behind it, within what it was shown
      ...(isOwner ? { resources: audiencesOf(subject) } : {}),
      details: subject.authorization_details ?? [],
    });
    const rights = takeRights(readAsked(form, details), allowance, config, details);
    return {
      subject: subject.sub,
      rights,
      grantId: grantOf(subject),
      isOneOfMany: true,
      endsAt: subject.exp,
      ...(isOwner ? actOf(subject) : { act: { sub: client.clientId, ...actOf(subject) } }),
      async complete() {
        await noteSubject(subject, grants);
        return { issued_token_type: ACCESS_TOKEN };
      },
    };
  };
}

async function readSubject(form: Parameters, tokens: TokenReader): Promise<AccessTokenClaims> {
  if (form.get('subject_token_type') !== ACCESS_TOKEN)
    throw new HoldfastError('subject_token_type', { detail: 'subject_token_type' });
  const requested = form.get('requested_token_type');
  if (requested !== undefined && requested !== ACCESS_TOKEN) {
    throw new HoldfastError('subject_token_type', { detail: 'requested_token_type' });
  }
  // Who acts is who authenticates here
  if (form.get('actor_token') !== undefined) throw new HoldfastError('subject_token_type', { detail: 'actor_token' });
  // RFC 8693 §2.1: targets are named by `resource`; a name that is passed over would seem granted
  if (form.get('audience') !== undefined) throw new HoldfastError('resource_invalid', { detail: 'audience' });
  const token = form.get('subject_token');
  const claims = token === undefined ? undefined : await tokens.read(token);
  if (claims === undefined) throw new HoldfastError('subject_token_invalid');
  return claims;
}

// A thief has neither the key nor the certificate
function requireSameBinding(held: Confirmation, proven: Confirmation): void {
  const members = ['jkt', 'x5t#S256'] as const;
  const isProven = members.every((member) => held[member] === undefined || held[member] === proven[member]);
  if (!isProven) throw new HoldfastError('exchange_forbidden', { detail: 'binding' });
}

// Alone in its grant until now, and no longer: whoever revokes what it is exchanged for ends both
async function noteSubject(subject: AccessTokenClaims, grants: Grants): Promise<void> {
  const status = statusOf(subject);
  if (status !== undefined && grantOf(subject) === subject.jti) {
    await grants.noteToken(subject.jti, status, subject.exp);
  }
}

function requireDelegation(subject: AccessTokenClaims, { metadata }: Client): void {
  const isServer = audiencesOf(subject).some((each) => metadata.exchange_resources.includes(each));
  if (!isServer) throw new HoldfastError('exchange_forbidden');
}

/** RFC 8693 §4.1: whoever acted before is nested. */
function actOf({ act }: AccessTokenClaims): { readonly act?: NonNullable<AccessTokenClaims['act']> } {
  return act === undefined ? {} : { act };
}
