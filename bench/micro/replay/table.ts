import { createReplayTable } from '@holdfast/verifier';
import { clearAway } from '../../garbage.ts';
import type { Result } from '../../result.ts';
import { percentile } from '../../statistics.ts';
import { type CreateStore, type Filling, fill, openStore } from './filling.ts';
import { inWords, type Measure, type Measured, replayResult } from './replay-result.ts';

const MILLION = 1_000_000;
const QUICK = [10_000, 100_000, MILLION];
const LARGE = [3 * MILLION, 10 * MILLION]; // which take as long as everything else

/** The embedded table by the number of its live entries. What it is held to, it is held to at a million. */
export const measureTable: Measure = async (name, { quick, say }) => {
  const [times, sizes] = quick ? [1, QUICK] : [2, [...QUICK, ...LARGE]];
  const timed = quick ? MILLION / 5 : MILLION;
  const results: Result[] = [];
  const one = await repeated(times, async () => timeEach(timed)); // first, so that the heap has settled
  for (const entries of sizes) {
    say(`${name}: ${inWords(entries)} live entries`);
    const fillings = await repeated(entries > MILLION ? 1 : times, () => fill(table(entries), entries));
    results.push(...ofSize(name, entries, fillings));
  }
  const more = { entries: timed, unit: 'µs CPU' } as const;
  return [
    ...results,
    replayResult(`${name}: reserve, 999 of 1,000`, { ...more, values: one.map(({ p999 }) => p999) }),
    replayResult(`${name}: reserve, worst`, { ...more, values: one.map(({ worst }) => worst) }),
  ];
};

const table =
  (maxEntries: number): CreateStore =>
  (clock) =>
    createReplayTable({ clock, maxEntries });

function ofSize(name: string, entries: number, fillings: readonly Filling[]): Result[] {
  const isHeld = entries === MILLION;
  const of = (unit: Result['unit'], figure: keyof Filling, atMost: number): Measured => ({
    ...{ entries, unit, values: fillings.map((filling) => filling[figure]) },
    ...(isHeld ? { atMost } : {}),
  });
  const reserving = isHeld ? 'reserve, mean' : `reserve at ${inWords(entries)}, mean`;
  return [
    replayResult(`${name}: live entry at ${inWords(entries)}`, of('bytes', 'bytes', 32)),
    replayResult(`${name}: ${reserving}`, of('µs CPU', 'mean', 1.5)),
  ];
}

/**
 * The table's own work: by CPU time, so that what else the machine does is not in it, and with little garbage to collect.
 * A reading takes half a microsecond itself.
 */
function timeEach(entries: number): { readonly p999: number; readonly worst: number } {
  const { store, batches } = openStore(table(entries), entries);
  const times = new Float64Array(entries);
  let done = 0;
  for (const { keys, expiresAt } of batches) {
    clearAway();
    for (const key of keys) {
      const start = process.cpuUsage();
      const added = store.add(key, '', expiresAt);
      const { user, system } = process.cpuUsage(start);
      times[done] = user + system;
      done += 1;
      if (added !== true) throw new Error('a new entry was refused');
    }
  }
  times.sort();
  return { p999: percentile(times, 0.999), worst: percentile(times, 1) };
}

async function repeated<T>(times: number, measure: () => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  for (let i = 0; i < times; i += 1) all.push(await measure());
  return all;
}
