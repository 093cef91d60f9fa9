import { setImmediate } from 'node:timers/promises';
import { HoldfastError, type Store } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJournal, type JournalOptions, type JournalReader } from '../../packages/issuer/src/status/journal.ts';
import { NOW } from './forge.ts';

const BUCKET = 60;

/** A store that counts, and journals on it whose clocks the test moves. */
function createDesk(options: Partial<JournalOptions> = {}) {
  const clock = { now: NOW };
  const memory = memoryStore({ clock: () => clock.now * 1000 });
  const calls = { add: 0, get: 0 };
  const store: Pick<Store, 'add' | 'get'> = {
    async add(...args) {
      calls.add += 1;
      return await memory.add(...args);
    },
    async get(...args) {
      calls.get += 1;
      return await memory.get(...args);
    },
  };
  /** `ahead`: seconds that the clock of its process is ahead. */
  const journal = (ahead = 0, more: Partial<JournalOptions> = {}) =>
    createJournal({
      store,
      clock: () => (clock.now + ahead) * 1000,
      name: 'journal',
      bucketSeconds: BUCKET,
      retention: 300,
      most: 10_000,
      ...options,
      ...more,
    });
  return { clock, calls, store, journal };
}

async function all(reader: JournalReader, since?: number): Promise<string[]> {
  const entries: string[] = [];
  for await (const entry of reader.read(since)) entries.push(entry);
  return entries;
}

describe('a journal', () => {
  it('gives each reader every entry once, in its order', async () => {
    const { journal, clock } = createDesk();
    const { append, reader } = journal();
    const early = reader();
    for (const entry of ['a', 'b']) await append(entry);
    expect(await all(early)).toEqual(['a', 'b']);
    expect(await all(early)).toEqual([]);
    await append('c');
    clock.now += BUCKET;
    for (const entry of ['c', '']) await append(entry);
    expect(await all(early)).toEqual(['c', 'c', '']);
    expect(await all(reader())).toEqual(['a', 'b', 'c', 'c', '']);
  });

  it('costs one look for each bucket where nothing is new', async () => {
    const { journal, calls, clock } = createDesk();
    const { append, reader } = journal();
    for (let i = 0; i < 100; i += 1) await append(`${i}`);
    const last = reader();
    await all(last);
    calls.get = 0;
    await all(last, clock.now);
    expect(calls.get).toBe(2); // this bucket and the next
    calls.get = 0;
    await all(last, clock.now - 2 * BUCKET);
    expect(calls.get).toBe(4);
    calls.get = 0;
    await all(last);
    expect(calls.get).toBeLessThanOrEqual(300 / BUCKET + 3);
  });

  it('costs one write for each entry, also beside another process', async () => {
    const { journal, calls } = createDesk();
    const [one, other] = [journal(), journal()];
    for (let i = 0; i < 50; i += 1) await one.append(`${i}`);
    expect(calls.add).toBe(50);
    for (let i = 0; i < 50; i += 1) await other.append(`${i}`);
    expect(calls.add).toBe(100);
    await one.append('where the other has been');
    expect(calls.add).toBe(102);
  });

  it('is found again after a restart without reading it all', async () => {
    const { journal, calls } = createDesk();
    const before = journal();
    for (let i = 0; i < 1000; i += 1) await before.append(`${i}`);
    calls.get = 0;
    const after = journal();
    await after.append('last');
    expect(calls.get).toBeLessThan(25);
    const entries = await all(after.reader());
    expect(entries).toHaveLength(1001);
    expect(entries.at(-1)).toBe('last');
  });

  it('keeps every entry of 100 that are written at once by four processes', async () => {
    const { journal } = createDesk();
    const journals = Array.from({ length: 4 }, () => journal());
    const entries = Array.from({ length: 100 }, (_, i) => `${i}`);
    await Promise.all(entries.map((entry, i) => journals[i % 4]?.append(entry)));
    for (const { reader } of journals) expect((await all(reader())).sort()).toEqual(entries.sort());
  });

  it('loses nothing and gives nothing twice, whoever writes and reads when, whatever their clocks', async () => {
    const step = fc.oneof(
      fc.record({ verb: fc.constant('append' as const), who: fc.nat(2) }),
      fc.record({ verb: fc.constant('read' as const), who: fc.nat(2) }),
      fc.record({ verb: fc.constant('wait' as const), who: fc.nat(90) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const { journal, clock } = createDesk({ retention: 100_000 });
        const parties = [0, BUCKET, -BUCKET].map((ahead) => {
          const { append, reader } = journal(ahead);
          return { append, reader: reader(), seen: [] as string[] };
        });
        const written: string[] = [];
        for (const { verb, who } of steps) {
          const party = parties[who];
          if (verb === 'wait') clock.now += who;
          else if (verb === 'read') party?.seen.push(...(await all(party.reader)));
          else await party?.append(`${written.push(`${written.length}`) - 1}`);
        }
        clock.now += 2 * BUCKET; // the slowest clock has reached what the fastest has written
        for (const { reader, seen } of parties) {
          seen.push(...(await all(reader)));
          expect(seen.sort()).toEqual([...written].sort());
        }
      }),
    );
  });

  it('keeps an entry for its time, and all of a bucket together', async () => {
    const { journal, clock } = createDesk();
    const { append, reader } = journal();
    await append('first');
    clock.now = Math.floor(NOW / BUCKET) * BUCKET + BUCKET - 1;
    await append('last');
    clock.now += 300;
    expect(await all(reader())).toEqual(['first', 'last']);
    clock.now += 2;
    expect(await all(reader())).toEqual([]);
  });

  it('holds nobody up while a long one is read', async () => {
    const { journal } = createDesk();
    const { append, reader } = journal();
    for (let i = 0; i < 2000; i += 1) await append(`${i}`);
    let turns = 0;
    let isDone = false;
    const read = all(reader()).finally(() => {
      isDone = true;
    });
    for (; !isDone; turns += 1) await setImmediate();
    expect(await read).toHaveLength(2000);
    expect(turns).toBeGreaterThan(6);
  });

  it('gives what was written since, by whole buckets', async () => {
    const { journal, clock } = createDesk();
    const { append, reader } = journal();
    for (const entry of ['a', 'b', 'c']) {
      await append(entry);
      clock.now += BUCKET;
    }
    expect(await all(reader(), NOW + BUCKET)).toEqual(['b', 'c']);
  });

  it('refuses more entries in one bucket than are allowed', async () => {
    const { journal, clock } = createDesk({ most: 5 });
    const { append, reader } = journal();
    for (let i = 0; i < 5; i += 1) await append(`${i}`);
    for (const another of [append, journal().append]) {
      await expect(another('more')).rejects.toMatchObject({ code: 'store_full' });
    }
    clock.now += BUCKET;
    await append('5');
    expect(await all(reader())).toEqual(['0', '1', '2', '3', '4', '5']);
  });

  it('of two names know nothing of each other', async () => {
    const { journal } = createDesk();
    const [one, other] = [journal(), journal(0, { name: 'journal:1' })];
    await one.append('one');
    await other.append('other');
    expect([await all(one.reader()), await all(other.reader())]).toEqual([['one'], ['other']]);
  });
});

