/** A set that keeps nothing alive and can be gone through, which a WeakSet cannot. */
export interface EnumerableWeakSet<T extends object> {
  add(value: T): void;
  remove(value: T): void;
  /** Those that are still there. */
  all(): T[];
}

export function createWeakSet<T extends object>(): EnumerableWeakSet<T> {
  const references = new Set<WeakRef<T>>();
  const gone = new FinalizationRegistry<WeakRef<T>>((reference) => references.delete(reference));
  return {
    add(value) {
      const reference = new WeakRef(value);
      references.add(reference);
      gone.register(value, reference);
    },
    remove(value) {
      for (const reference of references) if (reference.deref() === value) references.delete(reference);
    },
    all: () => [...references].flatMap((reference) => reference.deref() ?? []),
  };
}
