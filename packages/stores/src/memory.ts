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
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1) {
    throw new TypeError('maxEntries: a whole number, one or more');
  }
  const entries = new Map<string, Entry>();
  const expiring = new Map<number, Set<string>>(); // last live second → keys, so that expiry never scans the entries
  let forgotten = Number.NEGATIVE_INFINITY; // entries whose last second lies before this one are gone

  function live(key: string): Entry | undefined {
    const entry = entries.get(key);
    return entry !== undefined && entry.expiresAt >= seconds(clock) ? entry : undefined;
  }

  function forgetExpired(now: number): void {
    if (now <= forgotten) return;
    forgotten = now;
    for (const [second, keys] of expiring) {
      if (second >= now) continue;
      for (const key of keys) entries.delete(key);
      expiring.delete(second);
    }
  }

  return {
    isVolatile: true,
    add(key, value, expiresAt) {
      forgetExpired(seconds(clock));
      if (entries.has(key)) return false;
      // It may have been here: the request was under way too long, or the clock was set back
      if (!(expiresAt >= forgotten)) throw new HoldfastError('store_unavailable', { detail: 'entry of the past' });
      if (entries.size >= maxEntries) throw new HoldfastError('store_full');
      entries.set(key, { value, expiresAt });
      const sameSecond = expiring.get(expiresAt);
      if (sameSecond === undefined) expiring.set(expiresAt, new Set([key]));
      else sameSecond.add(key);
      return true;
    },
    get: (key) => live(key)?.value,
    take(key) {
      const entry = live(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      expiring.get(entry.expiresAt)?.delete(key);
      return entry.value;
    },
  };
}
