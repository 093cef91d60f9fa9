import { setImmediate } from 'node:timers/promises';
import { type Clock, type StatusReference, seconds } from '@holdfast/proof';
import { LONGEST_TOKEN } from '../config.ts';
import type { Events, RevocationReason } from '../events.ts';
import type { Records } from '../records.ts';
import type { StatusLists } from '../status/status-lists.ts';
import type { Grant } from './grant.ts';
import type { GrantTokens, NotedToken } from './grant-tokens.ts';

/** Which grants have ended, and that everything that came from them ends with them (RFC 7009 §2.1). */
export interface Grants {
  isRevoked(grantId: string): Promise<boolean>;
  /** Ends a grant and every token that came from it. Doing it again does nothing more. */
  revoke(grant: Revoked, reason: RevocationReason): Promise<void>;
  /** To be called for each token with a place in a status list, before the token is given to anybody. */
  noteToken(grantId: string, status: StatusReference, expiresAt: number): Promise<void>;
}

/**
 * `endsAt`: the last second at which anything comes from it. `clientId`: where it is known. `token`: one that is known besides
 * those that were noted.
 */
export interface Revoked extends Pick<Grant, 'id' | 'endsAt'> {
  readonly clientId?: string | undefined;
  readonly token?: NotedToken | undefined;
}

export interface GrantsOptions {
  readonly records: Records;
  readonly events: Events;
  readonly clock: Clock;
  readonly tokens: GrantTokens;
  readonly statusLists: StatusLists | undefined;
}

export function createGrants({ records, events, clock, tokens, statusLists }: GrantsOptions): Grants {
  const isRevoked = async (grantId: string) => (await records.get('revoked', grantId)) !== undefined;

  async function endTokens({ id, token }: Revoked): Promise<void> {
    if (statusLists === undefined) return;
    const noted = await tokens.of(id);
    for (const { status, expiresAt } of token === undefined ? noted : [token, ...noted]) {
      await statusLists.revoke(status, expiresAt);
      // There may be thousands, and a store that answers at once: others are served in between
      await setImmediate();
    }
  }

  return {
    isRevoked,
    async revoke(grant, reason) {
      // A token that was given at the last moment outlives the grant
      const until = Math.max(grant.endsAt, seconds(clock)) + LONGEST_TOKEN;
      await records.add('revoked', grant.id, true, until);
      // All of it also when that was there: whoever was first may have been interrupted in between
      await endTokens(grant);
      if ((await records.get('recorded', grant.id)) !== undefined) return;
      await events.tell({ event: 'grant.revoked', grant: grant.id, clientId: grant.clientId, reason });
      await records.add('recorded', grant.id, true, until);
    },
    async noteToken(grantId, status, expiresAt) {
      await tokens.note(grantId, status, expiresAt);
      // Whoever revoked in between did not see it yet, or has seen it: one of the two ends it
      if (await isRevoked(grantId)) await statusLists?.revoke(status, expiresAt);
    },
  };
}
