import { type Algorithm, algorithms as table } from '@holdfast/proof';
import type { KeptKey } from './kept-key.ts';
import { changeKeys, type KeyFileOptions, type KeyFileSettings, readKeyFileOptions, readKeys } from './kept-keys.ts';
import type { KeyChange } from './key-change.ts';
import { chains, dropped, find, isNextKnown, lacking, promoted, withdrawn } from './key-states.ts';
import { unusable } from './refusal.ts';

export interface Rotation {
  readonly changes: readonly KeyChange[];
  /** Algorithms that were left alone, because not every verifier knows their next key yet. */
  readonly early: readonly Algorithm[];
}

/**
 * The next key of each algorithm signs from now on. One that was published less than `margin` ago is left alone, unless
 * this has to be done `now`: some verifiers then refuse its tokens until they ask for the keys again. What is missing is
 * made, the file as well. Throws `key_unusable`.
 */
export async function rotateKeys(options: KeyFileOptions, { now = false } = {}): Promise<Rotation> {
  const settings = readKeyFileOptions(options);
  let early: Algorithm[] = [];
  const changes = await changeKeys(settings, (keys, at) => {
    const chained = settings.algorithms.filter((alg) => lacking(keys, alg) < 2);
    early = now ? [] : chained.filter((alg) => !isNextKnown(keys, alg, at, settings));
    const ready = chained.filter((alg) => !early.includes(alg));
    const left = chains(keys).filter((alg) => settings.algorithms.every((each) => table[each] !== table[alg]));
    const rotated = ready.reduce((each, alg) => promoted(each, alg, at, settings), keys);
    return left.reduce((each, alg) => withdrawn(each, alg, at, settings), rotated);
  });
  return { changes, early };
}

/** Makes what is missing, the file as well: the keys of an algorithm that is new here. Throws `key_unusable`. */
export async function addKeys(options: KeyFileOptions): Promise<readonly KeyChange[]> {
  return await changeKeys(readKeyFileOptions(options), (keys) => keys);
}

/**
 * Takes a key out at once, for one that leaked: whatever it signed is refused as soon as a verifier asks for the keys
 * again. If it was the one that signs, the next one does. Throws `key_unusable` when there is no such key.
 */
export async function dropKey(options: KeyFileOptions, kid: string): Promise<readonly KeyChange[]> {
  return await changeKeys(readKeyFileOptions(options), (keys, now) => {
    if (!keys.some((key) => key.kid === kid)) throw unusable('there is no such key');
    return dropped(keys, kid, now);
  });
}

/** A key of a file without the key itself. Times are NumericDates; `until` is there when it is retiring. */
export interface ListedKey extends KeyChange {
  readonly since: number;
  readonly until?: number;
}

/** What the file holds, in the order in which keys came. Throws `key_unusable`. */
export async function listKeys(options: KeyFileOptions): Promise<ListedKey[]> {
  const { keys } = await readKeys(readKeyFileOptions(options));
  return keys.map((key) => {
    const { kid, alg, state, since } = key;
    return { kid, alg, state, since, ...(key.state === 'retiring' ? { until: key.until } : {}) };
  });
}

/** Rotates what has signed for `every` seconds, if anything has; of several processes one does it. Throws `key_unusable`. */
export async function rotateOverdueKeys(settings: KeyFileSettings, every: number): Promise<void> {
  await changeKeys(settings, (keys, now) => {
    if (keys.length === 0) throw unusable('the file is not there');
    return overdue(keys, now, every, settings).reduce((each, alg) => promoted(each, alg, now, settings), keys);
  });
}

/** The algorithms whose key has signed long enough, and whose next one every verifier knows. */
export function overdue(keys: readonly KeptKey[], now: number, every: number, settings: KeyFileSettings): Algorithm[] {
  return settings.algorithms.filter((alg) => {
    const current = find(keys, alg, 'current');
    return current !== undefined && now - current.since >= every && isNextKnown(keys, alg, now, settings);
  });
}
