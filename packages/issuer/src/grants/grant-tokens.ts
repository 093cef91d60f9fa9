import { type Clock, type StatusReference, type Store, seconds } from '@holdfast/proof';
import { LONGEST_TOKEN } from '../config.ts';
import { createJournal } from '../status/journal.ts';

/** A token by its place in a status list. */
export interface NotedToken {
  readonly status: StatusReference;
  /** NumericDate. */
  readonly expiresAt: number;
}

/** The live tokens of each grant, so that revoking the grant ends them. */
export interface GrantTokens {
  note(grantId: string, status: StatusReference, expiresAt: number): Promise<void>;
  of(grantId: string): Promise<readonly NotedToken[]>;
}

const BUCKET = 900; // seconds
const MOST = 10_000; // tokens of one grant in a bucket

export function createGrantTokens(store: Store, clock: Clock): GrantTokens {
  const journalOf = (grantId: string) =>
    createJournal({
      store,
      clock,
      name: `tokens of ${grantId}`,
      bucketSeconds: BUCKET,
      retention: LONGEST_TOKEN,
      most: MOST,
    });

  return {
    note: (grantId, status, expiresAt) =>
      journalOf(grantId).append(JSON.stringify({ status, expiresAt } satisfies NotedToken)),
    async of(grantId) {
      const noted: NotedToken[] = [];
      for await (const entry of journalOf(grantId)
        .reader()
        .read(seconds(clock) - LONGEST_TOKEN)) {
        noted.push(JSON.parse(entry) as NotedToken);
      }
      return noted;
    },
  };
}
