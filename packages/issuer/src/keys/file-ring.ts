import { type Algorithm, type HoldfastError, seconds } from '@holdfast/proof';
import { importPrivateJwk, type Jwk } from '../client/registered-key.ts';
import { createBackground } from './background.ts';
import { createChanging } from './changing-ring.ts';
import type { LiveKey } from './kept-key.ts';
import { type KeyFileOptions, readKeyFileOptions, readKeys } from './kept-keys.ts';
import type { KeyDocument } from './key-document.ts';
import { stampOf } from './key-file.ts';
import { type KeyRing, ringOf } from './key-ring.ts';
import { find, live } from './key-states.ts';
import { publishedJwk } from './published-jwk.ts';
import { unusable } from './refusal.ts';
import { overdue, rotateOverdueKeys } from './rotation.ts';
import type { Sealing } from './sealing.ts';
import { type SigningKey, signingKey } from './signing-key.ts';

export interface FileRingOptions extends KeyFileOptions {
  /** Seconds after which a key that signs is replaced. Left out: only by `rotateKeys`, here or in another process. */
  readonly every?: number;
  /** Told of what could not be done; the ring stays as it was. */
  readonly onFault?: (fault: HoldfastError) => void;
}

export interface FileRing extends Required<KeyRing> {
  /**
   * Follows the clock and the file, which every use of the ring also does in the background, once a second. For a timer, so
   * that keys change where nobody asks for a token, and for who cannot wait. Never rejects: see `onFault`.
   */
  renew(): Promise<void>;
}

/** The ring of a key file, whoever changes it. Throws `key_unusable` when the file is not sound, or lacks an algorithm. */
export async function openKeyFile({ every, onFault, ...options }: FileRingOptions): Promise<FileRing> {
  const settings = readKeyFileOptions(options);
  if (every !== undefined && !(every > settings.margin)) throw new TypeError('every: more seconds than the margin');
  const { path, clock } = settings;
  const ringOfKept = createRings(settings.algorithms);
  let stamp = stampOf(path); // before it is read: a change in between is seen at the next look
  let document = await readKeys(settings);
  const changing = createChanging({ ring: await ringOfKept(document), states: document.keys });

  async function follow(): Promise<void> {
    if (every !== undefined && overdue(document.keys, seconds(clock), every, settings).length > 0) {
      await rotateOverdueKeys(settings, every);
    }
    const found = stampOf(path);
    const there = found === stamp ? document : await readKeys(settings);
    const keys = live(there.keys, seconds(clock));
    if (there === document && keys.length === document.keys.length) return;
    const next = { ...there, keys };
    const ring = await ringOfKept(next);
    [document, stamp] = [next, found];
    changing.change({ ring, states: keys });
  }

  const background = createBackground({ clock, sign: () => stampOf(path), work: follow, onFault });
  const now = () => {
    background.begin();
    return changing.now();
  };
  return {
    current: (alg) => now().current(alg),
    jwks: () => now().jwks(),
    states: changing.states,
    watch: changing.watch,
    renew: background.finish,
  };
}

/** The ring of what is kept now. What was decrypted for the one before is used again, and what it needs no more is let go. */
function createRings(algorithms: readonly Algorithm[]): (document: KeyDocument) => Promise<KeyRing> {
  let held: ReadonlyMap<string, SigningKey> = new Map();

  async function importKey({ kid, alg, sealed }: LiveKey, sealing: Sealing): Promise<SigningKey> {
    const text = await sealing.open(sealed);
    if (text === undefined) throw unusable('a key cannot be decrypted');
    return signingKey(kid, alg, importPrivateJwk(JSON.parse(text) as Jwk));
  }

  return async ({ keys, sealing }) => {
    // Also those that will sign, so that it is known long before whether they can
    const sealed = keys.filter((key): key is LiveKey => key.state !== 'retiring');
    const imported = sealed.map(
      async (key) => [key.sealed, held.get(key.sealed) ?? (await importKey(key, sealing))] as const,
    );
    held = new Map(await Promise.all(imported));
    const signing = algorithms.map((alg) => {
      const key = held.get(find(keys, alg, 'current')?.sealed ?? '');
      if (key === undefined) throw unusable(`there is no key for ${alg}`);
      return key;
    });
    return ringOf(
      keys.map(({ publicJwk, kid, alg }) => publishedJwk(publicJwk, kid, alg)),
      signing,
    );
  };
}
