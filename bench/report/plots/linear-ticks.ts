/** Round values from zero to the first that is not below `most`, six steps at most. */
export function linearTicks(most: number): number[] {
  const decade = 10 ** Math.floor(Math.log10(most));
  const step = [0.2, 0.5, 1, 2].map((each) => each * decade).find((each) => most / each <= 6) ?? decade;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, i) => Number((i * step).toPrecision(6)));
}
