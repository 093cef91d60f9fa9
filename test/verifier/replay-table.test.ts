import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createReplayTable } from '@holdfast/verifier';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const START = 1_790_000_000;

function tableAt(seconds: number, maxEntries?: number) {
  const clock = { now: seconds * 1000 };
  const options = maxEntries === undefined ? {} : { maxEntries };
  const table = createReplayTable({ clock: () => clock.now, ...options });
  const add = (key: string, expiresAt: number) => table.add(key, '', expiresAt) === true;
  return { clock, table, add };
}

describe('the embedded replay table', () => {
  it('adds a key once, whatever expiry it comes with', () => {
    const { add } = tableAt(START);
    expect(add('a', START + 60)).toBe(true);
    for (const expiresAt of [START, START + 60, START + 61, START + 1000]) expect(add('a', expiresAt)).toBe(false);
    expect(add('b', START + 60)).toBe(true);
  });

  it('keeps an entry through its last second and not a second longer', () => {
    for (let life = 0; life < 40; life += 1) {
      const { clock, add } = tableAt(START + life);
      const last = START + 2 * life;
      expect(add('a', last)).toBe(true);
      clock.now = last * 1000 + 999;
      expect(add('a', last)).toBe(false);
      clock.now = (last + 1) * 1000;
      expect(add('a', last + 100)).toBe(true);
      expect(add('a', last + 100)).toBe(false);
    }
  });

  it('N6 keeps an entry for the time it was added with, also where another of its key has ended', () => {
    const { clock, add } = tableAt(START);
    expect(add('a', START + 10)).toBe(true);
    clock.now += 11_000;
    expect(add('a', START + 80)).toBe(true); // of an iat that lies ahead
    for (let i = 0; i < 50_000; i += 1) add(`key ${i}`, START + 12);
    clock.now += 69_000;
    expect(add('a', START + 99)).toBe(false);
    clock.now += 1000;
    expect(add('a', START + 99)).toBe(true);
  });

  it('DPOP-11.1-02 refuses the next entry when it is full of live ones, and never forgets one', async () => {
    const { clock, add } = tableAt(START, 1000);
    for (let i = 0; i < 1000; i += 1) expect(add(`key ${i}`, START + 60 + (i % 50))).toBe(true);
    expect(() => add('one more', START + 60)).toThrow(expect.objectContaining({ code: 'store_full', status: 503 }));
    for (let i = 0; i < 1000; i += 1) expect(add(`key ${i}`, START + 60)).toBe(false);
    clock.now = (START + 130) * 1000;
    expect(add('one more', START + 190)).toBe(true);
    for (let i = 0; i < 999; i += 1) expect(add(`later ${i}`, START + 190)).toBe(true);
    expect(() => add('yet one more', START + 190)).toThrow(expect.objectContaining({ code: 'store_full' }));
  });

  it('holds 100,000 entries apart', () => {
    const { add } = tableAt(START);
    const added = Array.from({ length: 100_000 }, (_, i) => add(`key ${i}`, START + (i % 120)));
    expect(added.every((each) => each)).toBe(true);
    const again = Array.from({ length: 100_000 }, (_, i) => add(`key ${i}`, START + 60));
    expect(again.some((each) => each)).toBe(false);
  });

  it('DPOP-11.1-02 forgets no live entry while others come and end around it', () => {
    const { clock, add } = tableAt(START);
    const rate = 2000; // a second
    for (let second = 0; second < 100; second += 1, clock.now += 1000) {
      const now = START + second;
      for (let i = 0; i < rate; i += 1) expect(add(`${second} ${i}`, now + (i % 30))).toBe(true);
      for (let i = 0; i < rate; i += 1) {
        if (second >= 10 && i % 30 >= 10) expect(add(`${second - 10} ${i}`, now + 60)).toBe(false);
      }
    }
  });

  it('knows how many live entries it holds', () => {
    const { clock, table, add } = tableAt(START);
    for (let i = 0; i < 300; i += 1) add(`key ${i}`, START + (i % 3));
    for (let i = 0; i < 300; i += 1) add(`key ${i}`, START + 60);
    expect(() => add('of the past', START - 1)).toThrow();
    for (const left of [300, 200, 100, 0]) {
      expect(table.size).toBe(left);
      clock.now += 1000;
    }
  });

  it('refuses what it can no longer know, when the clock steps back', () => {
    const { clock, add } = tableAt(START);
    expect(add('a', START + 10)).toBe(true);
    clock.now += 60_000;
    expect(add('b', START + 70)).toBe(true); // may leave behind what ended at START + 10
    clock.now -= 60_000;
    expect(() => add('c', START + 10)).toThrow(expect.objectContaining({ status: 503 }));
    expect(() => add('a', START + 10)).toThrow(expect.objectContaining({ status: 503 }));
    expect(add('b', START + 70)).toBe(false);
    clock.now += 60_000;
    expect(add('c', START + 70)).toBe(true);
  });

  it('never lets two of one key in when both arrive after its last second', () => {
    const { clock, add } = tableAt(START);
    clock.now += 60_000;
    const outcomes = [1, 2].map(() => {
      try {
        return add('late', START + 10);
      } catch {
        return false;
      }
    });
    expect(outcomes.filter((each) => each)).toHaveLength(0);
  });

  it.each([-1, 2 ** 32 - 1, 2 ** 40, Number.POSITIVE_INFINITY, Number.NaN])(
    'refuses an entry that ends at %d, which it could not hold',
    (expiresAt) => {
      const { add } = tableAt(-5);
      for (let i = 0; i < 2; i += 1) expect(() => add('a', expiresAt)).toThrow('The store does not answer');
    },
  );

  it('holds entries of the first and of the last second that there is', () => {
    const keys = Array.from({ length: 20_000 }, (_, i) => `key ${i}`);
    for (const second of [0, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2]) {
      const { add } = tableAt(second);
      expect(keys.every((key) => add(key, second))).toBe(true);
      expect(keys.some((key) => add(key, second))).toBe(false);
    }
  });

  it.each([Number.NaN, 0, -1, 1.5, Number.POSITIVE_INFINITY, '10' as unknown as number])(
    'takes no %s for a limit',
    (maxEntries) => {
      expect(() => createReplayTable({ clock: () => 0, maxEntries })).toThrow(TypeError);
    },
  );
});

