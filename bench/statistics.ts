/** Where most of the rounds lie. The extremes are left out: on a shared machine they measure the neighbours. */
export interface Spread {
  readonly median: number;
  /** 10th percentile. */
  readonly low: number;
  /** 90th percentile. */
  readonly high: number;
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: percentile(sorted, 0.5), low: percentile(sorted, 0.1), high: percentile(sorted, 0.9) };
}

/** Width of the spread as a share of its median, which may be a difference and below zero. */
export function relativeWidth({ median, low, high }: Spread): number {
  return (high - low) / Math.abs(median);
}

/** Linear between the two nearest ranks. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const rank = (sorted.length - 1) * share;
  const below = sorted[Math.floor(rank)] ?? Number.NaN;
  const above = sorted[Math.ceil(rank)] ?? Number.NaN;
  return below + (above - below) * (rank - Math.floor(rank));
}
