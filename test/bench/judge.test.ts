import { expect, it } from 'vitest';
import { type Bar, timesBeyond, timesOf } from '../../bench/micro/bar.ts';
import { judge } from '../../bench/micro/judge.ts';

/** One case that took so many µs in each round. */
const series = (name: string, cpu: readonly number[], ...bars: Bar[]) => ({
  case: { name, bars, open: () => Promise.reject(new Error('it is measured already')) },
  samples: cpu.map((each) => ({ cpu: each, wall: each })),
  operations: cpu.length,
});

const HTTP = series('HTTP', [10, 30, 10]);
const PEER = series('peer', [110, 130, 310]);

it('divides the figures of the same round', () => {
  const [ours] = judge([series('ours', [55, 65, 155], timesOf('peer', 0.4)), PEER]);
  expect(ours?.comparisons).toEqual([
    { against: 'peer', figure: { median: 0.5, low: 0.5, high: 0.5 }, atMost: 0.4, verdict: 'misses' },
  ]);
});

it('subtracts from both first what both have to do, in the same round', () => {
  const [ours] = judge([series('ours', [35, 55, 85], timesBeyond('HTTP', 'peer', 1 / 3)), PEER, HTTP]);
  expect(ours?.comparisons).toEqual([
    { against: 'peer', beyond: 'HTTP', figure: { median: 0.25, low: 0.25, high: 0.25 }, atMost: 1 / 3, verdict: 'ok' },
  ]);
});

it('needs the case that it is to subtract', () => {
  expect(() => judge([series('ours', [1], timesBeyond('HTTP', 'peer', 1)), PEER])).toThrow('no case is named HTTP');
});
