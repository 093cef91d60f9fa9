import type { Report } from '../../result.ts';
import { relativeWidth } from '../../statistics.ts';
import { NOISE } from '../../verdict.ts';
import { percent } from '../format.ts';
import type { Advice } from './advice.ts';

const MANY = 0.2; // of the cases

/** Figures that are not to be relied upon come with a word of warning before all others. */
export function noise(report: Report): Advice | undefined {
  const noisy = noisyShare(report);
  if (noisy === undefined) return undefined;
  const { mode, loadAverage } = report;
  const why = mode === 'quick' ? ' A quick run has few rounds.' : '';
  return {
    topic: 'This run was noisy',
    text: `In ${percent(noisy)} of the cases the spread is wider than ${percent(NOISE)} of the median, with a load of ${loadAverage[0]} before it began.${why} What follows is no basis for a decision; run the bench again on a machine that does nothing else.`,
  };
}

/** Of the cases, those whose rounds differed too much; undefined where they are few. */
export function noisyShare({ cases = [] }: Report): number | undefined {
  const timed = cases.filter(({ wall }) => wall !== undefined);
  const noisy = timed.filter(({ value }) => relativeWidth(value) > NOISE).length / timed.length;
  return noisy > MANY ? noisy : undefined;
}
