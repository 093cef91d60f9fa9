import type { Comparison, Result } from '../result.ts';
import { spread } from '../statistics.ts';
import { comparison } from '../verdict.ts';
import type { Bar } from './bar.ts';
import type { Series } from './rounds.ts';

export function judge(all: readonly Series[]): Result[] {
  return all.map((series) => ({
    name: series.case.name,
    group: series.case.group,
    ...(series.case.alg === undefined ? {} : { alg: series.case.alg }),
    unit: 'µs CPU',
    value: spread(cpu(series)),
    wall: spread(series.samples.map(({ wall }) => wall)),
    operations: series.operations,
    rounds: series.samples.length,
    comparisons: (series.case.bars ?? []).map((bar) => compare(series, bar, all)),
  }));
}

function compare(series: Series, bar: Bar, all: readonly Series[]): Comparison {
  if (bar.kind === 'cost') return comparison(spread(cpu(series)), bar.atMost);
  if (bar.kind === 'more')
    return { moreThan: bar.than, ...comparison(spread(remainders(series, bar.than, all)), bar.atMost) };
  const { against, beyond, atMost } = bar;
  const below = cpu(named(against, all));
  const common = beyond === undefined ? [] : cpu(named(beyond, all));
  const ratios = cpu(series).map((above, round) => {
    const subtracted = beyond === undefined ? 0 : (common[round] ?? Number.NaN);
    return (above - subtracted) / ((below[round] ?? Number.NaN) - subtracted);
  });
  return { against, ...(beyond === undefined ? {} : { beyond }), ...comparison(spread(ratios), atMost) };
}

function remainders(series: Series, than: readonly string[], all: readonly Series[]): number[] {
  const parts = than.map((name) => cpu(named(name, all)));
  return cpu(series).map((whole, round) => parts.reduce((rest, part) => rest - (part[round] ?? Number.NaN), whole));
}

function named(name: string, all: readonly Series[]): Series {
  const series = all.find((each) => each.case.name === name);
  if (series === undefined) throw new Error(`no case is named ${name}`);
  return series;
}

const cpu = (series: Series) => series.samples.map((sample) => sample.cpu);
