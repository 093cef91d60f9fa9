import { type Algorithm, algorithms, HoldfastError } from '@holdfast/proof';
import type { KeyChange } from './key-change.ts';
import type { PublishedJwk } from './published-jwk.ts';
import type { SigningKey } from './signing-key.ts';

/** The keys of an issuer at this moment. Ask again for each signature: keys come and go while the issuer runs. */
export interface KeyRing {
  /**
   * The key that signs now: for `alg` when it is given, else the issuer's first one. Ed25519 and EdDSA are two names of one
   * algorithm (RFC 9864 §2.2); the key goes by its own. Throws `internal` when there is none.
   */
  current(alg?: Algorithm): SigningKey;
  /** Public JWK Set (RFC 7517 §5): next, current and retiring keys. Another set is another object. */
  jwks(): { readonly keys: readonly object[] };
  /** Each published key with its state. Left out: all of them are as good as current. */
  states?(): readonly KeyChange[];
  /** Calls the listener with each change of a key from now on. Left out: they never change. */
  watch?(listener: (change: KeyChange) => void): void;
}

/** A ring that stays as it is. Of several keys that sign for one algorithm the first one does. */
export function ringOf(published: readonly PublishedJwk[], signing: readonly SigningKey[]): KeyRing {
  const [first] = signing;
  if (first === undefined) throw new TypeError('keys: one that signs is needed');
  const jwks = Object.freeze({ keys: Object.freeze([...published]) });
  // FAPI 2.0 §5.4.2: no two keys with one kid
  if (new Set(published.map(({ kid }) => kid)).size !== published.length)
    throw new TypeError('keys: kid is there twice');
  const byRow = new Map<object, SigningKey>();
  for (const key of signing.toReversed()) byRow.set(algorithms[key.alg], key);
  return {
    current(alg) {
      const key = alg === undefined ? first : byRow.get(algorithms[alg]);
      if (key === undefined) throw new HoldfastError('internal', { detail: 'no signing key for the algorithm' });
      return key;
    },
    jwks: () => jwks,
  };
}
