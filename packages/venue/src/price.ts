import { VenueError } from './errors.ts';

/**
 * The smallest price step of an instrument. `units` counts millionths; `decimals` is how many digits
 * prices are printed with.
 */
export interface Tick {
  readonly units: number;
  readonly decimals: number;
}

// Nine whole digits and six decimals make at most 15 digits: every value is exact in a double.
const decimal = /^(0|[1-9][0-9]{0,8})(?:\.([0-9]{1,6}))?$/;
const unitDigits = 6;

/** "0.01" → a tick. Throws `TypeError`: tick sizes come from configuration. */
export function readTick(text: string): Tick {
  const units = readUnits(text);
  if (units === undefined || units === 0) throw new TypeError('tickSize is not a positive decimal');
  return { units, decimals: text.split('.')[1]?.length ?? 0 };
}

/** "101.25" → whole ticks. Throws `invalid_price` for anything but a positive multiple of the tick. */
export function readPrice(text: string, tick: Tick): number {
  const units = readUnits(text);
  if (units === undefined || units === 0 || units % tick.units !== 0) throw new VenueError('invalid_price');
  return units / tick.units;
}

/** Whole ticks → "101.25". A notional (ticks times quantity) is printed by the same rule. */
export function formatTicks(ticks: number | bigint, tick: Tick): string {
  const units = BigInt(ticks) * BigInt(tick.units);
  const sign = units < 0n ? '-' : '';
  const digits = (units < 0n ? -units : units).toString().padStart(unitDigits + 1, '0');
  const whole = digits.slice(0, -unitDigits);
  const fraction = digits.slice(-unitDigits, digits.length - unitDigits + tick.decimals);
  return fraction === '' ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
}

function readUnits(text: string): number | undefined {
  const match = decimal.exec(text);
  if (match === null) return undefined;
  const [, whole = '', fraction = ''] = match;
  return Number(whole + fraction.padEnd(unitDigits, '0'));
}
