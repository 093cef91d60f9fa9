import { type Algorithm, type Clock, FAPI_ALGORITHMS, seconds, algorithms as table } from '@holdfast/proof';
import type { KeptKey } from './kept-key.ts';
import { type KeyChange, keyChanges } from './key-change.ts';
import { type KeyDocument, readKeyDocument, writeKeyDocument } from './key-document.ts';
import { readKeyFile, replaceKeyFile } from './key-file.ts';
import { lacking, live, supplied } from './key-states.ts';
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
  /** Seconds that what is signed lives at most. Default: two hours, as long as a status list by the longest `ttl`. */
  readonly tokenLifetime?: number;
  /** Seconds that a key is published before it signs, and after its last token. Default 600: what verifiers keep a set. */
  readonly margin?: number;
  readonly clock?: Clock;
}

export type KeyFileSettings = ReturnType<typeof readKeyFileOptions>;

/** Fills in the defaults. Throws TypeError for a bound that bounds nothing. */
export function readKeyFileOptions({ path, algorithms, clock = Date.now, ...options }: KeyFileOptions) {
  const { tokenLifetime = 7200, margin = 600 } = options;
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

/**
 * Reads, changes and writes the keys as one step, from the start when another process was first. Makes what is missing
 * afterwards, the file as well. Throws `key_unusable`.
 */
export async function changeKeys(
  { path, passphrase, algorithms, clock }: KeyFileSettings,
  step: (keys: readonly KeptKey[], now: number) => readonly KeptKey[],
): Promise<readonly KeyChange[]> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = readKeyFile(path);
    const known = before === undefined ? undefined : await readKeyDocument(before, passphrase);
    const now = seconds(clock);
    let keys: readonly KeptKey[] = live(step(known?.keys ?? [], now), now);
    // After the step, which may refuse: a new lock takes long
    const sealing = known?.sealing ?? (await passphrase.lock());
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
