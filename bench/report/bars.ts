import type { Comparison, Report, Result, Verdict } from '../result.ts';

/** Something that was held to a bar, and how that ended. */
export interface Held {
  readonly name: string;
  readonly comparison: Comparison & { readonly atMost: number };
  readonly verdict: Verdict;
  /** Of a figure by itself. */
  readonly unit: Result['unit'] | undefined;
}

/** Every comparison with a bar, in the order of the report. */
export function heldToBars({ cases = [], latency, load }: Report): Held[] {
  const loaded = (load?.scenarios ?? []).map(({ name, saturation }) => ({
    name,
    unit: undefined,
    comparisons: saturation?.comparisons ?? [],
  }));
  const ways = (latency?.ways ?? []).map((way) => ({ ...way, unit: undefined }));
  const all = [...cases, ...ways, ...loaded];
  return all.flatMap(({ name, unit, comparisons }) =>
    comparisons.flatMap((comparison) => {
      const { atMost, verdict } = comparison;
      return atMost === undefined || verdict === undefined
        ? []
        : [{ name, unit, comparison: { ...comparison, atMost }, verdict }];
    }),
  );
}
