import type { Spread } from '../statistics.ts';
import { number } from './comparison.ts';

const counted = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const rounded = new Intl.NumberFormat('en-US', { maximumSignificantDigits: 2 });

/** µs as what is easiest to read: `0.52 µs`, `84.3 µs`, `1.36 ms`, `2.10 s`. The space does not break. */
export function time(micros: number): string {
  return inUnit(micros, number);
}

/** The same of a round value: `1 ms`. */
export function roundTime(micros: number): string {
  return inUnit(micros, (value) => String(Number(value.toPrecision(2))));
}

function inUnit(micros: number, write: (value: number) => string): string {
  const size = Math.abs(micros);
  if (size < 1000) return `${write(micros)}\u00a0µs`;
  return size < 1e6 ? `${write(micros / 1000)}\u00a0ms` : `${write(micros / 1e6)}\u00a0s`;
}

/** `12,345`. */
export const count = (value: number) => counted.format(value);

/** Two digits, for a sentence: `12,000`. */
export const about = (value: number) => rounded.format(value);

/** `1.12`, `11.3`, `0.121`. */
export function ratio(value: number): string {
  if (value < 1) return value.toFixed(value < 0.1 ? 3 : 2);
  return value < 10 ? value.toFixed(2) : number(value);
}

/** `42 %`, and below one `0.4 %`. */
export function percent(share: number): string {
  const value = share * 100;
  return `${Math.abs(value) < 0.95 && value !== 0 ? value.toFixed(1) : Math.round(value)}\u00a0%`;
}

/** MiB, in GiB where it is more than one. */
export const memory = (mebibytes: number) =>
  mebibytes < 1024 ? `${count(mebibytes)}\u00a0MiB` : `${number(mebibytes / 1024)}\u00a0GiB`;

export const MIB = 2 ** 20;

/** 10th to 90th percentile. */
export const timeSpread = ({ low, high }: Spread) => `${time(low)} – ${time(high)}`;

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
