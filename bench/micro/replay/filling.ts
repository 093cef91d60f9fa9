import { randomBytes } from 'node:crypto';
import type { ReplayStore } from '@holdfast/proof';
import { collectAll } from '../../garbage.ts';

/** What a store that was filled takes. */
export interface Filling {
  /** For each live entry, in this process. */
  readonly bytes: number;
  /** µs of CPU to add one, mean. */
  readonly mean: number;
}

/** A store that keeps the time that it is told. */
export type CreateStore = (clock: () => number) => Pick<ReplayStore, 'add'>;

export interface Batch {
  readonly keys: readonly string[];
  readonly expiresAt: number;
}

const LIFE = 120; // seconds over which they come in: as long as a nonce is accepted
const STEP = 60; // seconds of a nonce
const BATCH = 10_000;
const START = 1_800_000_000;
const OCTETS = 32; // of a digest

/** Fills a store with so many live entries, and weighs it. */
export async function fill(create: CreateStore, entries: number): Promise<Filling> {
  await collectAll();
  const before = inUse();
  const { store, micros, last } = filled(create, entries);
  await collectAll();
  const bytes = (inUse() - before) / entries;
  // Also keeps the store alive until it has been weighed
  if (store.add(last.key, '', last.expiresAt) !== false) throw new Error('an entry was forgotten');
  return { bytes, mean: micros / entries };
}

/** Keeps no key but the last one. Without a clock reading at each, which would cost as much as the entry. */
function filled(create: CreateStore, entries: number) {
  const { store, batches } = openStore(create, entries);
  let micros = 0;
  let last = { key: '', expiresAt: 0 };
  for (const { keys, expiresAt } of batches) {
    const start = process.cpuUsage();
    for (const key of keys) if (store.add(key, '', expiresAt) !== true) throw new Error('a new entry was refused');
    const { user, system } = process.cpuUsage(start);
    micros += user + system;
    last = { key: keys.at(-1) ?? '', expiresAt };
  }
  return { store, micros, last };
}

/** A store, and what comes in while its clock goes from one nonce to the next but one. */
export function openStore(create: CreateStore, entries: number) {
  let now = START;
  function* batches(): Iterable<Batch> {
    for (let done = 0; done < entries; done += BATCH) {
      now = START + Math.floor((done / entries) * LIFE);
      yield { keys: newKeys(Math.min(BATCH, entries - done)), expiresAt: lastSecond(now) };
    }
  }
  return { store: create(() => now * 1000), batches: batches() };
}

/** RFC 9449 §8: the last second of the nonce that is current at `now`. */
const lastSecond = (now: number) => (Math.floor(now / STEP) + 2) * STEP - 1;

/** As `replayKey` makes them: base64url of a digest. */
export function newKeys(count: number): string[] {
  const octets = randomBytes(count * OCTETS);
  return Array.from({ length: count }, (_, i) => octets.toString('base64url', i * OCTETS, (i + 1) * OCTETS));
}

function inUse(): number {
  const { heapUsed, external } = process.memoryUsage(); // array buffers are external
  return heapUsed + external;
}
