import { hash, randomBytes } from 'node:crypto';
import { type Clock, HoldfastError, type ReplayStore, seconds } from '@holdfast/proof';

export interface ReplayTableOptions {
  readonly clock: Clock;
  /** Live entries at most. One more is refused with `store_full`: forgetting a live entry would let its proof in again. */
  readonly maxEntries?: number;
}

const BUCKET = 16; // seconds of expiry that share a generation
const FIRST_SLOTS = 1024;
const LOAD = 0.75;

/** One generation: 128-bit fingerprints in an open-addressed table, all expiring within one bucket. */
interface Generation {
  slots: Uint32Array; // four words a slot; all zero means free
  size: number;
}

/**
 * The embedded replay store: fingerprints in typed arrays, thrown away a bucket at a time. An entry lives at least
 * through its last second and at most one bucket longer, which refuses nothing that freshness would still accept.
 */
export function createReplayTable({ clock, maxEntries = 1_000_000 }: ReplayTableOptions): ReplayStore {
  if (!Number.isInteger(maxEntries) || maxEntries < 1) throw new TypeError('maxEntries: a whole number, one or more');
  const generations = new Map<number, Generation>();
  const salt = randomBytes(16).toString('base64url'); // so that nobody can choose where an entry lands
  let size = 0;
  let first = Number.NEGATIVE_INFINITY; // the first bucket that is still kept

  function dropExpired(now: number): void {
    const current = Math.floor(now / BUCKET);
    if (current <= first) return;
    first = current;
    for (const [bucket, generation] of generations) {
      if (bucket >= first) continue;
      generations.delete(bucket);
      size -= generation.size;
    }
  }

  return {
    add(key, _value, expiresAt) {
      dropExpired(seconds(clock));
      const words = fingerprint(salt + key);
      // The same jti can come with another iat, so it may sit in any generation.
      for (const generation of generations.values()) if (probe(generation.slots, words).taken) return false;
      const bucket = Math.floor(expiresAt / BUCKET);
      // It may have been here and is thrown away: the clock stepped back, or the request was under way too long.
      if (!(bucket >= first)) throw new HoldfastError('store_unavailable', { detail: 'entry of the past' });
      if (size >= maxEntries) throw new HoldfastError('store_full');
      insert(generationOf(generations, bucket), words);
      size += 1;
      return true;
    },
  };
}

function generationOf(generations: Map<number, Generation>, bucket: number): Generation {
  const known = generations.get(bucket);
  if (known !== undefined) return known;
  const fresh = { slots: new Uint32Array(FIRST_SLOTS * 4), size: 0 };
  generations.set(bucket, fresh);
  return fresh;
}

function insert(generation: Generation, words: Uint32Array): void {
  if ((generation.size + 1) * 4 > generation.slots.length * LOAD) grow(generation);
  generation.slots.set(words, probe(generation.slots, words).at);
  generation.size += 1;
}

function grow(generation: Generation): void {
  const old = generation.slots;
  generation.slots = new Uint32Array(old.length * 2);
  for (let at = 0; at < old.length; at += 4) {
    const words = old.subarray(at, at + 4);
    if (words.some((word) => word !== 0)) generation.slots.set(words, probe(generation.slots, words).at);
  }
}

/** Linear probing: where the fingerprint is, or the free slot where it belongs. Slot counts are powers of two. */
function probe(slots: Uint32Array, words: Uint32Array): { at: number; taken: boolean } {
  const mask = slots.length - 1;
  let at = ((words[0] ?? 0) * 4) & mask;
  for (;;) {
    const free = slots[at] === 0 && slots[at + 1] === 0 && slots[at + 2] === 0 && slots[at + 3] === 0;
    if (free) return { at, taken: false };
    const same =
      slots[at] === words[0] && slots[at + 1] === words[1] && slots[at + 2] === words[2] && slots[at + 3] === words[3];
    if (same) return { at, taken: true };
    at = (at + 4) & mask;
  }
}

function fingerprint(key: string): Uint32Array {
  const digest = hash('sha256', key, 'buffer');
  const words = new Uint32Array(4);
  for (let i = 0; i < 4; i += 1) words[i] = digest.readUInt32LE(i * 4);
  if (words.every((word) => word === 0)) words[0] = 1; // all zero marks a free slot
  return words;
}
