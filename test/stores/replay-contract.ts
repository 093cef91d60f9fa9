import { type Code, HoldfastError, type ReplayStore } from '@holdfast/proof';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/** What the suite opens a store with: a time that the test moves, and a size that it can fill. */
export interface StoreOptions {
  readonly clock: () => number;
  readonly maxEntries: number;
}

export interface Contract<S> {
  readonly name: string;
  /** A new, empty store. */
  open(options: StoreOptions): S | Promise<S>;
  /** Whole seconds that an entry may be remembered beyond its last one. Default 0. */
  readonly lingers?: number;
  /** Whether `maxEntries` is its limit. Default true; otherwise its own suite fills it. */
  readonly counts?: boolean;
  /** How many entries are many for it. Default 200,000. */
  readonly many?: number;
}

export const START = 1_700_000_000;
const ROOM = 1_000_000;

/** A store at START, and the hand of its clock. */
export async function opened<S>(
  { open }: Contract<S>,
  maxEntries = ROOM,
): Promise<{ store: S; time: { now: number } }> {
  const time = { now: START };
  return { store: await open({ clock: () => time.now * 1000, maxEntries }), time };
}

type Answer = boolean | Code;

/** What a caller gets of `add`: an answer or the code of a refusal. */
export async function added(store: ReplayStore, key: string, expiresAt = START + 60): Promise<Answer> {
  try {
    return await store.add(key, '', expiresAt);
  } catch (error) {
    if (error instanceof HoldfastError) return error.code;
    throw error;
  }
}

export const times = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

/** Texts that a careless key would confuse. */
export const ODD_KEYS = [
  ...['', ' ', 'a', 'A', 'a ', ' a', 'a\0', 'a\n', 'a:b', 'a:b:', 'a\nb', 'a|b', 'a/b', 'a%2Fb', '*', 'a*', '?', '[a]'],
  ...[
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'null',
    'undefined',
    '0',
    '00',
    '1e3',
    "'; DROP TABLE x; --",
    '{a}',
  ],
  ...['\u00e9', 'e\u0301', '\u212b', '\u00c5', '\u{1f511}', '\u{1f511}\u{1f511}', '\ufeff', '\u202e'],
  ...['k'.repeat(2 ** 20), `${'k'.repeat(2 ** 20)}k`, `${'k'.repeat(2 ** 20 - 1)}K`],
];

