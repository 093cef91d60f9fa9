import { type Facts, readFacts } from './facts.ts';
import { LENIENT } from './lenient.ts';
import type { Mutation } from './mutations.ts';
import type { Plan } from './plans.ts';
import { STRICTER } from './stricter.ts';
import type { Verdict } from './trial.ts';

/** A way in which the verifier and the reference differ on purpose. Anything else that differs is a fault of one of them. */
export interface Difference {
  readonly name: string;
  readonly reason: string;
  /** What the verifier says: its code with the detail, or `accepted` where it is the lenient one. */
  readonly ours: RegExp;
  /** What the reference says; left out: `accepted`. */
  readonly theirs?: RegExp;
  /** Whether the request shows it; as narrow as can be, so that it hides nothing else. */
  readonly isShown: (facts: Facts, ours: string) => boolean;
  /** Requests on which both differ for this reason. */
  readonly examples: readonly Example[];
}

export interface Example extends Partial<Omit<Plan, 'mutations'>> {
  readonly mutations: readonly Mutation[];
}

export const DIFFERENCES: readonly Difference[] = [...STRICTER, ...LENIENT];

/** The documented difference that explains a verdict. */
export function explain(verdict: Verdict): Difference | undefined {
  const facts = readFacts(verdict);
  return DIFFERENCES.find(
    ({ ours, theirs = /^accepted$/, isShown }) =>
      ours.test(verdict.ours) && theirs.test(verdict.theirs) && isShown(facts, verdict.ours),
  );
}
