import { ENOUGH } from '../micro/disturbance.ts';
import type { Result } from '../result.ts';
import { percent } from './format.ts';

/** What was measured in rounds: in so many of them nothing else had a part of the core, if somebody looked. */
interface Measured {
  readonly rounds: number;
  readonly undisturbed?: number;
}

/** What to say of the slices in which something else had a part of the core: nothing where there were none. */
export function disturbance(measured: readonly Measured[]): string[] {
  const looked = measured.filter(({ undisturbed }) => undisturbed !== undefined);
  const sum = (of: (each: Measured) => number) => looked.reduce((total, each) => total + of(each), 0);
  const share = 1 - sum(({ undisturbed = 0 }) => undisturbed) / sum(({ rounds }) => rounds);
  if (!(share > 0)) return [];
  return [
    `In ${percent(share)} of the slices something else had a part of the core. They count only where fewer than two others are left.`,
  ];
}

/** Of how few rounds a figure is, of those that were timed. */
export function fewestRounds(results: readonly Result[]): number {
  const timed = results.filter(({ wall }) => wall !== undefined);
  return Math.min(
    ...timed.flatMap((each) => [roundsOf(each), ...each.comparisons.map(({ rounds = each.rounds }) => rounds)]),
  );
}

/** Of the figure of a case by itself. */
function roundsOf({ rounds, undisturbed = rounds }: Result): number {
  return undisturbed < ENOUGH ? rounds : undisturbed;
}
