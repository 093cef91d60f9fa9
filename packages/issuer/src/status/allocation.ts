import { randomBytes, randomInt } from 'node:crypto';
import { type Clock, type StatusReference, seconds } from '@holdfast/proof';

/** Places for new tokens. */
export interface Allocation {
  /** A place that no token has and no other token will get. A promise only where a list begins. */
  allocate(): StatusReference | Promise<StatusReference>;
}

export interface AllocationOptions {
  readonly clock: Clock;
  /** Places of one list. */
  readonly size: number;
  /** Seconds for which a list takes new tokens. */
  readonly life: number;
  /** Makes a list known that takes tokens from `begin` (NumericDate) on, before any token refers to it. */
  readonly register: (list: string, begin: number) => Promise<void>;
  readonly uriOf: (list: string) => string;
}

interface List {
  readonly uri: string;
  /** NumericDates between which it takes tokens. */
  readonly begin: number;
  readonly end: number;
  /** The first `left` ones are free. */
  readonly places: Uint32Array;
  left: number;
}

const ID_OCTETS = 16;

/** Whether a text could name a list. */
export function isListId(text: string): boolean {
  return /^[A-Za-z0-9_-]{22}$/.test(text);
}

/**
 * Each process fills lists of its own, so that nobody has to agree on places, and a restart begins a new one
 * (Token Status List §13.3: no place twice). Places come in random order: neither a holder nor who compares tokens learns
 * from them how many there are, or which came first.
 */
export function createAllocation({ clock, size, life, register, uriOf }: AllocationOptions): Allocation {
  let current: List | undefined;
  let beginning: Promise<void> | undefined;

  async function begin(now: number): Promise<void> {
    try {
      const id = randomBytes(ID_OCTETS).toString('base64url');
      await register(id, now);
      const places = new Uint32Array(size).map((_, place) => place);
      current = { uri: uriOf(id), begin: now, end: now + life, places, left: size };
    } finally {
      beginning = undefined;
    }
  }

  /** One list begins for everybody who waits; who finds it used up by the others begins the next. */
  async function allocateFromNew(now: number): Promise<StatusReference> {
    beginning ??= begin(now);
    await beginning;
    return await allocate();
  }

  function allocate(): StatusReference | Promise<StatusReference> {
    const now = seconds(clock);
    return current !== undefined && takes(current, now) ? takePlace(current) : allocateFromNew(now);
  }

  return { allocate };
}

// A clock that stepped back would give tokens that outlive their list
function takes({ begin, end, left }: List, now: number): boolean {
  return left > 0 && begin <= now && now < end;
}

/** One step of a shuffle: any free place, and the last free one moves to where it was. */
function takePlace(list: List): StatusReference {
  const { places, uri } = list;
  const drawn = randomInt(list.left);
  const idx = places[drawn];
  list.left -= 1;
  const last = places[list.left];
  if (idx === undefined || last === undefined) throw new RangeError('places: none is left');
  places[drawn] = last;
  return { idx, uri };
}
