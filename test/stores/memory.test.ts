import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { memoryStore } from '@holdfast/stores';
import { describe, expect, it } from 'vitest';
import { passesStoreContract } from './contract.ts';
import { added, opened, START } from './replay-contract.ts';

const contract = { name: 'memoryStore', open: memoryStore };

passesStoreContract(contract);

it('memoryStore works with nothing configured', async () => {
  const store = memoryStore();
  const until = Math.floor(Date.now() / 1000) + 60;
  expect([await store.add('a', 'v', until), await store.add('a', 'v', until), await store.get('a')]).toEqual([
    true,
    false,
    'v',
  ]);
});

it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
  'memoryStore for %d entries is a programming mistake',
  (n) => {
    expect(() => memoryStore({ maxEntries: n })).toThrow(TypeError);
  },
);

describe('memoryStore keeps nothing', () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const heap = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };

  it('of what was taken', async () => {
    const { store } = await opened(contract);
    const before = heap();
    for (let i = 0; i < 300_000; i += 1) {
      store.add(`one-time code ${i}`, 'value', START + 600);
      store.take(`one-time code ${i}`);
    }
    expect(heap() - before).toBeLessThan(5_000_000);
  });

  it('of what has expired', async () => {
    const { store, time } = await opened(contract);
    const before = heap();
    for (; time.now < START + 1000; time.now += 1) {
      for (let i = 0; i < 300; i += 1) store.add(`proof ${time.now} ${i}`, '', time.now + 1);
    }
    expect(heap() - before).toBeLessThan(5_000_000);
  });
});

it('memoryStore says of an entry of the past that it cannot tell', async () => {
  const { store, time } = await opened(contract);
  expect(await added(store, 'a', START - 1)).toBe('store_unavailable');
  expect(await added(store, 'a', Number.NaN)).toBe('store_unavailable');
  time.now = START + 100;
  await added(store, 'b', START + 100);
  time.now = START; // set back: what expired in between is forgotten
  expect(await added(store, 'c', START + 99)).toBe('store_unavailable');
  expect(await added(store, 'c', START + 100)).toBe(true);
});
