/** What a case is held to. Without `atMost` the ratio is only shown. */
export type Bar =
  | { readonly kind: 'ratio'; readonly against: string; readonly atMost?: number }
  | { readonly kind: 'cost'; readonly atMost: number };

export const timesOf = (against: string, atMost?: number): Bar => ({
  kind: 'ratio',
  against,
  ...(atMost === undefined ? {} : { atMost }),
});

/** µs of CPU for one operation. */
export const costs = (atMost: number): Bar => ({ kind: 'cost', atMost });

/** The cases that have to run so that the bars of a case can be judged. */
export function baselines(bars: readonly Bar[] = []): string[] {
  return bars.flatMap((bar) => (bar.kind === 'ratio' ? [bar.against] : []));
}
