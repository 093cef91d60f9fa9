import type { Comparison, Result } from '../result.ts';
import { spread } from '../statistics.ts';
import { comparison } from '../verdict.ts';
import type { Bar } from './bar.ts';
import { roundsThatCount, slowestOf, undisturbedRounds } from './disturbance.ts';
import type { Sample } from './measure.ts';
import type { Series } from './rounds.ts';

/**
 * Rounds in which something else had a part of the core are set aside, where enough others are left: of a figure by its own
 * slices, of a comparison by those of every case that is in it.
 */
export function judge(all: readonly Series[]): Result[] {
  const limit = slowestOf(all.map(({ samples }) => samples));
  return all.map((series) => ({
    name: series.case.name,
    group: series.case.group,
    ...(series.case.alg === undefined ? {} : { alg: series.case.alg }),
    unit: 'µs CPU',
    value: spread(figures([series], limit, ([own = Number.NaN]) => own)),
    wall: spread(roundsThatCount([series.samples], limit).map((round) => sampleOf(series, round).wall)),
    operations: series.operations,
    rounds: series.samples.length,
    undisturbed: undisturbedRounds([series.samples], limit).length,
    comparisons: (series.case.bars ?? []).map((bar) => compare(series, bar, all, limit)),
  }));
}

function compare(series: Series, bar: Bar, all: readonly Series[], limit: number): Comparison {
  const beside = (names: readonly string[], of: (cpu: readonly number[]) => number) => {
    const found = figures([series, ...names.map((name) => named(name, all))], limit, of);
    return { ...comparison(spread(found), bar.atMost), rounds: found.length };
  };
  if (bar.kind === 'cost') return beside([], ([own = Number.NaN]) => own);
  if (bar.kind === 'more') return { moreThan: bar.than, ...beside(bar.than, (cpu) => cpu.reduce((a, b) => a - b)) };
  const { against, beyond } = bar;
  if (beyond === undefined) {
    return { against, ...beside([against], ([own = Number.NaN, other = Number.NaN]) => own / other) };
  }
  const ratio = ([own = Number.NaN, other = Number.NaN, both = Number.NaN]: readonly number[]) =>
    (own - both) / (other - both);
  return { against, beyond, ...beside([against, beyond], ratio) };
}

/** From the µs of these cases in each round that counts. */
function figures(cases: readonly Series[], limit: number, of: (cpu: readonly number[]) => number): number[] {
  const rounds = roundsThatCount(
    cases.map(({ samples }) => samples),
    limit,
  );
  return rounds.map((round) => of(cases.map((each) => sampleOf(each, round).cpu)));
}

function sampleOf({ samples, case: { name } }: Series, round: number): Sample {
  const sample = samples[round];
  if (sample === undefined) throw new Error(`${name}: no round ${round}`);
  return sample;
}

function named(name: string, all: readonly Series[]): Series {
  const series = all.find((each) => each.case.name === name);
  if (series === undefined) throw new Error(`no case is named ${name}`);
  return series;
}
