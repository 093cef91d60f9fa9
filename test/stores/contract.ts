import type { Store } from '@holdfast/proof';
import { describe, expect, it } from 'vitest';
import { added, type Contract, ODD_KEYS, opened, passesReplayContract, START, times } from './replay-contract.ts';

/** The whole port: the replay part, and values that are got and taken. */
export function passesStoreContract(contract: Contract<Store>): void {
  const { name, counts = true } = contract;
  passesReplayContract(contract);

  describe(`${name}: get and take`, () => {
    const until = START + 60;

    it('get gives the live value, as often as asked; take gives it once', async () => {
      const { store } = await opened(contract);
      await store.add('a', 'value', until);
      expect([await store.get('a'), await store.get('a')]).toEqual(['value', 'value']);
      expect([await store.take('a'), await store.take('a'), await store.get('a')]).toEqual([
        'value',
        undefined,
        undefined,
      ]);
    });

    it('take gives a value once when 100 ask at the same time', async () => {
      const { store } = await opened(contract);
      await store.add('a', 'value', until);
      const taken = await Promise.all(times(100, async () => store.take('a')));
      expect(taken.filter((value) => value !== undefined)).toEqual(['value']);
    });

    it('neither gives what is not there', async () => {
      const { store } = await opened(contract);
      await store.add('a', 'value', until);
      for (const key of ODD_KEYS.filter((odd) => odd !== 'a')) {
        expect([await store.get(key), await store.take(key)]).toEqual([undefined, undefined]);
      }
    });

    it('give each key its own value, of any text', async () => {
      const { store } = await opened(contract);
      for (const [i, key] of ODD_KEYS.entries()) await store.add(key, `${i} ${key.slice(0, 99)}`, until);
      for (const [i, key] of ODD_KEYS.entries()) expect(await store.get(key)).toBe(`${i} ${key.slice(0, 99)}`);
      await store.add('empty', '', until);
      expect([await store.get('empty'), await store.take('empty'), await store.take('empty')]).toEqual([
        '',
        '',
        undefined,
      ]);
    });

    it('both give a value through its last second and not a second longer', async () => {
      for (const verb of ['get', 'take'] as const) {
        const { store, time } = await opened(contract);
        await store.add('a', 'value', until);
        await store.add('b', 'value', until);
        time.now = until + 0.999;
        expect(await store[verb]('a')).toBe('value');
        time.now = until + 1;
        expect(await store[verb]('b')).toBeUndefined();
      }
    });

    it('a refused add changes neither value nor life', async () => {
      const { store, time } = await opened(contract);
      await store.add('a', 'first', until);
      expect(await store.add('a', 'second', until + 60)).toBe(false);
      expect(await store.get('a')).toBe('first');
      time.now = until + 1;
      expect(await store.get('a')).toBeUndefined();
    });

    it('a key that was taken can be added again, and lives as long as it says then', async () => {
      const { store, time } = await opened(contract);
      for (const life of [10, 200]) {
        expect(await store.add('a', `${life}`, START + life)).toBe(true);
        if (life === 10) await store.take('a');
      }
      time.now = START + 150;
      await store.add('sweeps', '', START + 200);
      expect([await store.add('a', 'again', START + 300), await store.get('a')]).toEqual([false, '200']);
    });
  });

  if (!counts) return;
  it(`${name}: a take makes room in a full store`, async () => {
    const { store } = await opened(contract, 1);
    await store.add('a', '', START + 60);
    expect(await added(store, 'b')).toBe('store_full');
    await store.take('a');
    expect([await added(store, 'b'), await added(store, 'c')]).toEqual([true, 'store_full']);
  });
}
