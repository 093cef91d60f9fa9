import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SqliteStore, type SqliteStoreOptions, sqliteStore } from '@holdfast/stores/sqlite';
import { afterAll } from 'vitest';

/** A folder for the databases of a suite. It is gone when the suite ends, its stores closed. */
export function sqliteFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-sqlite-'));
  const open: SqliteStore[] = [];
  let count = 0;

  afterAll(() => {
    for (const store of open) store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A path where nothing is. */
  function newPath(): string {
    count += 1;
    return join(folder, `store ${count}.db`);
  }

  function openStore(options: Partial<SqliteStoreOptions> = {}): SqliteStore {
    const store = sqliteStore({ path: newPath(), ...options });
    open.push(store);
    return store;
  }

  return { newPath, openStore };
}
