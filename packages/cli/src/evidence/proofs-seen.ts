import { TOLERANCE } from './recheck.ts';

/** Remembers the proofs of entries for as long as one of them could stand for another entry, too. */
export interface ProofsSeen {
  /** The number of the entry that had this proof before; undefined for the first one. `at`: NumericDate of the entry. */
  add(proof: { readonly jkt: string; readonly jti: string }, entry: { seq: number; at: number }): number | undefined;
}

// Signatures of one request are dated once. So two entries that have it lie two tolerances apart, and one more where a clock
// was put back
const SPAN = 3 * TOLERANCE;
const MOST = 500_000; // of a span; beyond it the older ones are forgotten

export function createProofsSeen(): ProofsSeen {
  let old = new Map<string, number>();
  let young = new Map<string, number>();
  let since = Number.NEGATIVE_INFINITY;

  return {
    add({ jkt, jti }, { seq, at }) {
      if (at - since > SPAN || young.size >= MOST) {
        old = young;
        young = new Map();
        since = at;
      }
      const name = `${jkt} ${jti}`;
      const before = young.get(name) ?? old.get(name);
      if (before === undefined) young.set(name, seq);
      return before;
    },
  };
}
