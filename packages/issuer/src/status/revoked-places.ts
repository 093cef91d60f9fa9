import { type Clock, HoldfastError, seconds } from '@holdfast/proof';
import type { Journal } from './journal.ts';

/** A place in a list, and the NumericDate at which its token ends. */
export interface RevokedPlace {
  readonly list: string;
  readonly idx: number;
  readonly expiresAt: number;
}

/** The places whose tokens were revoked, by this process or another. */
export interface RevokedPlaces {
  /** Resolves once it is in the journal. */
  add(place: RevokedPlace): Promise<void>;
  /**
   * Learns what others have revoked; by one look at the store for all who ask within a second. The NumericDate before
   * which everything is known.
   */
  refresh(): Promise<number>;
  /** The revoked places of one list whose tokens may be alive. */
  of(list: string): readonly number[];
  /** Another number when other places of the list are revoked. */
  revision(list: string): number;
}

interface Revoked {
  /** When the token of each place ends. */
  readonly ends: Map<number, number>;
  revision: number;
}

/** Seconds that a revoked place is kept beyond the end of its token, for clocks that are behind. */
export const GRACE = 300;

const SWEEP = 60; // seconds

export function createRevokedPlaces(journal: Journal, clock: Clock): RevokedPlaces {
  const lists = new Map<string, Revoked>();
  const reader = journal.reader();
  let known = { before: Number.NaN, sweptAt: Number.NEGATIVE_INFINITY };
  let refreshing: Promise<number> | undefined;
  let changes = 0;

  function note({ list, idx, expiresAt }: RevokedPlace): void {
    const revoked = lists.get(list) ?? { ends: new Map(), revision: 0 };
    lists.set(list, revoked);
    if (!revoked.ends.has(idx)) {
      changes += 1;
      revoked.revision = changes;
    }
    revoked.ends.set(idx, Math.max(expiresAt, revoked.ends.get(idx) ?? 0));
  }

  async function readOn(now: number): Promise<number> {
    try {
      for await (const entry of reader.read()) note(readEntry(entry));
      const isDue = !(Math.abs(now - known.sweptAt) < SWEEP);
      if (isDue) sweep(now);
      known = { before: now, sweptAt: isDue ? now : known.sweptAt };
      return now;
    } finally {
      refreshing = undefined;
    }
  }

  /** What has expired is refused without a list. */
  function sweep(now: number): void {
    for (const [list, { ends }] of lists) {
      for (const [idx, end] of ends) if (end + GRACE < now) ends.delete(idx);
      if (ends.size === 0) lists.delete(list);
    }
  }

  return {
    async add(place) {
      if ((lists.get(place.list)?.ends.get(place.idx) ?? 0) >= place.expiresAt) return;
      await journal.append(`${place.list} ${place.idx} ${place.expiresAt}`);
      note(place);
    },
    async refresh() {
      const now = seconds(clock);
      if (known.before === now) return now;
      refreshing ??= readOn(now);
      return await refreshing;
    },
    of: (list) => [...(lists.get(list)?.ends.keys() ?? [])],
    revision: (list) => lists.get(list)?.revision ?? 0,
  };
}

function readEntry(entry: string): RevokedPlace {
  const [, list, idx, expiresAt] = /^([A-Za-z0-9_-]{22}) (\d{1,10}) (\d{1,16}(?:\.\d+)?)$/.exec(entry) ?? [];
  if (list === undefined) throw new HoldfastError('store_unavailable', { detail: 'not an entry of ours' });
  return { list, idx: Number(idx), expiresAt: Number(expiresAt) };
}
