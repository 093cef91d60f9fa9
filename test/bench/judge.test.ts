import { describe, expect, it } from 'vitest';
import { type Bar, baselines, moreThan, timesBeyond, timesOf } from '../../bench/micro/bar.ts';
import { createWatch } from '../../bench/micro/disturbance.ts';
import { judge } from '../../bench/micro/judge.ts';
import { notes, tableLines } from '../../bench/report/table.ts';

/** One case that took so many µs in each round. */
const series = (name: string, cpu: readonly number[], ...bars: Bar[]) => ({
  case: { name, group: 'raw' as const, bars, open: () => Promise.reject(new Error('it is measured already')) },
  samples: cpu.map((each) => ({ cpu: each, wall: each, look: 1 })),
  operations: cpu.length,
});

const HTTP = series('HTTP', [10, 30, 10]);
const PEER = series('peer', [110, 130, 310]);
const PARSING = series('parsing', [5, 5, 5]);

it('divides the figures of the same round', () => {
  const [ours] = judge([series('ours', [55, 65, 155], timesOf('peer', 0.4)), PEER]);
  expect(ours?.comparisons).toEqual([
    { against: 'peer', figure: { median: 0.5, low: 0.5, high: 0.5 }, atMost: 0.4, verdict: 'misses', rounds: 3 },
  ]);
});

it('subtracts from both first what both have to do, in the same round', () => {
  const [ours] = judge([series('ours', [35, 55, 85], timesBeyond('HTTP', 'peer', 1 / 3)), PEER, HTTP]);
  expect(ours?.comparisons).toEqual([
    {
      against: 'peer',
      beyond: 'HTTP',
      figure: { median: 0.25, low: 0.25, high: 0.25 },
      atMost: 1 / 3,
      verdict: 'ok',
      rounds: 3,
    },
  ]);
});

it('needs the case that it is to subtract', () => {
  expect(() => judge([series('ours', [1], timesBeyond('HTTP', 'peer', 1)), PEER])).toThrow('no case is named HTTP');
});

it('tells what a case takes more than others together, in the same round', () => {
  const [ours] = judge([series('ours', [35, 75, 35], moreThan(['HTTP', 'HTTP', 'parsing'], 14)), HTTP, PARSING]);
  expect(ours?.comparisons).toEqual([
    {
      moreThan: ['HTTP', 'HTTP', 'parsing'],
      figure: { median: 10, low: 10, high: 10 },
      atMost: 14,
      verdict: 'ok',
      rounds: 3,
    },
  ]);
  expect(baselines([moreThan(['HTTP', 'parsing'])])).toEqual(['HTTP', 'parsing']);
});

it('says of a difference that it misses its bar, and of one that may be anything that nothing is known', () => {
  const verdictOf = (cpu: readonly number[]) =>
    judge([series('ours', cpu, moreThan(['HTTP'], 5)), HTTP])[0]?.comparisons[0]?.verdict;
  expect(verdictOf([16, 36, 16])).toBe('misses');
  expect(verdictOf([2, 22, 100])).toBe('unclear');
});

describe('rounds in which something else had a part of the core', () => {
  const SLOW = 1.6;
  /** So many µs, and in some rounds slower by as much as the core was. */
  const shared = (name: string, cpu: number, disturbed: readonly boolean[], ...bars: Bar[]) => ({
    ...series(name, [], ...bars),
    samples: disturbed.map((is) => ({ cpu: is ? cpu * SLOW : cpu, wall: cpu, look: is ? SLOW : 1 })),
  });
  const [calm, busy] = [false, true];

  it('are set aside: of a figure its own, of a comparison those of either case', () => {
    const [ours] = judge([
      shared('ours', 40, [busy, calm, calm, calm, calm], timesOf('peer', 0.5)),
      shared('peer', 80, [calm, calm, calm, calm, busy]),
    ]);
    expect(ours).toMatchObject({ value: { median: 40, low: 40, high: 40 }, rounds: 5, undisturbed: 4 });
    expect(ours?.comparisons[0]).toMatchObject({
      figure: { median: 0.5, low: 0.5, high: 0.5 },
      verdict: 'ok',
      rounds: 3,
    });
  });

  it('count where fewer than two others are left', () => {
    const [ours] = judge([
      shared('ours', 40, [busy, calm, calm, busy, busy], timesOf('peer', 0.5)),
      shared('peer', 80, [calm, calm, busy, calm, busy]),
    ]);
    expect(ours?.value.high).toBe(40);
    expect(ours?.comparisons[0]?.figure.high).toBeGreaterThan(0.6);
  });

  it('are told of, and of how few others a figure is', () => {
    expect(notes(judge([shared('ours', 40, [busy, calm, calm, calm])]))).toContain(
      'some figures are of 3 rounds: give it more --seconds',
    );
    expect(notes(judge([shared('ours', 40, [busy, calm, calm, calm])])).join()).toMatch(/In 25\s% of the slices/);
    expect(notes(judge([series('ours', [40, 40, 40])])).join()).not.toContain('slices');
  });

  it('are waited for to end, no longer than there is patience', async () => {
    const takes = [10, 16, 16, 10];
    const watch = createWatch(100, () => takes.shift() ?? 16);
    expect(await watch.undisturbed()).toBe(10);
    expect(await watch.undisturbed()).toBe(10);
    expect(takes).toEqual([]);
    expect(await watch.undisturbed()).toBe(16); // what was left of 100 ms, and 16 was never remembered as the speed
    takes.push(16, 10);
    expect(await watch.undisturbed()).toBe(16); // nothing is left to wait with
    expect(takes).toEqual([10]);
  });
});

it('prints a difference with its parts', () => {
  const [, line] = tableLines(judge([series('ours', [35, 75, 35], moreThan(['HTTP', 'HTTP'])), HTTP]));
  expect(line).toContain('15.0 µs more than 2 × HTTP');
});
