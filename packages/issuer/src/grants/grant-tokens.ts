import { type Clock, type StatusReference, type Store, seconds } from '@holdfast/proof';
import { createJournal } from '../status/journal.ts';

/** A token with its place in a status list. */
export interface NotedToken {
  readonly status: StatusReference;
  readonly expiresAt: number;
}

/** The live tokens of each grant, so that revoking the grant ends them. */
export interface GrantTokens {
  note(grantId: string, status: StatusReference, expiresAt: number): Promise<void>;
  of(grantId: string): Promise<readonly NotedToken[]>;
}

const MOST = 10_000; // tokens of one grant within the life of one

export function createGrantTokens(store: Store, clock: Clock, tokenLifetime: number): GrantTokens {
  const journalOf = (grantId: string) =>
    createJournal({
      store,
      clock,
      name: `tokens of ${grantId}`,
      bucketSeconds: tokenLifetime,
      retention: tokenLifetime,
      most: MOST,
    });

  return {
    note: (grantId, status, expiresAt) =>
      journalOf(grantId).append(JSON.stringify({ status, expiresAt } satisfies NotedToken)),
    async of(grantId) {
      const noted: NotedToken[] = [];
      for await (const entry of journalOf(grantId)
        .reader()
        .read(seconds(clock) - tokenLifetime)) {
        noted.push(JSON.parse(entry) as NotedToken);
      }
      return noted;
    },
  };
}
