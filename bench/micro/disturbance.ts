import { hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../statistics.ts';

/**
 * A core is often shared with machines that nobody sees. While one of them works everything here takes half as long again,
 * for tenths of a second or for many, by the CPU clock too. A fixed piece of work shows it.
 */
export interface Watch {
  /** µs that the piece of work takes now. */
  look(): number;
  /** Waits until the core is undisturbed, while there is patience; resolves with the last look. */
  undisturbed(): Promise<number>;
}

/** What was measured between two looks: the slower one of them. */
export interface Looked {
  readonly look: number;
}

const OCTETS = Buffer.alloc(65_536);
const TIMES = 6; // a millisecond together
const AS_FAST = 1.12;
const FASTEST = 0.05; // share of the looks: that one look was quicker than it could be must not make all others slow
const REMEMBERED = 4000; // looks
const PAUSE = 10; // ms
const LONGEST = 4000; // ms of waiting at once
/** Undisturbed rounds from which on the others do not count. */
export const ENOUGH = 2;

function hashing(): number {
  // By the wall: the CPU of the process has in it what the garbage collector still does for the slice before, and that of the
  // thread is told by ticks of some milliseconds
  const start = performance.now();
  for (let i = 0; i < TIMES; i += 1) hash('sha256', OCTETS);
  return (performance.now() - start) * 1000;
}

/** `patience`: milliseconds of waiting in all. `work`: does the piece of work, and returns the µs that it took. */
export function createWatch(patience: number, work = hashing): Watch {
  const looks: number[] = [];
  let left = patience;

  function look(): number {
    const taken = work();
    looks.push(taken);
    if (looks.length > REMEMBERED) looks.shift();
    return taken;
  }

  return {
    look,
    async undisturbed() {
      let last = look();
      const limit = slowest(looks);
      const start = performance.now();
      // What is seen while waiting is not remembered: a long disturbance would soon be all that is
      while (last > limit && performance.now() - start < Math.min(LONGEST, left)) {
        await sleep(PAUSE);
        last = work();
      }
      left -= performance.now() - start;
      return last;
    },
  };
}

/** The slowest of these looks that an undisturbed core may have had. */
export function slowest(looks: readonly number[]): number {
  const sorted = looks.toSorted((a, b) => a - b);
  return AS_FAST * percentile(sorted, FASTEST);
}

/** The slowest look of an undisturbed core, by all that was measured on it. */
export function slowestOf(measured: readonly (readonly Looked[])[]): number {
  return slowest(measured.flatMap((rounds) => rounds.map(({ look }) => look)));
}

/** The rounds in which all of these were undisturbed. Each has an entry for each round. */
export function undisturbedRounds(measured: readonly (readonly Looked[])[], limit: number): number[] {
  const [first = []] = measured;
  return [...first.keys()].filter((round) => measured.every((each) => (each[round]?.look ?? Number.NaN) <= limit));
}

/** The same, or all rounds where those would not be enough. */
export function roundsThatCount(measured: readonly (readonly Looked[])[], limit: number): number[] {
  const undisturbed = undisturbedRounds(measured, limit);
  return undisturbed.length < ENOUGH ? [...(measured[0] ?? []).keys()] : undisturbed;
}
