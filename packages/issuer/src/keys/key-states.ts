import { type Algorithm, algorithms } from '@holdfast/proof';
import type { KeptKey, LiveKey, RetiringKey } from './kept-key.ts';

/**
 * next → current → retiring → gone, for each algorithm: a key is published before it signs, so that every verifier knows
 * it by then, and stays published until the last token that it signed has expired (FAPI 2.0 §6.8).
 */
export interface Overlap {
  /** Seconds from a signature to the end of the longest-lived token under it. */
  readonly tokenLifetime: number;
  /** Seconds that a verifier may use a JWK Set without asking for it again, and that clocks differ. */
  readonly margin: number;
}

/** A key before it has a state. */
export type NewKey = Omit<LiveKey, 'state' | 'since'>;

/** Its current key signs no more and its next one does. A chain without next key has no current one afterwards. */
export function promoted(keys: readonly KeptKey[], alg: Algorithm, now: number, overlap: Overlap): KeptKey[] {
  return keys.map((key) => {
    if (!serves(key, alg) || key.state === 'retiring') return key;
    return key.state === 'next' ? { ...key, state: 'current', since: now } : retired(key, now, overlap);
  });
}

/** Nothing is signed by this algorithm any more. A key that never signed leaves no token behind. */
export function withdrawn(keys: readonly KeptKey[], alg: Algorithm, now: number, overlap: Overlap): KeptKey[] {
  return keys
    .filter((key) => !(serves(key, alg) && key.state === 'next'))
    .map((key) => (serves(key, alg) && key.state === 'current' ? retired(key, now, overlap) : key));
}

/** Without this key, at once. When it was the one that signs, the next one of its chain does. */
export function dropped(keys: readonly KeptKey[], kid: string, now: number): KeptKey[] {
  const key = keys.find((each) => each.kid === kid);
  const rest = keys.filter((each) => each !== key);
  if (key?.state !== 'current') return rest;
  return rest.map((each) =>
    each.state === 'next' && serves(each, key.alg) ? { ...each, state: 'current', since: now } : each,
  );
}

/** Without those that are published no longer. */
export function live(keys: readonly KeptKey[], now: number): KeptKey[] {
  return keys.filter((key) => key.state !== 'retiring' || key.until >= now);
}

/** How many keys the chain of this algorithm lacks, of the one that signs and the one that will. */
export function lacking(keys: readonly KeptKey[], alg: Algorithm): number {
  return (['current', 'next'] as const).filter((state) => find(keys, alg, state) === undefined).length;
}

/** A new key becomes what its chain lacks: first the one that signs, then the one that will. */
export function supplied(keys: readonly KeptKey[], key: NewKey, now: number): KeptKey[] {
  const state = find(keys, key.alg, 'current') === undefined ? 'current' : 'next';
  return [...keys, { ...key, state, since: now }];
}

/** Whether every verifier has had the time to learn of the key that would sign. */
export function isNextKnown(keys: readonly KeptKey[], alg: Algorithm, now: number, { margin }: Overlap): boolean {
  const next = find(keys, alg, 'next');
  return next !== undefined && now - next.since >= margin;
}

/** The algorithms of keys that sign or will, each by the name that its first key has. */
export function chains(keys: readonly KeptKey[]): Algorithm[] {
  const names = new Map(keys.filter(({ state }) => state !== 'retiring').map(({ alg }) => [algorithms[alg], alg]));
  return [...names.values()];
}

export function find(keys: readonly KeptKey[], alg: Algorithm, state: LiveKey['state']): LiveKey | undefined {
  return keys.find((key): key is LiveKey => key.state === state && serves(key, alg));
}

/** RFC 9864 §2.2: EdDSA and Ed25519 are one algorithm, and their keys one chain. */
function serves(key: KeptKey, alg: Algorithm): boolean {
  return algorithms[key.alg] === algorithms[alg];
}

function retired({ kid, alg, publicJwk }: LiveKey, now: number, { tokenLifetime, margin }: Overlap): RetiringKey {
  return { kid, alg, publicJwk, state: 'retiring', since: now, until: now + tokenLifetime + margin };
}
