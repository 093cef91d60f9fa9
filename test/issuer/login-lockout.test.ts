import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { HoldfastError, type Store } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { describe, expect, it } from 'vitest';
import { addressBlock } from '../../packages/issuer/src/login/address-block.ts';
import { createLockout, type GuessLimits, type Lockout } from '../../packages/issuer/src/login/lockout.ts';
import { sqliteFolder } from '../stores/sqlite-folder.ts';

const { newPath, openStore } = sqliteFolder();

const HERE = '192.0.2.1';
const ELSEWHERE = '198.51.100.7';
const RIGHT = 'right';

/** A lockout and a login behind it where every password but one is wrong. Counts what was looked at; tests move the clock. */
function scene(limits: GuessLimits = {}, given?: Store) {
  const state = { now: 1_800_000_000, looked: 0 };
  const clock = () => state.now * 1000;
  const store = given ?? memoryStore({ clock });
  const lockout = createLockout({ store, clock, ...limits });
  return Object.assign(state, { store, lockout, clock, attempt: (...who: Who) => attempt(lockout, state, ...who) });
}

type Who = [name: string, password: string, address?: string];

async function attempt(lockout: Lockout, state: { looked: number }, ...[name, password, address = HERE]: Who) {
  try {
    const found = await lockout.attempt({ name, address }, async () => {
      state.looked += 1;
      await new Promise(setImmediate); // as a hash would
      return password === RIGHT ? { sub: 'u-1' } : undefined;
    });
    return found === undefined ? 'wrong' : 'in';
  } catch (thrown) {
    return thrown instanceof HoldfastError ? thrown.code : 'not a refusal';
  }
}

const times = (count: number, each: (i: number) => Promise<string>) =>
  Promise.all(Array.from({ length: count }, (_, i) => each(i)));
const count = (all: readonly string[], one: string) => all.filter((each) => each === one).length;

describe.each<[string, (clock: () => number) => Store]>([
  ['memory', (clock) => memoryStore({ clock })],
  ['SQLite', (clock) => openStore({ clock })],
])('lockout on %s', (_name, storeOf) => {
  function fresh() {
    const here = scene(
      {},
      storeOf(() => here.now * 1000),
    );
    return here;
  }

  it('of 100 guesses at once exactly 5 are looked at', async () => {
    const here = fresh();
    const outcomes = await times(100, () => here.attempt('ada', 'wrong'));
    expect([count(outcomes, 'wrong'), count(outcomes, 'login_locked'), here.looked]).toEqual([5, 95, 5]);
  });

  it('of 100 guesses at once from 100 addresses exactly 50 are looked at', async () => {
    const here = fresh();
    const outcomes = await times(100, (i) => here.attempt('ada', 'wrong', `192.0.2.${i}`));
    expect([count(outcomes, 'wrong'), count(outcomes, 'login_locked'), here.looked]).toEqual([50, 50, 50]);
  });

  it('of 100 guesses at once at 100 names from one address exactly 50 are looked at', async () => {
    const here = fresh();
    const outcomes = await times(100, (i) => here.attempt(`name ${i}`, 'wrong'));
    expect([count(outcomes, 'wrong'), here.looked]).toEqual([50, 50]);
  });

  it('who is locked out is let in again when the window is over, and not a second before', async () => {
    const here = fresh();
    for (let i = 0; i < 5; i += 1) expect(await here.attempt('ada', 'wrong')).toBe('wrong');
    expect(await here.attempt('ada', RIGHT)).toBe('login_locked');
    here.now += 900;
    expect(await here.attempt('ada', RIGHT)).toBe('login_locked');
    here.now += 1;
    expect(await here.attempt('ada', RIGHT)).toBe('in');
    expect(here.looked).toBe(6);
  });

  it('a right password costs nothing, however often', async () => {
    const here = fresh();
    for (let i = 0; i < 4; i += 1) await here.attempt('ada', 'wrong');
    for (let i = 0; i < 120; i += 1) expect(await here.attempt('ada', RIGHT)).toBe('in');
    expect([await here.attempt('ada', 'wrong'), await here.attempt('ada', RIGHT)]).toEqual(['wrong', 'login_locked']);
  });
});