describe('the memory of the embedded replay table', () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const arrays = (): number => {
    collect();
    collect(); // the first may still be sweeping
    return process.memoryUsage().arrayBuffers;
  };
  const fill = (add: (key: string, until: number) => boolean, from: number, to: number, until: number) => {
    for (let i = from; i < to; i += 1) add(`key ${i}`, until + (i % 60));
  };

  it('is at most 32 bytes a live entry around a million of them, whatever the phase of growth', () => {
    const { table, add } = tableAt(START);
    const before = arrays();
    for (let size = 500_000, from = 0; size <= 1_100_000; from = size, size += 25_000) {
      fill(add, from, size, START + 10);
      expect(table.size).toBe(size);
      expect((arrays() - before) / size).toBeLessThanOrEqual(32);
    }
  });

  it('is at most 32 bytes a live entry when as many end as come', () => {
    const { clock, table, add } = tableAt(START);
    const before = arrays();
    const rate = 4000; // a second
    for (let second = 0; second < 150; second += 1, clock.now += 1000) {
      for (let i = 0; i < rate; i += 1) add(`${second} ${i}`, START + second + 59);
      if (second >= 60 && second % 10 === 0) expect((arrays() - before) / table.size).toBeLessThanOrEqual(32);
    }
  });

  it('is given back after a flood, also when little comes thereafter', () => {
    const { clock, add } = tableAt(START);
    const before = arrays();
    fill(add, 0, 300_000, START + 10);
    for (let second = 0; second < 300; second += 1, clock.now += 1000) add(`later ${second}`, START + second + 60);
    expect(arrays() - before).toBeLessThan(1_000_000);
  });
});

const steps = fc.array(
  fc.record({
    key: fc.integer({ min: 0, max: 12 }),
    life: fc.integer({ min: 0, max: 90 }),
    pass: fc.integer({ min: 0, max: 20 }),
  }),
  { minLength: 1, maxLength: 120 },
);

it('DPOP-11.1-02 adds what a plain list no longer holds, and nothing else', () => {
  fc.assert(
    fc.property(steps, (run) => {
      const { clock, table, add } = tableAt(START);
      const live = new Map<number, number>();
      for (const { key, life, pass } of run) {
        clock.now += pass * 1000;
        const now = Math.floor(clock.now / 1000);
        const until = live.get(key) ?? Number.NEGATIVE_INFINITY;
        expect(add(String(key), now + life)).toBe(until < now);
        if (until < now) live.set(key, now + life);
        expect(table.size).toBe([...live.values()].filter((last) => last >= now).length);
      }
    }),
  );
});
