import { type KeyChange, keyChanges } from './key-change.ts';
import type { KeyRing } from './key-ring.ts';

/** A ring as it is at one moment, and the state of each of its keys. */
export interface Moment {
  readonly ring: KeyRing;
  readonly states: readonly KeyChange[];
}

/** What a `KeyRing` needs to be one whose keys change. */
export interface Changing {
  now(): KeyRing;
  states(): Moment['states'];
  /** Replaces the whole ring at once, then tells who watches. Listeners do not throw. */
  change(next: Moment): void;
  watch(listener: (change: KeyChange) => void): void;
}

export function createChanging(first: Moment): Changing {
  let moment = first;
  const listeners: ((change: KeyChange) => void)[] = [];
  return {
    now: () => moment.ring,
    states: () => moment.states,
    change(next) {
      const changes = keyChanges(moment.states, next.states);
      moment = next;
      for (const change of changes) for (const listener of listeners) listener(change);
    },
    watch: (listener) => void listeners.push(listener),
  };
}
