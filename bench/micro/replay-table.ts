import { hash, randomBytes } from 'node:crypto';
import type { ReplayStore } from '@holdfast/proof';
import { createReplayTable } from '@holdfast/verifier';
import type { Result } from '../result.ts';
import { percentile, spread } from '../statistics.ts';
import { comparison } from '../verdict.ts';
import { clearAway, collectAll } from './measure.ts';

const ENTRIES = 1_000_000;
const LIFE = 120; // seconds over which they come in: as long as a nonce is accepted
const STEP = 60; // seconds of a nonce
const BATCH = 10_000;
const START = 1_800_000_000;

export const REPLAY_TABLE = 'replay table';

interface Filling {
  readonly bytes: number;
  /** µs of CPU, mean. */
  readonly mean: number;
  readonly p999: number;
  readonly worst: number;
}

/** Fills a table with a million live entries, some times over, and weighs it. */
export async function measureReplayTable(times: number, say: (line: string) => void): Promise<Result[]> {
  const fillings: Filling[] = [];
  for (let i = 0; i < times; i += 1) {
    say(`${REPLAY_TABLE}: filling ${i + 1} of ${times}`);
    fillings.push({ ...timeEach(), ...(await fill()) }); // this way round, so that the heap has settled
  }
  const result = (what: string, unit: Result['unit'], figure: keyof Filling, atMost?: number): Result => {
    const value = spread(fillings.map((filling) => filling[figure]));
    const comparisons = atMost === undefined ? [] : [comparison(value, atMost)];
    return {
      name: `${REPLAY_TABLE}: ${what}`,
      group: 'replay',
      entries: ENTRIES,
      unit,
      value,
      operations: ENTRIES,
      rounds: times,
      comparisons,
    };
  };
  return [
    result('live entry at 1,000,000', 'bytes', 'bytes', 32),
    result('reserve, mean', 'µs CPU', 'mean', 1.5),
    result('reserve, 999 of 1,000', 'µs CPU', 'p999'),
    result('reserve, worst', 'µs CPU', 'worst'),
  ];
}

/** Without a clock reading at each entry, which would cost as much as the entry. */
async function fill(): Promise<Pick<Filling, 'bytes' | 'mean'>> {
  await collectAll();
  const before = inUse();
  const { table, batches } = openTable();
  let micros = 0;
  let last = { key: '', expiresAt: 0 };
  for (const { keys, expiresAt } of batches) {
    const start = process.cpuUsage();
    for (const key of keys) if (table.add(key, '', expiresAt) !== true) throw new Error('a new entry was refused');
    const { user, system } = process.cpuUsage(start);
    micros += user + system;
    last = { key: keys.at(-1) ?? '', expiresAt };
  }
  await collectAll();
  const bytes = (inUse() - before) / ENTRIES;
  // Also keeps the table alive until it has been weighed
  if (table.add(last.key, '', last.expiresAt) !== false) throw new Error('an entry was forgotten');
  return { bytes, mean: micros / ENTRIES };
}

/**
 * The table's own work: by CPU time, so that what else the machine does is not in it, and with little garbage to collect.
 * A reading takes a microsecond itself.
 */
function timeEach(): Pick<Filling, 'p999' | 'worst'> {
  const { table, batches } = openTable();
  const times = new Float64Array(ENTRIES);
  let done = 0;
  for (const { keys, expiresAt } of batches) {
    clearAway();
    for (const key of keys) {
      const start = process.cpuUsage();
      const added = table.add(key, '', expiresAt);
      const { user, system } = process.cpuUsage(start);
      times[done] = user + system;
      done += 1;
      if (added !== true) throw new Error('a new entry was refused');
    }
  }
  times.sort();
  return { p999: percentile(times, 0.999), worst: percentile(times, 1) };
}

interface Batch {
  readonly keys: readonly string[];
  readonly expiresAt: number;
}

/** A table, and what comes in while its clock goes from one nonce to the next but one. */
function openTable(): { table: ReplayStore; batches: Iterable<Batch> } {
  let now = START;
  const table = createReplayTable({ clock: () => now * 1000, maxEntries: ENTRIES });
  function* batches(): Iterable<Batch> {
    for (let done = 0; done < ENTRIES; done += BATCH) {
      now = START + Math.floor((done / ENTRIES) * LIFE);
      yield { keys: newKeys(BATCH), expiresAt: lastSecond(now) };
    }
  }
  return { table, batches: batches() };
}

/** RFC 9449 §8: the last second of the nonce that is current at `now`. */
const lastSecond = (now: number) => (Math.floor(now / STEP) + 2) * STEP - 1;

/** As `replayKey` makes them. */
function newKeys(count: number): string[] {
  return Array.from({ length: count }, () => hash('sha256', randomBytes(16), 'base64url'));
}

function inUse(): number {
  const { heapUsed, external } = process.memoryUsage(); // array buffers are external
  return heapUsed + external;
}
