import { expect, it } from 'vitest';
import { pairedDifference } from '../../bench/latency/latency.ts';

const rounds = Array.from({ length: 1000 }, (_, i) => i);

it('takes the difference of the same round, so that what slows a round does not count', () => {
  const others = rounds.map((i) => 500 + (i % 7) * 1000);
  const times = others.map((each) => each + 60);
  expect(pairedDifference(times, others)).toEqual({ median: 60, low: 60, high: 60 });
});

it('passes over a request that took long, and shows a stretch that did', () => {
  const others = rounds.map(() => 500);
  const rare = rounds.map((i) => (i % 100 === 0 ? 9000 : 560));
  expect(pairedDifference(rare, others)).toEqual({ median: 60, low: 60, high: 60 });
  const drifting = rounds.map((i) => (i < 800 ? 560 : 700));
  expect(pairedDifference(drifting, others)).toEqual({ median: 60, low: 60, high: 200 });
});
