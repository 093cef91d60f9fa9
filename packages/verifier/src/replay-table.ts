import { hash, randomBytes } from 'node:crypto';
import { type Clock, HoldfastError, type ReplayStore, seconds } from '@holdfast/proof';

export interface ReplayTableOptions {
  readonly clock: Clock;
  /**
   * Live entries at most, default 4,000,000. One more is refused with `store_full`: forgetting a live entry would let its
   * proof in again. An entry takes 20 to 27 bytes, so that the default means up to 107 MB, and nothing before it is used.
   */
  readonly maxEntries?: number;
}

export interface ReplayTable extends ReplayStore {
  /** Live entries at this moment. */
  readonly size: number;
}

const SHARDS = 1024; // each is rebuilt by itself, so that no request waits for more than a thousandth of the table
const SLOT = 4; // words: 96 bits of fingerprint, then the second at which the entry is gone; 0 there means free
const FIRST_SLOTS = 8;
const FULL = 0.8; // share of slots in use at which a shard is rebuilt …
const ROOMY = 0.6; // … with this share of live entries
const SPARSE = 0.45; // share of live entries in the whole table below which shards are rebuilt unasked …
const AT_A_TIME = 8; // … so many when a new second begins
const LAST = 2 ** 32 - 2; // the last second that a slot can hold; some time in 2106

/**
 * The embedded replay store: open-addressed fingerprints in typed arrays. An entry is live through its last second and not
 * a second longer. What has ended is left behind when its shard is rebuilt, mostly because the shard has filled up; what is
 * live never is. Two keys of one fingerprint would refuse the second: less than one request in 10^25.
 */
export function createReplayTable({ clock, maxEntries = 4_000_000 }: ReplayTableOptions): ReplayTable {
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1) {
    throw new TypeError('maxEntries: a whole number, one or more');
  }
  const salt = randomBytes(16).toString('base64url'); // so that nobody can choose where an entry lands
  const shards = Array.from({ length: SHARDS }, () => new Int32Array(0));
  const used = new Uint32Array(SHARDS); // slots of each shard that are not free
  const ending = new Map<number, number>(); // last second → how many live entries end with it
  let slots = 0; // of all shards
  let size = 0;
  let now = 0; // the latest second ever seen; what ended before it may be forgotten
  let next = 0; // the shard that is rebuilt next when there are too few live entries

  function advance(second: number): void {
    if (second <= now) return;
    now = second;
    for (const [last, count] of ending) {
      if (last >= now) continue;
      ending.delete(last);
      size -= count;
    }
    for (let i = 0; i < AT_A_TIME && size < slots * SPARSE; i += 1, next = (next + 1) % SHARDS) rebuild(next);
  }

  function rebuild(shard: number): Int32Array {
    const old = shards[shard] ?? new Int32Array(0);
    const live = countLive(old, now);
    const fresh = new Int32Array(SLOT * Math.max(FIRST_SLOTS, Math.ceil((live + 1) / ROOMY)));
    copyLive(old, fresh, now);
    shards[shard] = fresh;
    used[shard] = live;
    slots += (fresh.length - old.length) / SLOT;
    return fresh;
  }

  /** The slots of a shard, of which one more can be used. */
  function withRoom(shard: number): Int32Array {
    const words = shards[shard] ?? new Int32Array(0);
    return ((used[shard] ?? 0) + 1) * SLOT <= words.length * FULL ? words : rebuild(shard);
  }

  return {
    isVolatile: true,
    add(key, _value, expiresAt) {
      advance(seconds(clock));
      const digest = hash('sha256', salt + key, 'latin1');
      const [a, b, c] = [word(digest, 0), word(digest, 4), word(digest, 8)];
      const shard = word(digest, 12) & (SHARDS - 1);
      const words = withRoom(shard);
      const at = find(words, a, b, c);
      const gone = (words[at + 3] ?? 0) >>> 0;
      if (gone > now) return false;
      // It may have been here and be forgotten: the clock stepped back, or the request was under way too long
      if (!(expiresAt >= now)) throw new HoldfastError('store_unavailable', { detail: 'entry of the past' });
      if (expiresAt > LAST) throw new HoldfastError('store_unavailable', { detail: 'entry without end' });
      if (size >= maxEntries) throw new HoldfastError('store_full');
      const last = Math.floor(expiresAt);
      words[at] = a;
      words[at + 1] = b;
      words[at + 2] = c;
      words[at + 3] = last + 1;
      if (gone === 0) used[shard] = (used[shard] ?? 0) + 1;
      ending.set(last, (ending.get(last) ?? 0) + 1);
      size += 1;
      return true;
    },
    get size() {
      advance(seconds(clock));
      return size;
    },
  };
}

/** Where the fingerprint is, or the free slot where it belongs: linear probing, in a shard that has a free slot. */
function find(words: Int32Array, a: number, b: number, c: number): number {
  const count = words.length / SLOT;
  // By multiplication, so that a shard can have any number of slots
  let at = Math.floor(((a >>> 0) * count) / 2 ** 32) * SLOT;
  for (;;) {
    if (words[at + 3] === 0) return at;
    if (words[at] === a && words[at + 1] === b && words[at + 2] === c) return at;
    at += SLOT;
    if (at === words.length) at = 0;
  }
}

function countLive(words: Int32Array, now: number): number {
  let live = 0;
  for (let at = SLOT - 1; at < words.length; at += SLOT) if ((words[at] ?? 0) >>> 0 > now) live += 1;
  return live;
}

function copyLive(from: Int32Array, to: Int32Array, now: number): void {
  for (let at = 0; at < from.length; at += SLOT) {
    const gone = from[at + 3] ?? 0;
    if (gone >>> 0 <= now) continue;
    const [a, b, c] = [from[at] ?? 0, from[at + 1] ?? 0, from[at + 2] ?? 0];
    const free = find(to, a, b, c);
    to[free] = a;
    to[free + 1] = b;
    to[free + 2] = c;
    to[free + 3] = gone;
  }
}

/** 32 bits of a digest in latin1, as a signed integer: four octets by charCodeAt cost less than a Buffer. */
function word(digest: string, at: number): number {
  return (
    digest.charCodeAt(at) |
    (digest.charCodeAt(at + 1) << 8) |
    (digest.charCodeAt(at + 2) << 16) |
    (digest.charCodeAt(at + 3) << 24)
  );
}
