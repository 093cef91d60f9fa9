import { NOISE } from '../micro/judge.ts';
import type { Comparison, Result } from '../micro/result.ts';
import { relativeWidth, type Spread } from '../micro/statistics.ts';

const HEAD = ['case', 'figure', '', 'spread', 'µs by the wall', 'held to', 'spread', 'bar', ''];

/** One line for each case, and one more for each further bar that it is held to. */
export function tableLines(results: readonly Result[]): string[] {
  return align([HEAD, ...results.flatMap(rows)]);
}

/** What a reader should know before believing the table. */
export function notes(results: readonly Result[]): string[] {
  const noisy = results.filter(({ value }) => relativeWidth(value) > NOISE).map(({ name }) => name);
  const few = results.some(({ rounds, wall }) => wall !== undefined && rounds < 10);
  return [
    'spread: 10th to 90th percentile of the rounds; ratios are to the same round',
    ...(few ? ['fewer than ten rounds: give it more --seconds'] : []),
    ...(noisy.length > 0 ? [`the machine was noisy (spread above ${NOISE * 100} %): ${noisy.join('; ')}`] : []),
  ];
}

function rows({ name, unit, value, wall, comparisons }: Result): string[][] {
  const [first, ...more] = comparisons.map(cells);
  const figure = [name, number(value.median), unit, between(value), wall === undefined ? '' : number(wall.median)];
  return [[...figure, ...(first ?? [])], ...more.map((row) => ['', '', '', '', '', ...row])];
}

function cells({ against, beyond, moreThan, figure, atMost, verdict }: Comparison): string[] {
  const bar = atMost === undefined ? '' : `≤ ${fraction(atMost)}`;
  if (moreThan !== undefined)
    return [`${number(figure.median)} µs more than ${together(moreThan)}`, between(figure), bar, verdict ?? ''];
  if (against === undefined) return ['', '', bar, verdict ?? ''];
  const what = beyond === undefined ? against : `${against}, both beyond ${beyond}`;
  return [`${ratio(figure.median)} × ${what}`, `${ratio(figure.low)} – ${ratio(figure.high)}`, bar, verdict ?? ''];
}

const ratio = (value: number) => value.toFixed(value < 1 ? 3 : 2);
const between = ({ low, high }: Spread) => `${number(low)} – ${number(high)}`;

function together(names: readonly string[]): string {
  const times = new Map<string, number>();
  for (const name of names) times.set(name, (times.get(name) ?? 0) + 1);
  return [...times].map(([name, count]) => (count === 1 ? name : `${count} × ${name}`)).join(' + ');
}

function number(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

function fraction(value: number): string {
  return value < 1 ? `1/${Math.round(1 / value)}` : String(value);
}

const RIGHT = new Set([1, 3, 4]); // columns of figures

function align(table: readonly (readonly string[])[]): string[] {
  const widths = HEAD.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const pad = (text: string, column: number) =>
    RIGHT.has(column) ? text.padStart(widths[column] ?? 0) : text.padEnd(widths[column] ?? 0);
  return table.map((row) => row.map(pad).join('  ').trimEnd());
}
