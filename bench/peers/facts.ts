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
  /** Checks of ours that it does not make, read in its source. */
  readonly leavesOut: readonly string[];
}