/** What replay protection needs: every store, and every table that stands for one, passes this. */
export function passesReplayContract(contract: Contract<ReplayStore>): void {
  const { name, lingers = 0, counts = true, many = 200_000 } = contract;

  describe(`${name}: add`, () => {
    it('DPOP-11.1-02 adds a key once', async () => {
      const { store } = await opened(contract);
      expect([await added(store, 'a'), await added(store, 'a'), await added(store, 'b')]).toEqual([true, false, true]);
    });

    it('DPOP-11.1-02 adds a key once when 100 ask at the same time', async () => {
      const { store } = await opened(contract);
      const answers = await Promise.all(times(100, () => added(store, 'a')));
      expect(answers.filter((answer) => answer === true)).toHaveLength(1);
      expect(answers.filter((answer) => answer === false)).toHaveLength(99);
    });

    it('adds 100 keys when 100 ask at the same time', async () => {
      const { store } = await opened(contract);
      expect(await Promise.all(times(100, (i) => added(store, `key ${i}`)))).toEqual(times(100, () => true));
    });

    it('DPOP-11.1-03 keeps every key apart from every other', async () => {
      const { store } = await opened(contract);
      for (const key of ODD_KEYS) expect([key.slice(0, 9), await added(store, key)]).toEqual([key.slice(0, 9), true]);
      for (const key of ODD_KEYS) expect([key.slice(0, 9), await added(store, key)]).toEqual([key.slice(0, 9), false]);
    });
  });

  describe(`${name}: expiry`, () => {
    it.each([0, 1, 60, 3600])('DPOP-11.1-02 of %d s: live through the last second, free thereafter', async (life) => {
      const { store, time } = await opened(contract);
      const until = START + life;
      expect(await added(store, 'a', until)).toBe(true);
      for (const now of [START + life / 2, until, until + 0.999]) {
        time.now = now;
        expect([now, await added(store, 'a', until + 3600)]).toEqual([now, false]);
      }
      time.now = until + 1 + lingers;
      expect(await added(store, 'a', until + 7200)).toBe(true);
    });

    it('DPOP-11.1-02 is that of the entry, whatever a refused one would have had', async () => {
      const { store, time } = await opened(contract);
      await added(store, 'a', START + 100);
      expect([await added(store, 'a', START + 5), await added(store, 'a', START + 999)]).toEqual([false, false]);
      time.now = START + 100;
      expect(await added(store, 'a', START + 200)).toBe(false);
      time.now = START + 101 + lingers;
      expect(await added(store, 'a', START + 200)).toBe(true);
    });

    it('DPOP-11.1-02 of one key leaves another alone', async () => {
      const { store, time } = await opened(contract);
      await added(store, 'short', START + 1);
      await added(store, 'long', START + 500);
      time.now = START + 499;
      expect([await added(store, 'short', START + 500), await added(store, 'long', START + 500)]).toEqual([
        true,
        false,
      ]);
    });

    it('DPOP-11.1-02 no clock that jumps lets the same entry in twice', async () => {
      const jump = fc.oneof(fc.integer({ min: -5, max: 40 }), fc.constantFrom(-86_400, -100, 100, 86_400));
      const step = fc.record({ jump, key: fc.constantFrom('a', 'b'), life: fc.integer({ min: -20, max: 40 }) });
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          const { store, time } = await opened(contract);
          const admitted = new Set<string>();
          for (const { jump: by, key, life } of steps) {
            time.now += by;
            for (const until of [START + life, time.now + life]) {
              if ((await added(store, key, until)) !== true) continue;
              expect(admitted).not.toContain(`${key} ${until}`);
              admitted.add(`${key} ${until}`);
            }
          }
        }),
        { numRuns: 100 },
      );
    });
  });

  if (counts) passesFullContract(contract);

  it(`${name}: ${many} live entries cost what one costs, and so does forgetting them`, async () => {
    const { store, time } = await opened(contract);
    const fill = async (prefix: string, until: number): Promise<number> => {
      const started = performance.now();
      for (let i = 0; i < many; i += 1) await store.add(`${prefix} ${i}`, '', until + (i % 70));
      return performance.now() - started;
    };
    const first = await fill('first', START);
    time.now = START + 70 + lingers;
    const started = performance.now();
    expect(await added(store, 'one', time.now + 60)).toBe(true);
    expect(performance.now() - started).toBeLessThan(1000);
    const second = await fill('second', time.now);
    expect(first + second).toBeLessThan(8000);
    expect(await added(store, 'second 0', time.now + 60)).toBe(false);
  });
}

function passesFullContract(contract: Contract<ReplayStore>): void {
  const { name, lingers = 0 } = contract;

  describe(`${name}: full`, () => {
    it('DPOP-11.1-02 refuses one more, and forgets none of those that live', async () => {
      const { store, time } = await opened(contract, 50);
      const keys = times(50, (i) => `key ${i}`);
      for (const [i, key] of keys.entries()) expect(await added(store, key, START + 60 + (i % 7))).toBe(true);
      for (let i = 0; i < 200; i += 1) expect(await added(store, `flood ${i}`)).toBe('store_full');
      time.now = START + 60;
      for (const key of keys) expect(await added(store, key, START + 90)).toBe(false);
    });

    it('takes entries again when others have expired, as many and no more', async () => {
      const { store, time } = await opened(contract, 10);
      for (let i = 0; i < 10; i += 1) await added(store, `key ${i}`, START + (i < 4 ? 10 : 200));
      expect(await added(store, 'more', START + 200)).toBe('store_full');
      time.now = START + 11 + lingers;
      const answers = [];
      for (let i = 0; i < 6; i += 1) answers.push(await added(store, `more ${i}`, START + 200));
      expect(answers).toEqual([true, true, true, true, 'store_full', 'store_full']);
    });

    it('does not count what it refused', async () => {
      const { store } = await opened(contract, 2);
      for (let i = 0; i < 10; i += 1) await added(store, 'a');
      expect([await added(store, 'b'), await added(store, 'c')]).toEqual([true, 'store_full']);
    });
  });
}
