import { execFileSync } from 'node:child_process';
// biome-ignore lint/correctness/noUnresolvedImports: Biome does not know this builtin module
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { sqliteStore } from '@holdfast/stores/sqlite';
import { describe, expect, it } from 'vitest';
import { passesStoreContract } from './contract.ts';
import { added, START, times } from './replay-contract.ts';
import { sqliteFolder } from './sqlite-folder.ts';

const { newPath, openStore } = sqliteFolder();

passesStoreContract({ name: 'sqliteStore', open: (options) => openStore(options), many: 1000 });

const unavailable = expect.objectContaining({ code: 'store_unavailable' });

/** A file, a clock, and a way to close and open again. */
function reopening(maxEntries = 1000) {
  const path = newPath();
  const time = { now: START };
  const open = () => openStore({ path, clock: () => time.now * 1000, maxEntries });
  let store = open();
  return {
    path,
    time,
    store: () => store,
    reopen() {
      store.close();
      store = open();
      return store;
    },
  };
}

function rowsIn(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return Number(database.prepare('SELECT count(*) AS n FROM entry').get()?.['n']);
  } finally {
    database.close();
  }
}

describe('sqliteStore: closed and opened again', () => {
  it('DPOP-11.1-02 holds what it held, through the last second', async () => {
    const { store, time, reopen } = reopening();
    store().add('a', 'value', START + 60);
    store().add('taken', 'value', START + 60);
    store().take('taken');
    time.now = START + 60.999;
    expect([reopen().get('a'), store().get('taken'), await added(store(), 'a', START + 99)]).toEqual([
      'value',
      undefined,
      false,
    ]);
    time.now = START + 61;
    expect([reopen().get('a'), await added(store(), 'a', START + 99)]).toEqual([undefined, true]);
  });

  it('DPOP-11.1-02 lets nothing in twice when the clock steps back meanwhile', async () => {
    const { store, time, reopen } = reopening();
    store().add('a', '', START + 10);
    time.now = START + 11;
    store().add('b', 'value', START + 60); // forgets a
    time.now = START + 5;
    expect(await added(reopen(), 'a', START + 10)).toBe('store_unavailable');
    expect(await added(store(), 'c', START + 11)).toBe(true);
    expect(store().get('b')).toBe('value');
    time.now = START + 12;
    expect(await added(store(), 'a', START + 12)).toBe(true);
  });

  it('an entry that had ended stays ended when the clock steps back', () => {
    const { store, time, reopen } = reopening();
    for (const i of times(40, (n) => n)) store().add(`a ${i}`, 'value', START + 10);
    time.now = START + 11;
    store().add('b', '', START + 60); // forgets some of them
    time.now = START + 5;
    reopen();
    for (const i of times(40, (n) => n)) {
      expect([store().get(`a ${i}`), store().take(`a ${i}`)]).toEqual([undefined, undefined]);
    }
  });

  it('is as full as it was', async () => {
    const { store, reopen } = reopening(2);
    store().add('a', '', START + 60);
    store().add('b', '', START + 60);
    expect([await added(reopen(), 'c'), await added(store(), 'a')]).toEqual(['store_full', false]);
    store().take('a');
    expect([await added(reopen(), 'c'), await added(store(), 'd')]).toEqual([true, 'store_full']);
  });
});

describe('sqliteStore: sweeping', () => {
  it('forgets some at each add, and all in time', () => {
    const { path, store, time } = reopening();
    for (const i of times(100, (n) => n)) store().add(`old ${i}`, '', START + 1);
    time.now = START + 2;
    store().add('new 0', '', START + 60);
    expect(rowsIn(path)).toBeGreaterThan(50); // no long pause for one caller
    expect(rowsIn(path)).toBeLessThan(100);
    for (const i of times(9, (n) => n + 1)) store().add(`new ${i}`, '', START + 60);
    expect(rowsIn(path)).toBe(10);
  });

  it('goes on while a full store refuses', async () => {
    const path = newPath();
    const time = { now: START };
    const options = { path, clock: () => time.now * 1000 };
    const large = openStore({ ...options, maxEntries: 100 });
    for (const i of times(100, (n) => n)) large.add(`old ${i}`, '', START + 1);
    time.now = START + 2;
    const small = openStore({ ...options, maxEntries: 1 });
    const answers: unknown[] = [];
    for (let i = 0; i < 10; i += 1) answers.push(await added(small, 'new'));
    expect(answers).toContain('store_full');
    expect(answers.slice(-2)).toEqual([false, false]);
  });
});

describe('sqliteStore', () => {
  it('says of an entry of the past that it cannot tell', async () => {
    const { store } = reopening();
    expect(await added(store(), 'a', START - 1)).toBe('store_unavailable');
    expect(await added(store(), 'a', Number.NaN)).toBe('store_unavailable');
    expect(await added(store(), 'a', START)).toBe(true);
  });

  it('keeps apart what only UTF-16 can tell apart, and gives it back', async () => {
    const { store } = reopening();
    const odd = ['x\ud800', 'x\ud801', 'x\udc00', 'x\ufffd', 'x', 'x\0', 'x\0y', 'x\0z', '\0', '\0\0'];
    for (const text of odd) expect(await store().add(text, text, START + 60)).toBe(true);
    for (const text of odd) expect(store().get(text)).toBe(text);
  });

  it('does not answer after it was closed, and can be closed again', async () => {
    const { store } = reopening();
    store().add('a', 'value', START + 60);
    store().close();
    store().close();
    store()[Symbol.dispose]();
    expect(await added(store(), 'b')).toBe('store_unavailable');
    expect(() => store().get('a')).toThrow(unavailable);
    expect(() => store().take('a')).toThrow(unavailable);
  });

  it('says that it forgets nothing with its process', () => {
    expect(openStore().isVolatile ?? false).toBe(false);
  });

  it.each([
    { maxEntries: 0 },
    { maxEntries: 1.5 },
    { maxEntries: Number.POSITIVE_INFINITY },
    { timeout: -1 },
    { timeout: Number.NaN },
    { timeout: 60_001 },
    { path: '' },
  ])('for %o is a programming mistake', (options) => {
    expect(() => sqliteStore({ path: newPath(), ...options })).toThrow(TypeError);
  });

  it.each(['@holdfast/stores', '@holdfast/stores/redis'])('is not loaded by %s', (entry) => {
    // Node 22 warns of node:sqlite whoever loads it
    const script = `await import('${entry}'); console.log(process.moduleLoadList.filter((name) => / sqlite/.test(name)).length)`;
    const loaded = (text: string) =>
      execFileSync(process.execPath, ['--input-type=module', '--eval', text], {
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
        encoding: 'utf8',
      });
    expect(loaded(script)).toBe('0\n');
    expect(loaded(script.replace(entry, '@holdfast/stores/sqlite'))).not.toBe('0\n');
  });
});
