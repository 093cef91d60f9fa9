import { createReplayTable } from '@holdfast/verifier';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const START = 1_790_000_000;

function tableAt(seconds: number, maxEntries?: number) {
  const clock = { now: seconds * 1000 };
  const options = maxEntries === undefined ? {} : { maxEntries };
  const table = createReplayTable({ clock: () => clock.now, ...options });
  const add = (key: string, expiresAt: number) => table.add(key, '', expiresAt) === true;
  return { clock, add };
}

describe('the embedded replay table', () => {
  it('adds a key once, whatever expiry it comes with', () => {
    const { add } = tableAt(START);
    expect(add('a', START + 60)).toBe(true);
    for (const expiresAt of [START, START + 60, START + 61, START + 1000]) expect(add('a', expiresAt)).toBe(false);
    expect(add('b', START + 60)).toBe(true);
  });

  it('keeps an entry through its last second and lets go of it a little later', () => {
    for (let life = 0; life < 40; life += 1) {
      const { clock, add } = tableAt(START + life);
      const last = START + 2 * life;
      expect(add('a', last)).toBe(true);
      clock.now = last * 1000 + 999;
      expect(add('a', last)).toBe(false);
      clock.now += 17_000;
      expect(add('a', last + 100)).toBe(true);
    }
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

  it('refuses what it can no longer know, when the clock steps back', () => {
    const { clock, add } = tableAt(START);
    expect(add('a', START + 10)).toBe(true);
    clock.now += 60_000;
    expect(add('b', START + 70)).toBe(true); // throws away what ended at START + 10
    clock.now -= 60_000;
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

  it.each([Number.NaN, 0, -1, 1.5, Number.POSITIVE_INFINITY, '10' as unknown as number])(
    'takes no %s for a limit',
    (maxEntries) => {
      expect(() => createReplayTable({ clock: () => 0, maxEntries })).toThrow(TypeError);
    },
  );
});

const steps = fc.array(
  fc.record({
    key: fc.integer({ min: 0, max: 12 }),
    life: fc.integer({ min: 0, max: 90 }),
    pass: fc.integer({ min: 0, max: 20 }),
  }),
  { minLength: 1, maxLength: 120 },
);

it('DPOP-11.1-02 never adds what a plain list would still hold, nor refuses what it let go of 16 s ago', () => {
  fc.assert(
    fc.property(steps, (run) => {
      const { clock, add } = tableAt(START);
      const live = new Map<number, number>();
      for (const { key, life, pass } of run) {
        clock.now += pass * 1000;
        const now = Math.floor(clock.now / 1000);
        const until = live.get(key) ?? Number.NEGATIVE_INFINITY;
        const added = add(String(key), now + life);
        if (until >= now) expect(added).toBe(false);
        if (until + 16 < now) expect(added).toBe(true);
        if (added) live.set(key, now + life);
      }
    }),
  );
});
