export interface Bounds {
  readonly maxEntries: number;
  /** Octets that all keys together may take. What the values take is bounded by `maxEntries` alone. */
  readonly maxKeyBytes: number;
}

/** What was recalled longest ago makes room. Keys are ASCII. */
export interface BoundedCache<V> {
  recall(key: string): V | undefined;
  keep(key: string, value: V): void;
  forget(key: string): void;
  clear(): void;
}

export function createBoundedCache<V>({ maxEntries, maxKeyBytes }: Bounds): BoundedCache<V> {
  const entries = new Map<string, V>(); // in the order in which they were recalled
  let bytes = 0;

  function forget(key: string): void {
    if (entries.delete(key)) bytes -= key.length;
  }

  return {
    recall(key) {
      const value = entries.get(key);
      if (value === undefined) return undefined;
      entries.delete(key);
      entries.set(key, value);
      return value;
    },
    keep(key, value) {
      forget(key);
      // A copy: a slice would keep the whole header field alive that it was cut from
      entries.set(Buffer.from(key, 'latin1').toString('latin1'), value);
      bytes += key.length;
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries && bytes <= maxKeyBytes) return;
        forget(oldest);
      }
    },
    forget,
    clear() {
      entries.clear();
      bytes = 0;
    },
  };
}
