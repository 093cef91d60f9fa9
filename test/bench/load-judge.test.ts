import { expect, it } from 'vitest';
import { judge } from '../../bench/load/judge.ts';
import type { Series } from '../../bench/load/rounds.ts';
import { TRIALS } from '../../bench/load/trials.ts';

const BAR = 1.25; // a venue does 80 % of what its floor and one verification allow

/** Two rounds of a server that took so many µs of CPU for a request, and answered the next one after so many. */
function series(name: string, [time, cpu, busy = 1]: readonly [number, number, number?]): Series {
  const trial = TRIALS.find((each) => each.name === name);
  if (trial === undefined) throw new Error(`no trial is named ${name}`);
  const slice = { throughput: 1e6 / time, cpu, busy, generatorBusy: 0.5, memory: 100, latencies: [], requests: 1000 };
  const verification = { cpu: 90, wall: 100 };
  return { opened: { trial, venues: [] }, slices: [slice, slice], raw: [verification, verification] };
}

function held(dpop: readonly [number, number], floor: readonly [number, number, number?]) {
  const [ours, ...others] = [
    series('load DPoP ES256', dpop),
    series('load no authentication', floor),
    series('load one raw verification', [220, 200]),
  ] as const;
  const { comparisons } = judge(ours, [ours, ...others]);
  return comparisons
    .filter(({ atMost }) => atMost !== undefined)
    .map(({ against, figure, atMost, verdict }) => [against, Number(figure.median.toFixed(3)), atMost, verdict]);
}

it('holds a venue with DPoP to its floor and one verification, by time and by CPU, and to a server that does both', () => {
  expect(held([240, 240], [100, 110])).toEqual([
    ['Fastify floor + one raw verification', 1.2, BAR, 'ok'],
    ['Fastify floor + one raw verification, by CPU', 1.2, BAR, 'ok'],
    ['load one raw verification', 1.091, BAR, 'ok'],
    ['load one raw verification, by CPU', 1.2, BAR, 'ok'],
  ]);
  expect(held([300, 240], [100, 110]).map(([, , , verdict]) => verdict)).toEqual(['misses', 'ok', 'misses', 'ok']);
});

it('takes the CPU of a floor that its generator could not saturate for its time', () => {
  const [[, byTime] = []] = held([240, 240], [200, 50, 0.4]);
  expect(byTime).toBe(1.6); // 240 / (50 + 100), not 240 / (200 + 100)
});
