/** Where a logarithmic axis begins and ends, and which values it names. */
export interface LogAxis {
  readonly domain: readonly [number, number];
  readonly ticks: readonly number[];
}

/** Around all of these, with some room at both ends. What is not above zero has no place on it. */
export function logAxis(values: readonly number[], most: number): LogAxis {
  const shown = values.filter((value) => value > 0);
  const domain: [number, number] = shown.length === 0 ? [1, 10] : [Math.min(...shown) / 1.3, Math.max(...shown) * 1.3];
  return { domain, ticks: logTicks(domain, most) };
}

/** 1, 2 and 5 of each decade where that is no more than `most`, else fewer. */
function logTicks([low, high]: readonly [number, number], most: number): number[] {
  const choices = [[1, 2, 5], [1, 3], [1]].map((steps) => within(low, high, steps));
  const fitting = choices.find((ticks) => ticks.length <= most) ?? choices.at(-1) ?? [];
  const every = Math.ceil(fitting.length / most);
  return fitting.filter((_, i) => i % every === 0);
}

function within(low: number, high: number, steps: readonly number[]): number[] {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const ticks = Array.from({ length: last - first + 1 }, (_, i) => i + first).flatMap((exponent) =>
    steps.map((step) => Number(`${step}e${exponent}`)),
  );
  return ticks.filter((tick) => low <= tick && tick <= high);
}
