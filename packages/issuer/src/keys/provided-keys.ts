import {
  type Algorithm,
  algorithms,
  askElsewhere,
  FAPI_ALGORITHMS,
  HoldfastError,
  importPublicJwk,
  verifySignature,
} from '@holdfast/proof';
import type { Jwk } from '../client/registered-key.ts';
import { createChanging, type Moment } from './changing-ring.ts';
import { type KeyRing, ringOf } from './key-ring.ts';
import { type PublishedJwk, publishedJwk } from './published-jwk.ts';
import { unusable } from './refusal.ts';
import type { SigningKey } from './signing-key.ts';

/** A key in a key provider: whatever implements the Web Cryptography API, a module for HSMs among them. */
export interface ProvidedKey {
  readonly kid: string;
  readonly alg: Algorithm;
  readonly state: 'next' | 'current' | 'retiring';
  /** Usage `sign`; need not be extractable. A retiring key has no need of it. */
  readonly privateKey?: CryptoKey;
  /** Extractable, or a public JWK. */
  readonly publicKey: CryptoKey | Jwk;
  /** The provider of both. Default: Node's. */
  readonly crypto?: Pick<Crypto, 'subtle'>;
}

export interface ProvidedRing extends Required<KeyRing> {
  /** The keys as their owner has them now, in the place of all that were given before. Rejects as `providedKeys` does. */
  replace(keys: readonly ProvidedKey[]): Promise<void>;
}

/**
 * A ring of keys that never leave their provider, in the states that their owner gives them. Of several current keys for one
 * algorithm the first one signs. Each signs once to prove that its halves belong together. Throws `key_unusable`.
 */
export async function providedKeys(keys: readonly ProvidedKey[]): Promise<ProvidedRing> {
  const changing = createChanging(await momentOf(keys));
  return {
    current: (alg) => changing.now().current(alg),
    jwks: () => changing.now().jwks(),
    states: changing.states,
    watch: changing.watch,
    replace: async (next) => changing.change(await momentOf(next)),
  };
}

async function momentOf(keys: readonly ProvidedKey[]): Promise<Moment> {
  const read = await Promise.all(keys.map(readKey));
  const signing = read.flatMap(({ state, signing }) => (state === 'current' && signing ? [signing] : []));
  if (signing.length === 0) throw unusable('there is no current key');
  return {
    ring: ringOf(
      read.map(({ published }) => published),
      signing,
    ),
    states: keys.map(({ kid, alg, state }) => ({ kid, alg, state })),
  };
}

interface ReadKey {
  readonly state: ProvidedKey['state'];
  readonly published: PublishedJwk;
  readonly signing: SigningKey | undefined;
}

async function readKey({ privateKey, publicKey, state, ...key }: ProvidedKey): Promise<ReadKey> {
  const { kid, alg, crypto = globalThis.crypto } = key;
  if (!FAPI_ALGORITHMS.includes(alg)) throw unusable('alg');
  const published = publishedJwk(await membersOf(publicKey, crypto), kid, alg);
  if (state === 'retiring') return { state, published, signing: undefined };
  if (privateKey === undefined) throw unusable('privateKey is missing');
  const signing = providedKey(kid, alg, privateKey, crypto);
  await checkHalves(signing, published);
  return { state, published, signing };
}

function providedKey(kid: string, alg: Algorithm, key: CryptoKey, { subtle }: Pick<Crypto, 'subtle'>): SigningKey {
  const { subtle: algorithm } = algorithms[alg];
  // A session of PKCS#11 makes one signature at a time, and fails when it is asked for two
  const inTurnOf = subtle === globalThis.crypto.subtle ? undefined : subtle;
  const question = { complaint: 'it does not sign', inTurnOf };
  return {
    kid,
    alg,
    sign: (octets) =>
      askElsewhere(async () => new Uint8Array(await subtle.sign(algorithm, key, Buffer.from(octets))), question).catch(
        (cause: unknown) => {
          throw new HoldfastError('internal', { cause }); // whoever asks for a token is not told of our keys
        },
      ),
  };
}

// A provider may know members that we do not, and may say what the key is for in words of its own
async function membersOf(key: CryptoKey | Jwk, { subtle }: Pick<Crypto, 'subtle'>): Promise<object> {
  if (!('algorithm' in key)) return key;
  const { kty, crv, x, y, n, e } = await subtle.exportKey('jwk', key as CryptoKey);
  return { kty, crv, x, y, n, e };
}

async function checkHalves(key: SigningKey, published: PublishedJwk): Promise<void> {
  const probe = 'holdfast key check';
  let signature: Uint8Array;
  try {
    signature = await key.sign(Buffer.from(probe));
  } catch {
    throw unusable('it does not sign');
  }
  const publicKey = importPublicJwk(published, 'key_unusable');
  if (!verifySignature(key.alg, publicKey, probe, signature)) throw unusable('the halves differ');
}
