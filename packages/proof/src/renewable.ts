import type { Clock } from './clock.ts';
import { HoldfastError } from './errors.ts';

/** Something that the issuer publishes: fetched when it is first needed, kept, and asked for again. */
export interface Renewable<T> {
  /** What is in force now. */
  current(): T | Promise<T>;
  /** What is in force after asking the issuer again, if it may be asked. */
  renewed(): T | Promise<T>;
}

const FRESH = 600_000; // ms that it is used without asking again
const STALE = 3_600_000; // ms that it is used while the issuer does not answer
const COOLDOWN = 30_000; // ms between two attempts, so that strangers cannot make us a weapon against the issuer
const RETRY = 1_000; // ms between two attempts while there is nothing at all

/** What `read` reads: once for all concurrent requests. A failed attempt is `issuer_unavailable` to who cannot do without. */
export function createRenewable<T>(clock: Clock, read: () => Promise<T>): Renewable<T> {
  let known: { value: T; at: number } | undefined;
  let failure: unknown; // of the last attempt
  let asked = Number.NEGATIVE_INFINITY;
  let underway: Promise<void> | undefined;

  async function attempt(startedAt: number): Promise<void> {
    try {
      known = { value: await read(), at: startedAt };
      failure = undefined;
    } catch (thrown) {
      failure = thrown;
    } finally {
      underway = undefined;
    }
  }

  /** One attempt for everybody who waits, none during the cooldown. A failed one is remembered, not thrown. */
  async function refreshWhenDue(now: number): Promise<void> {
    if (underway === undefined && now - asked >= (known === undefined ? RETRY : COOLDOWN)) {
      asked = now;
      underway = attempt(now);
    }
    await underway;
  }

  /** A clock that stepped back cannot tell how long ago something was: time to ask again, and not too old to use. */
  function followClock(now: number): void {
    if (now < asked) asked = Number.NEGATIVE_INFINITY;
    if (known !== undefined && now < known.at) known = { ...known, at: now - FRESH };
  }

  function current(now: number): T | Promise<T> {
    followClock(now);
    return known !== undefined && now - known.at < FRESH ? known.value : refreshed(now);
  }

  async function refreshed(now: number): Promise<T> {
    const refreshing = refreshWhenDue(now);
    const isUsable = () => known !== undefined && clock() - known.at < STALE;
    // Once the issuer has failed, nobody waits for it who can do without
    if (failure === undefined || !isUsable()) await refreshing;
    if (known === undefined || !isUsable()) throw new HoldfastError('issuer_unavailable', { cause: failure });
    return known.value;
  }

  return {
    current: () => current(clock()),
    async renewed() {
      // When the issuer does not answer, who asked for something new is refused, not the service
      await refreshWhenDue(clock());
      return current(clock());
    },
  };
}
