import type { KeyObject } from 'node:crypto';
import type { Algorithm } from './algorithms.ts';
import { importPublicJwk, readPublicJwk } from './jwk.ts';

/** A JWK Set (RFC 7517 §5) as its owner published it. */
export interface Jwks {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** The keys of one owner. Another set is another object. */
export interface KeySet {
  /** The keys that may have signed a JWS with this header; usually one. Empty when there is none. */
  find(alg: Algorithm, kid: string | undefined): readonly KeyObject[];
}

/** Imports each key once, when it is first asked for. */
export function createKeySet({ keys }: Jwks): KeySet {
  const imported = new Map<Algorithm, readonly Imported[]>();
  return {
    find(alg, kid) {
      const fitting = imported.get(alg) ?? importAll(keys, alg);
      imported.set(alg, fitting);
      return fitting.filter((each) => kid === undefined || each.kid === kid).map(({ key }) => key);
    },
  };
}

interface Imported {
  readonly kid: unknown;
  readonly key: KeyObject;
}

// FAPI 2.0 §5.4.3: when a kid is not unique, kty, crv, use and alg choose.
function importAll(keys: Jwks['keys'], alg: Algorithm): Imported[] {
  const fitting: Imported[] = [];
  for (const jwk of keys) {
    try {
      fitting.push({ kid: jwk['kid'], key: importPublicJwk(readPublicJwk(jwk, alg)) });
    } catch {
      // a key for another algorithm, one that is not sound, or no key at all: not a key for this JWS
    }
  }
  return fitting;
}