describe('a journal whose store fails', () => {
  it('says so, and goes on where it was', async () => {
    const { journal, store } = createDesk();
    const { append, reader } = journal();
    const its = reader();
    for (const entry of ['a', 'b', 'c']) await append(entry);
    const { get, add } = store;
    let answers = 2;
    store.get = (key) => {
      if (answers === 0) throw new HoldfastError('store_unavailable');
      answers -= 1;
      return get(key);
    };
    const seen: string[] = [];
    const read = async () => {
      for await (const entry of its.read(NOW)) seen.push(entry);
    };
    await expect(read()).rejects.toMatchObject({ code: 'store_unavailable' });
    store.get = get;
    await read();
    expect(seen).toEqual(['a', 'b', 'c']);
    store.add = () => {
      throw new HoldfastError('store_unavailable');
    };
    await expect(append('d')).rejects.toMatchObject({ code: 'store_unavailable' });
    store.add = add;
    await append('d');
    expect(await all(its)).toEqual(['d']);
  });

  it('ends also when the store says of every place that it is taken', async () => {
    const { journal, store } = createDesk({ most: 50 });
    store.add = () => false;
    await expect(journal().append('a')).rejects.toMatchObject({ code: 'store_full' });
  });

  it('gives an entry again to a reader who could not take it', async () => {
    const { journal } = createDesk();
    const { append, reader } = journal();
    const its = reader();
    for (const entry of ['a', 'b']) await append(entry);
    for await (const entry of its.read()) if (entry === 'b') break;
    expect(await all(its)).toEqual(['b']);
  });
});
