import type { Spread } from './statistics.ts';

/** What was measured of one case. The JSON report is a list of these. */
export interface Result {
  readonly name: string;
  readonly unit: 'µs CPU' | 'bytes';
  /** For one operation, over the rounds. */
  readonly value: Spread;
  /** µs by the wall clock. */
  readonly wall?: Spread;
  readonly operations: number;
  readonly rounds: number;
  readonly comparisons: readonly Comparison[];
}

/** A figure beside what it is held to. */
export interface Comparison {
  /** The case whose figure of the same round it was divided by. Absent, and `moreThan` too: the figure itself. */
  readonly against?: string;
  /** The case whose figure of the same round was subtracted from both first. */
  readonly beyond?: string;
  /** What was subtracted from the figure of the same round; the rest is in the unit of the figure. */
  readonly moreThan?: readonly string[];
  readonly figure: Spread;
  readonly atMost?: number;
  readonly verdict?: Verdict;
}

/** `unclear`: the machine was too noisy to tell. */
export type Verdict = 'ok' | 'misses' | 'unclear';
