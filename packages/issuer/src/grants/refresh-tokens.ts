import { createHmac, randomBytes } from 'node:crypto';
import { type Clock, HoldfastError, seconds } from '@holdfast/proof';
import type { Client } from '../client/clients.ts';
import type { IssuerConfig } from '../config.ts';
import type { Records } from '../records.ts';
import type { Grant } from './grant.ts';
import type { Grants } from './grants.ts';
import { createRefreshUses } from './refresh-uses.ts';

/** Refresh tokens. All clients are confidential, so one is bound to its client and not to a key (RFC 9449 §5). */
export interface RefreshTokens {
  /** A new one for this grant. */
  issue(grant: Grant): Promise<string>;
  /**
   * Throws unless the token is live, used often enough, of this client and its grant not revoked. Uses nothing up; of a token
   * that was replaced, beyond its time of grace, it ends the grant.
   */
  check(token: string | undefined, client: Client): Promise<CheckedRefresh>;
  /**
   * Notes the use. Where tokens are rotated, returns the successor, always the same for the same token; of concurrent uses
   * one passes, and a retry within the time of grace does.
   */
  use(refresh: CheckedRefresh): Promise<string | undefined>;
  /** The grant of a token, live or not any more; for revocation. */
  find(token: string): Promise<Grant | undefined>;
}

declare const checked: unique symbol;

export interface CheckedRefresh {
  readonly [checked]: true;
  readonly token: string;
  readonly grant: Grant;
  /** It was replaced a moment ago: the answer may have been lost. */
  readonly isRetry: boolean;
}

interface RefreshRecord {
  readonly grant: Grant;
  readonly issuedAt: number;
  /** Makes the successor together with the token, so that a retry gets the one that got lost and not another. */
  readonly seed: string;
}

/** When a token was replaced, and until when it may be used once more. */
interface Rotated {
  readonly graceUntil: number;
}

export function createRefreshTokens(
  records: Records,
  grants: Grants,
  config: IssuerConfig,
  clock: Clock,
): RefreshTokens {
  const { refresh_token_rotation: rotation } = config;
  const uses = createRefreshUses(records, config.refresh_token_idle_lifetime);

  async function remember(token: string, grant: Grant): Promise<void> {
    const seed = randomBytes(32).toString('base64url');
    await records.add(
      'refresh',
      token,
      { grant, issuedAt: seconds(clock), seed } satisfies RefreshRecord,
      grant.endsAt,
    );
  }

  /** By the lifetime that is configured now, which may be shorter than it was; from the last moment for the decision on. */
  function isOverAge({ authTime }: Grant, now: number): boolean {
    return now > authTime + config.interaction_lifetime + config.refresh_token_lifetime;
  }

  return {
    async issue(grant) {
      const token = randomBytes(32).toString('base64url');
      await remember(token, grant);
      return token;
    },
    async check(token, client) {
      if (token === undefined) throw new HoldfastError('form_malformed', { detail: 'refresh_token' });
      const record = await records.get<RefreshRecord>('refresh', token);
      if (record === undefined) throw new HoldfastError('refresh_unknown');
      const { grant, issuedAt } = record;
      if (grant.clientId !== client.clientId) throw new HoldfastError('refresh_client');
      if (await grants.isRevoked(grant.id)) throw new HoldfastError('grant_revoked');
      const now = seconds(clock);
      const rotated = await records.get<Rotated>('rotated', token);
      // RFC 9700 §4.14: a token that was replaced long ago is in two hands
      if (rotated !== undefined && now > rotated.graceUntil) {
        await grants.revoke(grant, 'refresh_used');
        throw new HoldfastError('grant_revoked');
      }
      if (isOverAge(grant, now) || (await uses.isIdle(token, issuedAt, now)))
        throw new HoldfastError('refresh_unknown');
      return { token, grant, isRetry: rotated !== undefined } as CheckedRefresh;
    },
    async use({ token, grant, isRetry }) {
      const now = seconds(clock);
      await uses.note(token, now, grant.endsAt);
      if (rotation === undefined) return undefined;
      const record = await records.get<RefreshRecord>('refresh', token);
      if (record === undefined) throw new HoldfastError('refresh_unknown');
      // Before the successor, so that no crash loses both. Of concurrent uses one passes; a retry gets what that one got
      const replaced = { graceUntil: now + rotation.grace } satisfies Rotated;
      const isFirst = await records.add('rotated', token, replaced, grant.endsAt);
      if (!isFirst && !isRetry) throw new HoldfastError('refresh_unknown');
      const successor = createHmac('sha256', record.seed).update(token).digest('base64url');
      await remember(successor, grant);
      return successor;
    },
    find: async (token) => (await records.get<RefreshRecord>('refresh', token))?.grant,
  };
}
