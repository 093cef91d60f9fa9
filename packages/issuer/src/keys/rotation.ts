import { type Algorithm, type Clock, FAPI_ALGORITHMS, seconds, algorithms as table } from '@holdfast/proof';
import type { KeptKey } from './kept-key.ts';
import { type KeyChange, keyChanges } from './key-change.ts';
import { type KeyDocument, readKeyDocument, writeKeyDocument } from './key-document.ts';
import { readKeyFile, replaceKeyFile } from './key-file.ts';
import { chains, dropped, find, isNextKnown, lacking, live, promoted, supplied, withdrawn } from './key-states.ts';
import { newKey } from './new-key.ts';
import { unusable } from './refusal.ts';
import { createPassphrase } from './sealing.ts';

export interface KeyFileOptions {
  /** JSON, made when it is not there; beside it `.lock`, and while it is written `.new`. */
  readonly path: string;
  /** 16 characters or more. */
  readonly passphrase: string;
  /** Those that sign. The first one does where nobody asks for another. */
  readonly algorithms: readonly Algorithm[];
  /** Seconds that the longest-lived signed thing lives. Default: an hour, which no configuration exceeds. */
  readonly tokenLifetime?: number;
  /** Seconds that a key is published before it signs, and after its last token. Default 600: what verifiers keep a set. */
  readonly margin?: number;
  readonly clock?: Clock;
}

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
  const changes = await change(settings, (keys, at) => {
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
  return await change(readKeyFileOptions(options), (keys) => keys);
}

/**
 * Takes a key out at once, for one that leaked: whatever it signed is refused as soon as a verifier asks for the keys
 * again. If it was the one that signs, the next one does. Throws `key_unusable` when there is no such key.
 */
export async function dropKey(options: KeyFileOptions, kid: string): Promise<readonly KeyChange[]> {
  return await change(readKeyFileOptions(options), (keys, now) => {
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
  await change(settings, (keys, now) => {
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

export type KeyFileSettings = ReturnType<typeof readKeyFileOptions>;

/** Fills in the defaults. Throws TypeError for a bound that bounds nothing. */
export function readKeyFileOptions({ path, algorithms, clock = Date.now, ...options }: KeyFileOptions) {
  const { tokenLifetime = 3600, margin = 600 } = options;
  for (const [name, value] of Object.entries({ tokenLifetime, margin })) {
    if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`${name}: whole seconds, zero or more`);
  }
  if (algorithms.length === 0 || !algorithms.every((alg) => FAPI_ALGORITHMS.includes(alg))) {
    throw new TypeError('algorithms: one or more of FAPI 2.0');
  }
  if (new Set(algorithms.map((alg) => table[alg])).size !== algorithms.length) {
    throw new TypeError('algorithms: each once; EdDSA and Ed25519 are one');
  }
  return { path, passphrase: createPassphrase(options.passphrase), algorithms, tokenLifetime, margin, clock };
}

/** What the file holds. Throws `key_unusable` when it is not there, or not a sound one. */
export async function readKeys({ path, passphrase }: KeyFileSettings): Promise<KeyDocument> {
  const text = readKeyFile(path);
  if (text === undefined) throw unusable('the file is not there');
  return await readKeyDocument(text, passphrase);
}

const ATTEMPTS = 50; // others can be first only so often
const MOST_KEYS = 32; // a verifier reads the whole set

/** Reads, changes and writes the keys as one step: when another process was first, from the start. */
async function change(
  { path, passphrase, algorithms, clock }: KeyFileSettings,
  step: (keys: readonly KeptKey[], now: number) => readonly KeptKey[],
): Promise<readonly KeyChange[]> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = readKeyFile(path);
    const known = before === undefined ? undefined : await readKeyDocument(before, passphrase);
    const sealing = known?.sealing ?? (await passphrase.lock());
    const now = seconds(clock);
    let keys: readonly KeptKey[] = live(step(known?.keys ?? [], now), now);
    for (const alg of algorithms) {
      while (lacking(keys, alg) > 0) keys = supplied(keys, await newKey(alg, sealing), now);
    }
    const changes = keyChanges(known?.keys ?? [], keys);
    if (changes.length === 0) return changes;
    if (keys.length > MOST_KEYS) throw unusable('too many keys are still published');
    if (await replaceKeyFile(path, before, await writeKeyDocument({ keys, sealing }))) return changes;
  }
  throw unusable('other processes keep changing the file');
}
