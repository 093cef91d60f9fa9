import { type Clock, HoldfastError, type Store, seconds } from '@holdfast/proof';

export interface MemoryStoreOptions {
  readonly clock?: Clock;
  /** Live entries at most; one more is refused with `store_full`, never made room for. */
  readonly maxEntries?: number;
}

interface Entry {
  readonly value: string;
  readonly expiresAt: number;
}

/** The storage port in this process's memory. One process only; gone when it ends. */
export function memoryStore({ clock = Date.now, maxEntries = 1_000_000 }: MemoryStoreOptions = {}): Store {
  const entries = new Map<string, Entry>();
  const expiring = new Map<number, string[]>(); // last live second → keys, so that expiry never scans the entries
  let swept = Number.NEGATIVE_INFINITY;

  function live(key: string, now: number): Entry | undefined {
    const entry = entries.get(key);
    return entry !== undefined && entry.expiresAt >= now ? entry : undefined;
  }

  function sweep(now: number): void {
    if (swept === now) return;
    swept = now;
    for (const [second, keys] of expiring) {
      if (second >= now) continue;
      expiring.delete(second);
      for (const key of keys) if (entries.get(key)?.expiresAt === second) entries.delete(key);
    }
  }

  return {
    add(key, value, expiresAt) {
      const now = seconds(clock);
      sweep(now);
      if (live(key, now) !== undefined) return false;
      if (entries.size >= maxEntries) throw new HoldfastError('store_full');
      entries.set(key, { value, expiresAt });
      const sameSecond = expiring.get(expiresAt);
      if (sameSecond === undefined) expiring.set(expiresAt, [key]);
      else sameSecond.push(key);
      return true;
    },
    get: (key) => live(key, seconds(clock))?.value,
    take(key) {
      const entry = live(key, seconds(clock));
      if (entry !== undefined) entries.delete(key);
      return entry?.value;
    },
  };
}
