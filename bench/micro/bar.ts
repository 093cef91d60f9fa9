/**
 * What a case is held to. Without `atMost` the ratio is only shown. `beyond` names a case whose figure is subtracted from
 * both first: what either has to do anyway.
 */
export type Bar =
  | { readonly kind: 'ratio'; readonly against: string; readonly atMost?: number; readonly beyond?: string }
  | { readonly kind: 'cost'; readonly atMost: number };

export const timesOf = (against: string, atMost?: number): Bar => ({
  kind: 'ratio',
  against,
  ...(atMost === undefined ? {} : { atMost }),
});

export const timesBeyond = (beyond: string, against: string, atMost: number): Bar => ({
  kind: 'ratio',
  against,
  beyond,
  atMost,
});

/** µs of CPU for one operation. */
export const costs = (atMost: number): Bar => ({ kind: 'cost', atMost });

/** The cases that have to run so that the bars of a case can be judged. */
export function baselines(bars: readonly Bar[] = []): string[] {
  return bars.flatMap((bar) =>
    bar.kind === 'ratio' ? [bar.against, ...(bar.beyond === undefined ? [] : [bar.beyond])] : [],
  );
}
