import { type Clock, seconds } from './clock.ts';
import { HoldfastError } from './errors.ts';
import type { ReplayStore } from './store.ts';
import { withinTime } from './within-time.ts';

export interface BoundedReplayOptions {
  readonly clock: Clock;
  /** Milliseconds to wait for the store. */
  readonly timeout: number;
}

const LONGEST = 60_000; // ms; nobody waits longer for an answer to a request

/**
 * The replay store as the line uses it: it answers in time or the request is refused. An entry outlives the last second
 * of its proof by that time, so that duplicates that are under way across that second still meet it.
 */
export function boundedReplay(store: ReplayStore, { clock, timeout }: BoundedReplayOptions): ReplayStore {
  if (!(timeout >= 0 && timeout <= LONGEST)) throw new TypeError(`timeout: 0 to ${LONGEST} ms`);
  const grace = Math.ceil(timeout / 1000);
  return {
    add(key, value, expiresAt) {
      // The keys of the issuer may have taken long to come
      if (seconds(clock) > expiresAt) throw new HoldfastError('store_unavailable', { detail: 'asked too late' });
      const added: unknown = store.add(key, value, expiresAt + grace);
      return typeof added === 'boolean' ? added : answer(added, timeout);
    },
  };
}

async function answer(added: unknown, timeout: number): Promise<boolean> {
  const answered = await withinTime(Promise.resolve(added), timeout);
  if (typeof answered !== 'boolean') throw new HoldfastError('store_unavailable', { detail: 'not a boolean' });
  return answered;
}
