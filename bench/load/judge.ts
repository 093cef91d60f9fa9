import { roundsThatCount, slowestOf, undisturbedRounds } from '../disturbance.ts';
import type { Comparison, Saturation } from '../result.ts';
import { percentile, type Spread, spread } from '../statistics.ts';
import { comparison, SATURATED } from '../verdict.ts';
import type { Series, Slice } from './rounds.ts';
import { CONNECTIONS, type Saturated } from './saturate.ts';
import type { RawVerification } from './server/venue-server.ts';
import type { Against } from './trials.ts';

const BY_CPU = ', by CPU';

/** Rounds in which something else had a part of the server's core are set aside, as those of the other cases are. */
export function judge(series: Series, all: readonly Series[]): Saturation {
  const { opened } = series;
  const limit = slowestOf(all.map(({ slices }) => slices));
  const slices = roundsThatCount([series.slices], limit).map((round) => series.slices[round] as Slice);
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
    rounds: series.slices.length,
    undisturbed: undisturbedRounds([series.slices], limit).length,
    comparisons: comparisons(series, all, limit),
  };
}

function pooled(slices: readonly Saturated[]): Float64Array {
  return Float64Array.from(slices.flatMap(({ latencies }) => latencies.flatMap((each) => [...each]))).sort();
}

function comparisons(series: Series, all: readonly Series[], limit: number): Comparison[] {
  const { floor, against } = series.opened.trial;
  const sums = floor === undefined ? [] : besideSum(series, floor, slicesOf(floor, all), limit);
  return [...sums, ...against.flatMap((other) => beside(series, other, slicesOf(other, all), limit))];
}

function slicesOf({ name }: Against, all: readonly Series[]): readonly Slice[] {
  const found = all.find(({ opened }) => opened.trial.name === name);
  if (found === undefined) throw new Error(`no trial is named ${name}`);
  return found.slices;
}

/** µs from one answer to the next. */
const time = ({ throughput }: Saturated) => 1e6 / throughput;

/** By the time from one answer to the next, and by CPU. */
function beside({ slices }: Series, { name, atMost }: Against, others: readonly Slice[], limit: number): Comparison[] {
  const rounds = roundsThatCount([slices, others], limit);
  const ratio = (figure: (slice: Saturated) => number) =>
    spread(rounds.map((round) => figure(slices[round] as Slice) / figure(others[round] as Slice)));
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
function besideSum(
  { slices, raw }: Series,
  { atMost }: Against,
  floors: readonly Slice[],
  limit: number,
): Comparison[] {
  const rounds = roundsThatCount([slices, floors], limit);
  const against = 'Fastify floor + one raw verification';
  const ratio = (figure: (slice: Saturated, floor: Saturated, raw: RawVerification) => number) =>
    spread(rounds.map((i) => figure(slices[i] as Slice, floors[i] as Slice, raw[i] as RawVerification)));
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
