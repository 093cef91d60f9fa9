/** A library or practice that is measured beside ours, and what it leaves out: a figure without that would mislead. */
export interface PeerFacts {
  /** Package name as npm has it, or what traders call it. */
  readonly name: string;
  /** Installed; absent for a practice. */
  readonly version?: string;
  /** Names of the cases that measure it. */
  readonly cases: readonly string[];
  readonly role: 'verifies' | 'signs' | 'issues' | 'reference';
  /** How it is driven, in one sentence: entry point and settings. */
  readonly driven: string;
  /**
   * Checks of ours that it does not make, or makes otherwise, read in its source: what, and in brackets where. Begins with
   * the check and a colon; those in `TESTED` are shown by a test to be left out, whatever else begins otherwise.
   */
  readonly leavesOut: readonly string[];
}

/** Checks whose absence a test shows: with one of these left out, the request that it would refuse is accepted. */
export const TESTED = [
  'replay',
  'nonce',
  'freshness',
  'several cnf members',
  'unknown cnf members',
  'certificate',
  'unbound tokens',
  'origin',
  'letter case of htm',
  'ath',
  'private key in jwk',
  'algorithms',
  'second Authorization',
  'second DPoP',
  'token in the query',
] as const;
export type TestedCheck = (typeof TESTED)[number];
