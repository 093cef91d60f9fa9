export interface Bounds {
  readonly maxEntries: number;
  /** Octets that all keys together may take. What the values take is bounded by `maxEntries` alone. */
  readonly maxKeyBytes: number;
}

/** What has not been recalled for long makes room. Keys are ASCII. */
export interface BoundedCache<V> {
  recall(key: string): V | undefined;
  keep(key: string, value: V): void;
  forget(key: string): void;
}

interface Half<V> {
  readonly entries: Map<string, V>;
  bytes: number;
}

/**
 * Two halves instead of an order: a new half begins when the younger one is full, and what is recalled from the older one
 * moves over. So a hit costs one look-up and no write, and everything that was recalled since the last change stays.
 */
export function createBoundedCache<V>({ maxEntries, maxKeyBytes }: Bounds): BoundedCache<V> {
  let young: Half<V> = { entries: new Map(), bytes: 0 };
  let old: Half<V> = { entries: new Map(), bytes: 0 };

  function keep(key: string, value: V): void {
    forget(key);
    const isFull = (young.entries.size + 1) * 2 > maxEntries || (young.bytes + key.length) * 2 > maxKeyBytes;
    if (isFull) {
      old = young;
      young = { entries: new Map(), bytes: 0 };
    }
    // A copy: a slice would keep the whole header field alive that it was cut from
    young.entries.set(Buffer.from(key, 'latin1').toString('latin1'), value);
    young.bytes += key.length;
  }

  function forget(key: string): void {
    for (const half of [young, old]) if (half.entries.delete(key)) half.bytes -= key.length;
  }

  return {
    recall(key) {
      const value = young.entries.get(key);
      if (value !== undefined) return value;
      const aging = old.entries.get(key);
      if (aging !== undefined) keep(key, aging);
      return aging;
    },
    keep,
    forget,
  };
}
