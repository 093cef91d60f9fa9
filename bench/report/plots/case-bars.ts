import type { Result } from '../../result.ts';
import { time } from '../format.ts';
import type { Html } from '../markup.ts';
import { type Bar, barPlot, type Kind, upTo } from './bars.ts';

/** A case as a bar, with more words behind its figure where there are any. */
export function caseBar({ name, value }: Result, kind: Kind, more = ''): Bar {
  const words = more === '' ? time(value.median) : `${time(value.median)} · ${more}`;
  return { name, segments: upTo(kind, value.median), spread: value, text: words };
}

/**
 * The same in two parts: what cannot be avoided, which is so many times in it, and all else. In a noisy run the whole may have
 * taken less than its limit.
 */
export function splitBar(result: Result, factor: number | undefined, more: string): Bar {
  const { median } = result.value;
  const bar = caseBar(result, 'ours', more);
  if (factor === undefined) return bar;
  if (!(factor > 1)) return caseBar(result, 'limit', more);
  const from = median / factor;
  const limit = { kind: 'limit', from: 0, to: from } as const;
  return { ...bar, segments: [limit, { kind: 'ours', from, to: median }] };
}

/** CPU time of cases; `what` says of what, for who does not see it. */
export function cpuPlot(what: string, bars: readonly Bar[]): Html {
  const label = `CPU time of ${what}: ${bars.map(({ name, text }) => `${name} ${text}`).join('; ')}`;
  return barPlot({ label, unit: 'µs of CPU', bars });
}

export const SPREAD = 'Line: 10th to 90th percentile of the rounds.';
