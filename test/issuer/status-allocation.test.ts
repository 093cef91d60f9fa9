import { HoldfastError, type StatusReference } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { describe, expect, it } from 'vitest';
import { createStatusLists } from '../../packages/issuer/src/status/status-lists.ts';
import { ISSUER, NOW } from './forge.ts';

const SIZE = 2 ** 17;
const DAY = 86_400;

function createDesk() {
  const clock = { now: NOW };
  const memory = memoryStore({ clock: () => clock.now * 1000 });
  const written: string[] = [];
  const store = {
    ...memory,
    add(key: string, value: string, end: number) {
      written.push(key);
      return memory.add(key, value, end);
    },
  };
  const keys = {
    current: () => {
      throw new Error('nothing is signed here');
    },
  };
  const lists = () => createStatusLists({ issuer: ISSUER, store, keys, clock: () => clock.now * 1000, ttl: 30 });
  return { clock, store, written, lists };
}

const nameOf = ({ idx, uri }: StatusReference) => `${uri} ${idx}`;

describe('the places of tokens', () => {
  it('TSL-13-01 are all different, over several lists of several processes', async () => {
    const { lists } = createDesk();
    const names = new Set<string>();
    const uris = new Set<string>();
    const processes = [lists(), lists()];
    for (let i = 0; i < 2 * SIZE + 200; i += 1) {
      const place = await processes[i % 2]?.allocate();
      if (place === undefined || !(place.idx >= 0 && place.idx < SIZE)) throw new Error('no place of a list');
      names.add(nameOf(place));
      uris.add(place.uri);
    }
    expect(names.size).toBe(2 * SIZE + 200);
    expect(uris.size).toBe(4); // one was used up by each
  });

  it('TSL-13-01 are all different for 500 who come at once, while a list begins', async () => {
    const { lists, written } = createDesk();
    const { allocate } = lists();
    const places = await Promise.all(Array.from({ length: 500 }, allocate));
    expect(new Set(places.map(nameOf)).size).toBe(500);
    expect(new Set(places.map(({ uri }) => uri)).size).toBe(1);
    expect(written).toHaveLength(1);
  });

  it('TSL-13-01 are in another list after a restart', async () => {
    const { lists } = createDesk();
    const before = await lists().allocate();
    const after = await lists().allocate();
    expect(after.uri).not.toBe(before.uri);
  });

  it('tell nothing about order or number', async () => {
    const { lists } = createDesk();
    const { allocate } = lists();
    const places: number[] = [];
    for (let i = 0; i < 1000; i += 1) places.push((await allocate()).idx);
    const rises = places.filter((idx, i) => idx > (places[i - 1] ?? -1)).length;
    expect(rises).toBeGreaterThan(400);
    expect(rises).toBeLessThan(600);
    for (const quarter of [0, 1, 2, 3]) {
      const inside = places.slice(0, 200).filter((idx) => Math.floor(idx / (SIZE / 4)) === quarter);
      expect(inside.length).toBeGreaterThan(20); // the first ones come from the whole list
    }
  });

  it('cost one write for each list, and no wait within one', async () => {
    const { lists, written } = createDesk();
    const { allocate } = lists();
    await allocate();
    for (let i = 0; i < 1000; i += 1) expect(allocate()).not.toBeInstanceOf(Promise);
    expect(written).toHaveLength(1);
  });

  it('come from a new list after a day, and when the clock has stepped back', async () => {
    const { lists, clock } = createDesk();
    const { allocate } = lists();
    const first = await allocate();
    clock.now += DAY - 1;
    expect((await allocate()).uri).toBe(first.uri);
    clock.now += 1;
    const second = await allocate();
    expect(second.uri).not.toBe(first.uri);
    clock.now -= 1;
    expect((await allocate()).uri).not.toBe(second.uri);
  });

  it('come from no list that could not be made known, and from one that could', async () => {
    const { lists, store, written } = createDesk();
    const { allocate } = lists();
    const { add } = store;
    store.add = () => {
      throw new HoldfastError('store_unavailable');
    };
    const refused = await Promise.allSettled(Array.from({ length: 10 }, allocate));
    for (const outcome of refused) expect(outcome).toMatchObject({ reason: { code: 'store_unavailable' } });
    store.add = () => false; // as if there were such a list
    await expect(allocate()).rejects.toThrow();
    store.add = add;
    const { uri } = await allocate();
    expect(written).toEqual([`status-list:${uri.split('/').at(-1)}`]);
  });
});

describe('revoking a place', () => {
  it.each<[string, StatusReference, number]>([
    ['of another issuer', { idx: 0, uri: `https://other.example/status/${'A'.repeat(22)}` }, 300],
    ['of no list', { idx: 0, uri: `${ISSUER}/status/` }, 300],
    ['beyond its list', { idx: SIZE, uri: `${ISSUER}/status/${'A'.repeat(22)}` }, 300],
    ['before its list', { idx: -1, uri: `${ISSUER}/status/${'A'.repeat(22)}` }, 300],
    ['of a token that outlives all others', { idx: 0, uri: `${ISSUER}/status/${'A'.repeat(22)}` }, 3901],
    ['of a token without end', { idx: 0, uri: `${ISSUER}/status/${'A'.repeat(22)}` }, Number.NaN],
  ])('%s is a mistake', async (_what, place, seconds) => {
    const { lists, written } = createDesk();
    await expect(lists().revoke(place, NOW + seconds)).rejects.toThrow(TypeError);
    expect(written).toEqual([]);
  });

  it('is remembered once, and not at all where the token has long ended', async () => {
    const { lists, written } = createDesk();
    const { allocate, revoke } = lists();
    const place = await allocate();
    await revoke(place, NOW - 301);
    expect(written).toHaveLength(1);
    for (let i = 0; i < 3; i += 1) await revoke(place, NOW + 300);
    expect(written).toHaveLength(2);
  });
});
