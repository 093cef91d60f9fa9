import type { FloodKind } from '../flood-kind.ts';
import { METHOD, PATH, reading } from '../loot.ts';

const DEEP = 1500; // levels; as text in base64url within what the header of a proof may have, 4,096 characters
const LONG = 15_000; // octets; Node takes 16 KiB of head
const MANY = 990; // fields; Node 26 takes fewer than a thousand

/** What costs no more than writing it, and is as dear to read as we could make it. */
export const headFloods: readonly FloodKind[] = [
  {
    name: 'attack no credential',
    code: 'credentials_missing',
    make: async (_loot, count) => same(count, { method: METHOD, path: PATH, headers: {} }),
  },
  {
    // Whoever does not wait for answers has a whole segment of requests answered before anybody else's turn comes
    name: 'attack no credential, 64 at once',
    code: 'credentials_missing',
    pipelining: 64,
    make: async (_loot, count) => same(count, { method: METHOD, path: PATH, headers: {} }),
  },
  {
    name: 'attack long queries',
    code: 'credentials_missing',
    make: async (_loot, count) =>
      same(count, { method: METHOD, path: `${PATH}?${'a&'.repeat(LONG / 2)}`, headers: {} }),
  },
  {
    name: 'attack many fields',
    code: 'credentials_missing',
    make: async (_loot, count) => same(count, { method: METHOD, path: PATH, headers: manyFields() }),
  },
  {
    name: 'attack deep proofs',
    code: 'proof_jwk',
    make: async ({ tokens }, count) =>
      Array.from({ length: count }, (_, i) => reading(tokens[i % tokens.length] ?? '', deepProof())),
  },
];

function same<T>(count: number, value: T): T[] {
  return Array.from({ length: count }, () => value);
}

function manyFields(): Record<string, string> {
  return Object.fromEntries(Array.from({ length: MANY }, (_, i) => [`x${String(i).padStart(4, '0')}`, 'a']));
}

/** Its key is a list of lists of lists. */
function deepProof(): string {
  const jwk = `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`;
  const segments = [`{"typ":"dpop+jwt","alg":"ES256","jwk":${jwk}}`, '{}', 'A'.repeat(48)];
  return segments.map((text) => Buffer.from(text).toString('base64url')).join('.');
}
