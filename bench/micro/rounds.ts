import type { Case, Prepare } from './case.ts';
import { createWatch, type Watch } from './disturbance.ts';
import { measure, type Sample } from './measure.ts';

export interface Pace {
  /** Seconds that all rounds together may last, preparations and waiting included. */
  readonly seconds: number;
  /** How long to wait for the core to be undisturbed, also while warming up, as a share of that. */
  readonly waiting: number;
  /** Milliseconds of CPU for one slice. */
  readonly slice: number;
  /** Operations in a slice at least, where a case has so many: a stray pause must not be all of it. */
  readonly least: number;
  /** Milliseconds of CPU and operations of warming up each case, both at least: before that V8 has hardly begun to optimise. */
  readonly warmUp: { readonly time: number; readonly calls: number };
}

/** A case with one sample for each round. Sample n of every case is of the same round. */
export interface Series {
  readonly case: Case;
  readonly samples: readonly Sample[];
  /** Operations that were measured. */
  readonly operations: number;
}

const MOST = 1500;
const LEAST_ROUNDS = 3;
const MOST_ROUNDS = 100; // more would tell nothing new, and fill the replay tables
const ENOUGH_CALLS = 3000; // by then it has done what it will

interface Running {
  readonly case: Case;
  readonly prepare: Prepare;
  readonly count: number;
  readonly samples: Sample[];
}

/** Runs the cases in turns: what slows the machine for a while slows all cases of that round, and leaves their ratios. */
export async function runRounds(cases: readonly Case[], pace: Pace, say: (line: string) => void): Promise<Series[]> {
  if (cases.length === 0) return [];
  const running: Running[] = [];
  const watch = createWatch(pace.seconds * 1000 * pace.waiting);
  for (const each of cases) {
    say(`warming up: ${each.name}`);
    const prepare = await each.open();
    running.push({ case: each, prepare, count: await warmUp(each, prepare, pace, watch), samples: [] });
  }
  const end = performance.now() + pace.seconds * 1000;
  // The first round is the last of warming up: only after it V8 has seen what all of them do to the code that they share
  for (const each of running) await measure(each.prepare, each.count, watch);
  for (let round = 0; round < MOST_ROUNDS && (round < LEAST_ROUNDS || performance.now() < end); round += 1) {
    say(`round ${round + 1}`);
    // Another one begins each time, so that none always follows the same pause
    for (const each of rotated(running, round)) each.samples.push(await measure(each.prepare, each.count, watch));
  }
  return running.map(({ case: of, samples, count }) => ({ case: of, samples, operations: samples.length * count }));
}

/** Returns how many operations fit into a slice. */
async function warmUp(
  { most = MOST }: Case,
  prepare: Prepare,
  { warmUp, slice, least }: Pace,
  watch: Watch,
): Promise<number> {
  let count = Math.min(most, 50);
  let spent = 0;
  for (let calls = 0; ; calls += count) {
    const { cpu } = await measure(prepare, count, watch);
    spent += (cpu * count) / 1000;
    count = Math.min(most, Math.max(least, Math.round((slice * 1000) / cpu)));
    if ((spent >= warmUp.time && calls >= warmUp.calls) || calls >= ENOUGH_CALLS) return count;
  }
}

function rotated<T>(list: readonly T[], by: number): T[] {
  const at = by % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
