import type { Comparison, Saturation } from '../result.ts';
import { percentile, type Spread, spread } from '../statistics.ts';
import { comparison, SATURATED } from '../verdict.ts';
import type { Series } from './rounds.ts';
import { CONNECTIONS, type Saturated } from './saturate.ts';
import type { RawVerification } from './server/venue-server.ts';
import type { Against } from './trials.ts';

const BY_CPU = ', by CPU';

export function judge(series: Series, all: readonly Series[]): Saturation {
  const { opened, slices } = series;
  const of = (figure: (slice: Saturated) => number): Spread => spread(slices.map(figure));
  const latencies = pooled(slices);
  return {
    connections: CONNECTIONS * opened.venues.length,
    throughput: of(({ throughput }) => throughput),
    cpu: of(({ cpu }) => cpu),
    busy: of(({ busy }) => busy),
    generator: of(({ generatorBusy }) => generatorBusy),
    memory: Math.max(...slices.map(({ memory }) => memory)),
    ...{ p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99), p999: percentile(latencies, 0.999) },
    requests: slices.reduce((sum, { requests }) => sum + requests, 0),
    rounds: slices.length,
    comparisons: comparisons(series, all),
  };
}

function pooled(slices: readonly Saturated[]): Float64Array {
  return Float64Array.from(slices.flatMap(({ latencies }) => latencies.flatMap((each) => [...each]))).sort();
}

function comparisons(series: Series, all: readonly Series[]): Comparison[] {
  const { floor, against } = series.opened.trial;
  const sums = floor === undefined ? [] : besideSum(series, floor, slicesOf(floor, all));
  return [...sums, ...against.flatMap((other) => beside(series, other, slicesOf(other, all)))];
}

function slicesOf({ name }: Against, all: readonly Series[]): readonly Saturated[] {
  const found = all.find(({ opened }) => opened.trial.name === name);
  if (found === undefined) throw new Error(`no trial is named ${name}`);
  return found.slices;
}

/** µs from one answer to the next. */
const time = ({ throughput }: Saturated) => 1e6 / throughput;

/** By the time from one answer to the next, and by CPU. */
function beside({ slices }: Series, { name, atMost }: Against, others: readonly Saturated[]): Comparison[] {
  const ratio = (figure: (slice: Saturated) => number) =>
    spread(slices.map((slice, round) => figure(slice) / figure(others[round] as Saturated)));
  return [
    { against: name, ...comparison(ratio(time), atMost) },
    {
      against: name + BY_CPU,
      ...comparison(
        ratio(({ cpu }) => cpu),
        atMost,
      ),
    },
  ];
}

/** Routes and answers, and one signature, are what cannot be spared: the rest is what authentication adds. */
function besideSum({ slices, raw }: Series, { atMost }: Against, floors: readonly Saturated[]): Comparison[] {
  const against = 'Fastify floor + one raw verification';
  const ratio = (figure: (slice: Saturated, floor: Saturated, raw: RawVerification) => number) =>
    spread(slices.map((slice, i) => figure(slice, floors[i] as Saturated, raw[i] as RawVerification)));
  const byTime = ratio((slice, floor, { wall }) => time(slice) / (leastTime(floor) + wall));
  const byCpu = ratio((slice, floor, { cpu }) => slice.cpu / (floor.cpu + cpu));
  return [
    { against, ...comparison(byTime, atMost) },
    { against: against + BY_CPU, ...comparison(byCpu, atMost) },
  ];
}

/** Where the generator could not ask for more, the server's CPU says how soon it could have answered. */
function leastTime(slice: Saturated): number {
  return slice.busy < SATURATED ? slice.cpu : time(slice);
}
