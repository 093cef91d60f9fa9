import { HoldfastError, seconds } from '@holdfast/proof';
import type { Client } from '../client/clients.ts';
import { LONGEST_GRANT, LONGEST_TOKEN } from '../config.ts';
import { type IssuerRequest, readForm } from '../form.ts';
import type { Revoked } from '../grants/grants.ts';
import type { Parts } from '../parts.ts';
import type { Reply } from '../reply.ts';
import { type AccessTokenClaims, grantOf, isDelegated, statusOf } from './access-tokens.ts';

/**
 * The line from a token to the end of its grant: RFC 7009 §2. Whatever token of a grant is shown, all of them end; but for
 * one by which somebody acts for another (RFC 8693 §4.1): who gives that back ends it alone.
 */
export function createRevocationEndpoint(parts: Parts): (request: IssuerRequest) => Promise<Reply> {
  const { clock, admission, clients, tokens, refreshTokens, grants } = parts;

  /** What a token of either kind came from; RFC 7009 §2.1: whatever token_type_hint says. */
  async function originOf(token: string): Promise<Revoked | undefined> {
    const grant = await refreshTokens.find(token);
    if (grant !== undefined) return grant;
    const claims = await tokens.readUnexpired(token);
    return claims === undefined ? undefined : revocable(claims, seconds(clock));
  }

  return async function revoke(request) {
    const now = seconds(clock);
    const form = readForm(request);
    const authenticated = await admission.authenticate(request, form, clients, now);
    const token = form.get('token');
    if (token === undefined) throw new HoldfastError('form_malformed', { detail: 'token' });
    const origin = await originOf(token);
    if (origin !== undefined) checkOwner(origin, authenticated.client);
    await admission.useUp(authenticated);
    if (origin !== undefined) await grants.revoke(origin, 'requested');
    // RFC 7009 §2.2: the same for a token that nobody knows
    return { status: 200, headers: { 'Cache-Control': 'no-store' }, body: '' };
  };
}

// RFC 7009 §2.1
function checkOwner({ clientId }: Revoked, client: Client): void {
  if (clientId !== client.clientId) throw new HoldfastError('token_not_revocable');
}

function revocable(claims: AccessTokenClaims, now: number): Revoked {
  const { jti, exp: expiresAt, client_id: clientId } = claims;
  const status = statusOf(claims);
  const id = isDelegated(claims) ? jti : grantOf(claims);
  return {
    id,
    clientId,
    endsAt: id === jti ? expiresAt : now + longestOf(claims),
    token: status === undefined ? undefined : { status, expiresAt },
  };
}

/** Seconds that a grant with more than this token may go on. Of a person's only the refresh token knows when it ends. */
function longestOf({ sub, client_id: clientId }: AccessTokenClaims): number {
  // What a client was given for itself is never refreshed: nothing of it is remembered longer than it lives
  return sub === clientId ? LONGEST_TOKEN : LONGEST_GRANT;
}
