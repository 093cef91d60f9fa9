import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
// biome-ignore lint/correctness/noUnresolvedImports: Biome does not know this builtin module
import { DatabaseSync } from 'node:sqlite';
import { HoldfastError } from '@holdfast/proof';
import { sqliteStore } from '@holdfast/stores/sqlite';
import { describe, expect, it } from 'vitest';
import { added, START } from './replay-contract.ts';
import { sqliteFolder } from './sqlite-folder.ts';

const { newPath, openStore } = sqliteFolder();

const clock = () => START * 1000;
const until = START + 60;

/** A database of somebody's, closed and for its owner alone. */
function made(sql: string, path = newPath()): string {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
  chmodSync(path, 0o600);
  return path;
}

/** A store's file with an entry `a`, closed. */
function closedStore(): string {
  const path = newPath();
  const store = openStore({ path, clock });
  store.add('a', 'value', until);
  store.close();
  return path;
}

function refusalOfOpening(path: string): string {
  try {
    sqliteStore({ path, clock, timeout: 20 }).close();
  } catch (error) {
    if (error instanceof HoldfastError) return `${error.code}: ${error.detail}`;
    throw error;
  }
  return 'opened';
}

describe('sqliteStore: the file', () => {
  it('is for its owner alone, and so is what lies beside it', () => {
    const path = newPath();
    const before = process.umask(0);
    try {
      const store = openStore({ path, clock });
      store.add('a', '', until);
    } finally {
      process.umask(before);
    }
    for (const suffix of ['', '-wal', '-shm']) expect(statSync(path + suffix).mode & 0o777).toBe(0o600);
  });

  it('is all that is left after closing', () => {
    const path = join(newPath(), 'store.db');
    mkdirSync(dirname(path));
    openStore({ path, clock }).close();
    expect(execFileSync('ls', ['-A', dirname(path)], { encoding: 'utf8' })).toBe('store.db\n');
  });

  it.each([':memory:', 'file:x?mode=memory'])('is a file also under the name %s', (name) => {
    const before = process.cwd();
    const folder = newPath();
    mkdirSync(folder);
    process.chdir(folder);
    try {
      openStore({ path: name, clock }).close();
    } finally {
      process.chdir(before);
    }
    expect(existsSync(join(folder, name))).toBe(true);
  });

  it.each(['640', '604', '620', '601'])('open to other users (%s) is refused', (mode) => {
    const path = closedStore();
    chmodSync(path, Number.parseInt(mode, 8));
    expect(refusalOfOpening(path)).toBe('store_unavailable: the file is open to other users');
  });

  it('behind a symbolic link is refused, and none is made behind one', () => {
    const [real, link, dangling, nowhere] = [closedStore(), newPath(), newPath(), newPath()];
    symlinkSync(real, link);
    symlinkSync(nowhere, dangling);
    for (const path of [link, dangling]) {
      expect(refusalOfOpening(path)).toBe('store_unavailable: a symbolic link or not a file');
    }
    expect(existsSync(nowhere)).toBe(false);
  });

  it('cannot be a folder, nor be in one that is not there', () => {
    const folder = newPath();
    mkdirSync(folder);
    expect(refusalOfOpening(folder)).toBe('store_unavailable: a symbolic link or not a file');
    expect(refusalOfOpening(join(newPath(), 'store.db'))).toBe('store_unavailable: the folder is not there');
  });

  it('removed or replaced while in use is refused, and good again when it is back', async () => {
    const [path, aside] = [newPath(), newPath()];
    const store = openStore({ path, clock });
    store.add('a', 'value', until);
    renameSync(path, aside);
    const answers = async () => [
      await added(store, 'b', until),
      caught(() => store.get('a')),
      caught(() => store.take('a')),
    ];
    const refusals = ['store_unavailable', 'store_unavailable', 'store_unavailable'];
    expect(await answers()).toEqual(refusals);
    writeFileSync(path, '', { mode: 0o600 });
    expect(await answers()).toEqual(refusals);
    rmSync(path);
    renameSync(aside, path);
    expect([await added(store, 'b', until), store.get('a')]).toEqual([true, 'value']);
  });
});

function caught(ask: () => unknown): unknown {
  try {
    return ask();
  } catch (error) {
    return error instanceof HoldfastError ? error.code : error;
  }
}

describe('sqliteStore: what is in the file', () => {
  it.each([
    ['a table of somebody', 'CREATE TABLE t (a); INSERT INTO t VALUES (1)', 'a database of another application'],
    ['the mark of another application', 'PRAGMA application_id = 7', 'a database of another application'],
    ['a version without a mark', 'PRAGMA user_version = 1', 'a database of another application'],
    ['our mark on other tables', 'PRAGMA application_id = 1213156420; PRAGMA user_version = 1', undefined],
    ['our mark, a table and no version', 'PRAGMA application_id = 1213156420; CREATE TABLE entry (a)', undefined],
  ])('%s is refused and left as it is', (_what, sql, reason) => {
    const path = made(sql);
    const objects = () => contents(path, 'SELECT * FROM sqlite_schema');
    const before = objects();
    expect(refusalOfOpening(path)).toBe(`store_unavailable: ${reason}`);
    expect(objects()).toEqual(before);
  });

  it.each([2, 99, -1])('of the version %d is refused, byte for byte as it was', (version) => {
    const path = made(`PRAGMA journal_mode = DELETE; PRAGMA user_version = ${version}`, closedStore());
    const before = readFileSync(path);
    expect(refusalOfOpening(path)).toBe('store_unavailable: made by a newer version');
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('of version 0, an empty file, becomes a store', async () => {
    const path = newPath();
    writeFileSync(path, '', { mode: 0o600 });
    const store = openStore({ path, clock });
    expect([await added(store, 'a', until), await added(store, 'a', until)]).toEqual([true, false]);
    store.close();
    expect(await added(openStore({ path, clock }), 'a', until)).toBe(false);
  });

  it('copied out of use, without a log, is a store as well', () => {
    const copy = newPath();
    made(`VACUUM INTO '${copy}'`, closedStore());
    chmodSync(copy, 0o600);
    expect(openStore({ path: copy, clock }).get('a')).toBe('value');
  });

  it.each(['garbage', '{"a":1}\n'.repeat(1000)])('that is no database is refused and left as it is', (text) => {
    const path = newPath();
    writeFileSync(path, text, { mode: 0o600 });
    expect(refusalOfOpening(path)).toMatch(/^store_unavailable: not a database$/);
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  it('damaged in any page is refused', () => {
    const sound = readFileSync(closedStore());
    const pages = sound.length / 4096;
    expect(pages).toBeGreaterThan(3);
    for (let page = 0; page < pages; page += 1) {
      const path = newPath();
      writeFileSync(path, sound, { mode: 0o600 });
      const file = openSync(path, 'r+');
      writeSync(file, Buffer.alloc(4096, 0xa5), 0, 4096, page * 4096);
      closeSync(file);
      expect(refusalOfOpening(path)).toMatch(/^store_unavailable: (the database is damaged|not a database)$/);
    }
  });

  it('cut off is refused', () => {
    const sound = readFileSync(closedStore());
    const path = newPath();
    writeFileSync(path, sound.subarray(0, sound.length - 4096), { mode: 0o600 });
    expect(refusalOfOpening(path)).toBe('store_unavailable: the database is damaged');
  });
});

function contents(path: string, sql: string): unknown[] {
  const database = new DatabaseSync(path, { readOnly: true });
  try {
    return database.prepare(sql).all();
  } finally {
    database.close();
  }
}