describe('lockout', () => {
  it('a stranger who guesses elsewhere does not lock a person out', async () => {
    const here = scene();
    await times(40, () => here.attempt('ada', 'wrong', ELSEWHERE));
    expect(here.looked).toBe(5);
    expect(await here.attempt('ada', RIGHT)).toBe('in');
  });

  it('who is refused for one reason leaves no trace in the counts of the others', async () => {
    const here = scene();
    await times(5, () => here.attempt('ada', 'wrong'));
    await times(200, () => here.attempt('ada', 'wrong')); // all locked
    for (let i = 0; i < 45; i += 1) expect(await here.attempt(`name ${i}`, 'wrong')).toBe('wrong');
    expect(await here.attempt('one more', 'wrong')).toBe('login_locked');
    expect(await here.attempt('one more', RIGHT, ELSEWHERE)).toBe('in');
  });

  it('an attempt that was not looked at for the sake of the account does not count for the pair', async () => {
    const here = scene({ account: 3 });
    await times(3, () => here.attempt('ada', 'wrong', ELSEWHERE));
    here.now += 500;
    expect(await times(9, () => here.attempt('ada', RIGHT))).toEqual(Array(9).fill('login_locked'));
    here.now += 401;
    expect(await here.attempt('ada', RIGHT)).toBe('in');
  });

  it('an attempt that could not be decided does not count', async () => {
    const here = scene();
    const fail = () =>
      here.lockout.attempt({ name: 'ada', address: HERE }, () =>
        Promise.reject(new HoldfastError('too_many_requests')),
      );
    for (let i = 0; i < 20; i += 1) await expect(fail()).rejects.toMatchObject({ code: 'too_many_requests' });
    expect(await here.attempt('ada', RIGHT)).toBe('in');
  });

  it('spellings of one name count as one', async () => {
    const here = scene();
    const spellings = ['Zo\u00EB', 'Zoe\u0308', 'ZO\u00CB', ' zo\u00EB ', '\uFF3A\uFF4F\u00EB'];
    for (const each of spellings) expect(await here.attempt(each, 'wrong')).toBe('wrong');
    for (const each of spellings) expect(await here.attempt(each, RIGHT)).toBe('login_locked');
  });

  it('addresses of one subscriber count as one', async () => {
    const here = scene();
    for (let i = 0; i < 5; i += 1) expect(await here.attempt('ada', 'wrong', `2001:db8:0:1::${i}`)).toBe('wrong');
    expect(await here.attempt('ada', RIGHT, '2001:db8:0:1:ffff::1')).toBe('login_locked');
    expect(await here.attempt('ada', RIGHT, '2001:db8:0:2::1')).toBe('in');
  });

  it('is closed when the store is: nothing is looked at, and nothing is let in', async () => {
    for (const broken of ['add', 'take'] as const) {
      const sound = memoryStore();
      const here = scene({}, { ...sound, [broken]: () => Promise.reject(new HoldfastError('store_unavailable')) });
      expect(await here.attempt('ada', RIGHT)).toBe('store_unavailable');
      expect(here.looked).toBe(broken === 'add' ? 0 : 1);
    }
  });

  it('keeps neither names nor addresses', async () => {
    const seen: string[] = [];
    const sound = memoryStore();
    const add: Store['add'] = (key, value, until) => {
      seen.push(key, value);
      return sound.add(key, value, until);
    };
    const here = scene({}, { ...sound, add });
    await here.attempt('ada', 'wrong');
    expect(seen).toHaveLength(6);
    expect(seen.join()).not.toMatch(/ada|wrong|192\.0/);
  });

  it('has the limits that it is given, and takes no wrong ones', async () => {
    const here = scene({ pair: 2, account: 3, address: 4, window: 60 });
    await times(9, () => here.attempt('ada', 'wrong'));
    await times(9, () => here.attempt('ada', 'wrong', ELSEWHERE));
    await times(9, (i) => here.attempt(`name ${i}`, 'wrong'));
    expect(here.looked).toBe(2 + 1 + 2);
    here.now += 61;
    expect(await here.attempt('ada', RIGHT)).toBe('in');
    for (const wrong of [0, -1, 1.5, Number.NaN, 1001]) expect(() => scene({ pair: wrong })).toThrow(TypeError);
    expect(() => scene({ window: 0 })).toThrow(TypeError);
  });
});

describe('lockout on a file', () => {
  it('survives a restart', async () => {
    const path = newPath();
    const before = openStore({ path });
    const first = createLockout({ store: before, clock: Date.now });
    const state = { looked: 0 };
    for (let i = 0; i < 5; i += 1) await attempt(first, state, 'ada', 'wrong');
    before.close();
    const again = createLockout({ store: openStore({ path }), clock: Date.now });
    expect(await attempt(again, state, 'ada', RIGHT)).toBe('login_locked');
    expect(state.looked).toBe(5);
  });

  it('of 120 guesses at once in three processes exactly 5 are looked at', async () => {
    const program = fileURLToPath(new URL('login-process.ts', import.meta.url));
    const path = newPath();
    const guessers = Array.from({ length: 3 }, () => fork(program, [path]));
    try {
      await Promise.all(guessers.map((each) => once(each, 'message')));
      const looked = guessers.map(async (each) => ((await once(each, 'message')) as [number])[0]);
      for (const each of guessers) each.send('go');
      expect((await Promise.all(looked)).reduce((sum, each) => sum + each, 0)).toBe(5);
    } finally {
      for (const each of guessers) each.kill('SIGKILL');
    }
  });
});

describe('what one subscriber has of the address space', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['::FFFF:C000:201', '192.0.2.1'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:0DB8:0:0:1:2:3:4', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::', '0:0:0:0::/64'],
    ['', ''],
    ['unix', 'unix'],
    ['1.2.3.4.5', '1.2.3.4.5'],
    ['::1::', '::1::'],
  ])('%s', (address, block) => {
    expect(addressBlock(address)).toBe(block);
  });
});
