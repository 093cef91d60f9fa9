import type { Result } from '../result.ts';
import { relativeWidth } from '../statistics.ts';
import { NOISE } from '../verdict.ts';
import { align } from './align.ts';
import { between, cells, number } from './comparison.ts';
import { disturbance, fewestRounds } from './disturbed.ts';

const HEAD = ['case', 'figure', '', 'spread', 'µs by the wall', 'held to', 'spread', 'bar', ''];
const RIGHT = new Set([1, 3, 4]); // columns of figures

/** One line for each case, and one more for each further bar that it is held to. */
export function tableLines(results: readonly Result[]): string[] {
  return align([HEAD, ...results.flatMap(rows)], RIGHT);
}

/** What a reader should know before believing the table. */
export function notes(results: readonly Result[]): string[] {
  const noisy = results.filter(({ value }) => relativeWidth(value) > NOISE).map(({ name }) => name);
  const fewest = fewestRounds(results);
  return [
    'spread: 10th to 90th percentile of the rounds; ratios are to the same round',
    ...disturbance(results),
    ...(fewest < 10 ? [`some figures are of ${fewest} rounds: give it more --seconds`] : []),
    ...(noisy.length > 0 ? [`the machine was noisy (spread above ${NOISE * 100} %): ${noisy.join('; ')}`] : []),
  ];
}

function rows({ name, unit, value, wall, comparisons }: Result): string[][] {
  const [first, ...more] = comparisons.map(cells);
  const figure = [name, number(value.median), unit, between(value), wall === undefined ? '' : number(wall.median)];
  return [[...figure, ...(first ?? [])], ...more.map((row) => ['', '', '', '', '', ...row])];
}
