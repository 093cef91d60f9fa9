import type { Comparison, Verdict } from './result.ts';
import { relativeWidth, type Spread } from './statistics.ts';

/** A spread that is wider than this share of its median, and has the bar inside, tells nothing. */
export const NOISE = 0.25;

/** Share of a core from which on a server is at its limit, and what it answers is not what the generator can ask. */
export const SATURATED = 0.9;

/** A figure beside its bar, if it has one. */
export function comparison(figure: Spread, atMost: number | undefined): Comparison {
  return atMost === undefined ? { figure } : { figure, atMost, verdict: verdict(figure, atMost) };
}

function verdict(figure: Spread, atMost: number): Verdict {
  const isInside = figure.low <= atMost && atMost < figure.high;
  if (isInside && relativeWidth(figure) > NOISE) return 'unclear';
  return figure.median <= atMost ? 'ok' : 'misses';
}
