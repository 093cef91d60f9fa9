import { setImmediate } from 'node:timers/promises';
import { type Clock, HoldfastError, type Store, seconds } from '@holdfast/proof';

/**
 * Entries that are added and never changed, in order, for all processes that share a store. The store finds what it is
 * asked for by name and lists nothing, so entries lie where a reader can guess: one after the other, in buckets of time.
 */
export interface Journal {
  /** Resolves once every reader that reads after this sees the entry. Throws `store_full` when the bucket is. */
  append(entry: string): Promise<void>;
  reader(): JournalReader;
}

/** Remembers how far it has read. What it gave once it gives never again; a new one begins at the beginning. */
export interface JournalReader {
  /**
   * Live entries of the bucket that `since` (NumericDate) lies in and of all after it. Where there is nothing new, one `get`
   * for each bucket. Not to be called again before it has ended.
   */
  read(since?: number): AsyncGenerator<string, void, void>;
}

export interface JournalOptions {
  /** Its answers are bounded in time by the caller. */
  readonly store: Pick<Store, 'add' | 'get'>;
  readonly clock: Clock;
  /** No other journal of the store has it. */
  readonly name: string;
  /** Seconds of one bucket. Readers look one bucket ahead, so that clocks may differ by as much. */
  readonly bucketSeconds: number;
  /** Seconds that an entry lives at least. All of a bucket end together, so that no gap hides the rest. */
  readonly retention: number;
  /** Entries of one bucket at most. */
  readonly most: number;
}

const AT_ONCE = 256; // entries

export function createJournal({ store, clock, name, bucketSeconds, retention, most }: JournalOptions): Journal {
  const keyOf = (bucket: number, place: number) => `${name}:${bucket}:${place}`;
  const bucketOf = (numericDate: number) => Math.floor(numericDate / bucketSeconds);
  let hint = { bucket: Number.NaN, free: 0 }; // where the next entry probably goes

  async function isTaken(bucket: number, place: number): Promise<boolean> {
    return (await store.get(keyOf(bucket, place))) !== undefined;
  }

  /** The first place that is free, from `place` on: doubles the distance, then halves it. */
  async function firstFree(bucket: number, place: number): Promise<number> {
    let free = place;
    let taken = place - 1;
    for (let step = 1; free < most && (await isTaken(bucket, free)); step *= 2) {
      taken = free;
      free = Math.min(free + step, most);
    }
    while (free - taken > 1) {
      const middle = Math.floor((taken + free) / 2);
      if (await isTaken(bucket, middle)) taken = middle;
      else free = middle;
    }
    return free;
  }

  return {
    async append(entry) {
      const bucket = bucketOf(seconds(clock));
      const end = (bucket + 1) * bucketSeconds + retention;
      let place = hint.bucket === bucket ? hint.free : await firstFree(bucket, 0);
      // Another process was faster: behind what it wrote
      for (; place < most; place = await firstFree(bucket, place + 1)) {
        if (!(await store.add(keyOf(bucket, place), entry, end))) continue;
        hint = { bucket, free: place + 1 };
        return;
      }
      throw new HoldfastError('store_full', { detail: 'journal' });
    },

    reader() {
      const next = new Map<number, number>(); // the place to read next, by bucket
      return {
        async *read(since = Number.NEGATIVE_INFINITY) {
          const now = seconds(clock);
          // What lies before has ended, whatever was asked for
          const first = Math.max(bucketOf(since), bucketOf(now - retention) - 1);
          for (const bucket of next.keys()) if (bucket < first) next.delete(bucket);
          for (let bucket = first; bucket <= bucketOf(now) + 1; bucket += 1) {
            for (let place = next.get(bucket) ?? 0; ; place += 1) {
              const entry = await store.get(keyOf(bucket, place));
              if (entry === undefined) break;
              yield entry;
              next.set(bucket, place + 1); // now that whoever reads has it
              // The store may answer at once: others are served in between
              if (place % AT_ONCE === AT_ONCE - 1) await setImmediate();
            }
          }
        },
      };
    },
  };
}
