import type { Comparison } from '../result.ts';
import type { Spread } from '../statistics.ts';

/** What it is compared with, the spread of that, the bar, the verdict. */
export function cells({ against, beyond, moreThan, figure, atMost, verdict }: Comparison): string[] {
  const bar = atMost === undefined ? '' : `≤ ${fraction(atMost)}`;
  if (moreThan !== undefined)
    return [`${number(figure.median)} µs more than ${together(moreThan)}`, between(figure), bar, verdict ?? ''];
  if (against === undefined) return ['', '', bar, verdict ?? ''];
  const what = beyond === undefined ? against : `${against}, both beyond ${beyond}`;
  return [`${ratio(figure.median)} × ${what}`, `${ratio(figure.low)} – ${ratio(figure.high)}`, bar, verdict ?? ''];
}

export const ratio = (value: number) => value.toFixed(value < 1 ? 3 : 2);
export const between = ({ low, high }: Spread) => `${number(low)} – ${number(high)}`;

export const MOST_NAMES = 3;

export function together(names: readonly string[]): string {
  const times = new Map<string, number>();
  for (const name of names) times.set(name, (times.get(name) ?? 0) + 1);
  if (times.size > MOST_NAMES) return `${names.length} cases together`;
  return [...times].map(([name, count]) => (count === 1 ? name : `${count} × ${name}`)).join(' + ');
}

export function number(value: number): string {
  const size = Math.abs(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : 2);
}

export function fraction(value: number): string {
  return value < 1 ? `1/${Math.round(1 / value)}` : String(value);
}
