import { TRIALS } from './load/trials.ts';
import type { Comparison, Report } from './result.ts';
import { relativeWidth, type Spread } from './statistics.ts';
import { NOISE } from './verdict.ts';

/** A ratio of two reports. Costs by themselves are of their machine, and are not compared. */
export interface Change {
  /** The case. */
  readonly name: string;
  /** What it was divided by. */
  readonly against: string;
  readonly before: Spread;
  readonly after: Spread;
  readonly verdict: 'same' | 'worse' | 'better' | 'unclear';
}

const LEAST = 0.05; // of the ratio before: less is not worth a word, however sure

/**
 * The ratios that both reports have, in the order of the later one. Not those of somebody else's: what we do better makes
 * them dearer beside us.
 */
export function compareReports(before: Report, after: Report): Change[] {
  const earlier = new Map(ratios(before).map((ratio) => [key(ratio), ratio.figure]));
  return ratios(after).flatMap((ratio) => {
    const measure = earlier.get(key(ratio));
    if (measure === undefined) return [];
    const { name, against, figure } = ratio;
    return [{ name, against, before: measure, after: figure, verdict: verdict(measure, figure) }];
  });
}

/** What others are measured beside: their own ratios say as little of us as those of peers. */
const FLOORS: ReadonlySet<string> = new Set(
  TRIALS.filter(({ authentication }) => ['none', 'raw', 'bearer'].includes(authentication)).map(({ name }) => name),
);

interface Ratio {
  readonly name: string;
  readonly against: string;
  readonly figure: Spread;
}

function ratios({ cases = [], load, peers = [] }: Report): Ratio[] {
  const others = new Set(peers.flatMap((peer) => peer.cases));
  const ours = cases.filter(({ name, group }) => group !== 'peer' && !others.has(name));
  const loaded = (load?.scenarios ?? [])
    .filter(({ name }) => !FLOORS.has(name))
    .map(({ name, saturation }) => ({ name, comparisons: saturation?.comparisons ?? [] }));
  return [...ours, ...loaded].flatMap(({ name, comparisons }) =>
    comparisons.flatMap((each) => (each.against === undefined ? [] : [{ name, ...divided(each, each.against) }])),
  );
}

function divided({ beyond, figure }: Comparison, against: string): Omit<Ratio, 'name'> {
  return { against: beyond === undefined ? against : `${against}, both beyond ${beyond}`, figure };
}

const key = ({ name, against }: Ratio) => JSON.stringify([name, against]);

/**
 * Something has changed when each median lies outside of the other run's spread, by one twentieth at least. Where a spread
 * is too wide to have shown that, nothing is known.
 */
function verdict(before: Spread, after: Spread): Change['verdict'] {
  const change = after.median / before.median - 1;
  if (Math.abs(change) < LEAST) return 'same';
  const isOutside = !isWithin(after.median, before) && !isWithin(before.median, after);
  if (isOutside) return change > 0 ? 'worse' : 'better';
  return Math.max(relativeWidth(before), relativeWidth(after)) > NOISE ? 'unclear' : 'same';
}

function isWithin(value: number, { low, high }: Spread): boolean {
  return low <= value && value <= high;
}
