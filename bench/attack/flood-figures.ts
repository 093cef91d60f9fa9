import { usedBetween } from '../load/server/usage.ts';
import type { OpenLoopResult } from '../load/when-due.ts';
import type { Flood } from '../result.ts';
import { spread } from '../statistics.ts';
import type { FlatOutResult } from './flat-out.ts';
import type { Slice } from './slice.ts';

/**
 * What all slices of one flood show: the median of what was measured in each, the sum of what was counted, and the worst of
 * the worst. `calms`: those of the same run without attackers, by which it is known what honest requests cost.
 */
export function floodFigures(name: string, slices: readonly Slice[], calms: readonly Slice[]): Flood {
  const honestCpu = median(calms.map(({ before, after }) => usedBetween(before, after).cpu));
  const floods = slices.flatMap(({ flood }) => flood ?? []);
  return {
    name,
    rate: floods.length === 0 ? 0 : median(floods.map(rateOf)),
    refusals: refusalsOf(floods),
    honest: honestFigures(
      slices.map(({ honest }) => honest),
      honestCpu,
    ),
    ...(floods.length === 0 ? {} : { cpu: median(slices.map((slice) => cpuOfAttack(slice, honestCpu))) }),
    memory: Math.max(...slices.map(({ after }) => after.resident)),
    busy: median(slices.map(({ before, after }) => usedBetween(before, after).busy)),
    asked: sum(slices.map(({ before, after }) => after.asked - before.asked)),
  };
}

function honestFigures(felt: readonly OpenLoopResult[], cpu: number): Flood['honest'] {
  const middle = (of: (each: OpenLoopResult) => number) => median(felt.map(of));
  const rate = middle((each) => each.rate);
  return {
    share: (rate * cpu) / 1e6, // one core has a million µs in a second
    ...{ rate, cpu, achieved: middle((each) => each.achieved) },
    ...{ p50: middle(({ p50 }) => p50), p99: middle(({ p99 }) => p99), p999: middle(({ p999 }) => p999) },
    worst: Math.max(...felt.map(({ worst }) => worst)),
    requests: sum(felt.map(({ requests }) => requests)),
    failed: sum(felt.map(({ failed }) => failed)),
    late: middle(({ late }) => late),
    isBehind: felt.some(({ isBehind }) => isBehind),
  };
}

/** µs for each request of the attackers: what is left when the others are taken for what they cost in the calm. */
function cpuOfAttack({ before, after, flood }: Slice, honestCpu: number): number {
  const answered = flood === undefined ? 0 : answersOf(flood);
  const { requests, cpu } = usedBetween(before, after);
  return (requests * cpu - Math.max(0, requests - answered) * honestCpu) / answered;
}

const answersOf = ({ answers }: FlatOutResult) => sum(Object.values(answers));
const rateOf = (flood: FlatOutResult) => (answersOf(flood) / (flood.to - flood.from)) * 1000;

function refusalsOf(floods: readonly FlatOutResult[]): Flood['refusals'] {
  const all: Record<string, number> = {};
  for (const [code, count] of floods.flatMap(({ answers }) => Object.entries(answers))) {
    if (code !== 'served') all[code] = (all[code] ?? 0) + count;
  }
  return all;
}

const median = (values: readonly number[]) => spread(values).median;
const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0);
