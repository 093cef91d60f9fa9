/**
 * What a case is held to. Without `atMost` the figure is only shown. `beyond` names a case whose figure is subtracted from
 * both first: what either has to do anyway. `more`: the µs of CPU above these cases together, which may name one twice.
 */
export type Bar =
  | { readonly kind: 'ratio'; readonly against: string; readonly atMost?: number; readonly beyond?: string }
  | { readonly kind: 'more'; readonly than: readonly string[]; readonly atMost?: number }
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

/** For what has parts that cannot be avoided, whose cost differs more than that of the rest. */
export const moreThan = (than: readonly string[], atMost?: number): Bar => ({
  kind: 'more',
  than,
  ...(atMost === undefined ? {} : { atMost }),
});

/** µs of CPU for one operation. */
export const costs = (atMost: number): Bar => ({ kind: 'cost', atMost });

/** The cases that have to run so that the bars of a case can be judged. */
export function baselines(bars: readonly Bar[] = []): string[] {
  return bars.flatMap((bar) => {
    if (bar.kind === 'cost') return [];
    if (bar.kind === 'more') return bar.than;
    return bar.beyond === undefined ? [bar.against] : [bar.against, bar.beyond];
  });
}
