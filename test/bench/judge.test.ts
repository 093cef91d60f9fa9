import { expect, it } from 'vitest';
import { type Bar, baselines, moreThan, timesBeyond, timesOf } from '../../bench/micro/bar.ts';
import { judge } from '../../bench/micro/judge.ts';
import { tableLines } from '../../bench/report/table.ts';

/** One case that took so many µs in each round. */
const series = (name: string, cpu: readonly number[], ...bars: Bar[]) => ({
  case: { name, group: 'raw' as const, bars, open: () => Promise.reject(new Error('it is measured already')) },
  samples: cpu.map((each) => ({ cpu: each, wall: each })),
  operations: cpu.length,
});

const HTTP = series('HTTP', [10, 30, 10]);
const PEER = series('peer', [110, 130, 310]);
const PARSING = series('parsing', [5, 5, 5]);

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

it('tells what a case takes more than others together, in the same round', () => {
  const [ours] = judge([series('ours', [35, 75, 35], moreThan(['HTTP', 'HTTP', 'parsing'], 14)), HTTP, PARSING]);
  expect(ours?.comparisons).toEqual([
    { moreThan: ['HTTP', 'HTTP', 'parsing'], figure: { median: 10, low: 10, high: 10 }, atMost: 14, verdict: 'ok' },
  ]);
  expect(baselines([moreThan(['HTTP', 'parsing'])])).toEqual(['HTTP', 'parsing']);
});

it('says of a difference that it misses its bar, and of one that may be anything that nothing is known', () => {
  const verdictOf = (cpu: readonly number[]) =>
    judge([series('ours', cpu, moreThan(['HTTP'], 5)), HTTP])[0]?.comparisons[0]?.verdict;
  expect(verdictOf([16, 36, 16])).toBe('misses');
  expect(verdictOf([2, 22, 100])).toBe('unclear');
});

it('prints a difference with its parts', () => {
  const [, line] = tableLines(judge([series('ours', [35, 75, 35], moreThan(['HTTP', 'HTTP'])), HTTP]));
  expect(line).toContain('15.0 µs more than 2 × HTTP');
});
