import { expect, it } from 'vitest';
import { type CreateStore, fill } from '../../bench/micro/replay/filling.ts';
import { runRounds } from '../../bench/micro/rounds.ts';

const PACE = { seconds: 0, waiting: 0, slice: 1, least: 10, warmUp: { time: 0, calls: 20 } };

/** Notes in `ran` when a slice of it runs, and throws at one of them. */
const fake = (name: string, ran: string[], failsAt = Number.POSITIVE_INFINITY) => ({
  name,
  group: 'raw' as const,
  most: 10,
  async open() {
    return (_count: number) => () => {
      ran.push(name);
      if (ran.length >= failsAt) throw new Error('accepted instead of refused');
    };
  },
});

it('runs the cases in turns, each time another one first, and counts no round of warming up', async () => {
  const ran: string[] = [];
  const series = await runRounds([fake('a', ran), fake('b', ran), fake('c', ran)], PACE, () => {});
  expect(series.map(({ samples, operations }) => [samples.length, operations])).toEqual([
    [3, 30],
    [3, 30],
    [3, 30],
  ]);
  expect(ran.slice(-12)).toEqual([...'abc', ...'abc', ...'bca', ...'cab']);
});

it('ends when an operation ends in another way than it has to', async () => {
  await expect(runRounds([fake('a', [], 5)], PACE, () => {})).rejects.toThrow('accepted instead of refused');
});

const stores: Readonly<Record<string, CreateStore>> = {
  'a new entry was refused': () => ({ add: () => false }),
  'an entry was forgotten': () => ({ add: () => true }),
};

it.each(Object.entries(stores))('weighs no store where %s', async (fault, create) => {
  await expect(fill(create, 1000)).rejects.toThrow(fault);
});

it('weighs what is kept for each entry', async () => {
  const room: Uint8Array[] = []; // of both: what the first one had must not be freed while the second one is weighed
  const keeping = (octets: number): CreateStore => {
    const kept = new Set<string>();
    return () => ({
      add(key) {
        const isNew = !kept.has(key);
        kept.clear();
        kept.add(key);
        if (isNew) room.push(new Uint8Array(octets));
        return isNew;
      },
    });
  };
  const [small, large] = [await fill(keeping(1000), 5000), await fill(keeping(3000), 5000)];
  expect(large.bytes - small.bytes).toBeGreaterThan(1800);
  expect(large.bytes - small.bytes).toBeLessThan(2200);
  expect(room).toHaveLength(10_000);
});
