import type { Store } from '@holdfast/proof';

/** Is told how a store does. */
export interface StoreObserver {
  answered(verb: Verb, milliseconds: number): void;
  failed(verb: Verb): void;
}

export type Verb = 'add' | 'get' | 'take';

/** The same store, whose answers somebody watches. What it answers at once it still answers at once. */
export function observedStore(store: Store, observer: StoreObserver): Store {
  function observe<T>(verb: Verb, ask: () => T | Promise<T>): T | Promise<T> {
    const asked = performance.now();
    const answered = <A>(answer: A): A => {
      observer.answered(verb, performance.now() - asked);
      return answer;
    };
    const failed = (fault: unknown): never => {
      observer.failed(verb);
      throw fault;
    };
    try {
      const answer = ask();
      return answer instanceof Promise ? answer.then(answered, failed) : answered(answer);
    } catch (fault) {
      return failed(fault);
    }
  }

  return {
    isVolatile: store.isVolatile ?? false,
    add: (key, value, expiresAt) => observe('add', () => store.add(key, value, expiresAt)),
    get: (key) => observe('get', () => store.get(key)),
    take: (key) => observe('take', () => store.take(key)),
  };
}
