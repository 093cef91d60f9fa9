import { randomUUID } from 'node:crypto';
import { closeSync, linkSync, lstatSync, openSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
// biome-ignore lint/correctness/noUnresolvedImports: Biome does not know this builtin module
import { DatabaseSync } from 'node:sqlite';
import { refusal, refusalOf } from './sqlite-refusal.ts';
import { checkOurs, migrate } from './sqlite-schema.ts';

export interface StoreFile {
  readonly database: DatabaseSync;
  /** Throws unless the path still leads to the file that is open: whoever opens it next would not see our entries. */
  checkPresence(): void;
  close(): void;
}

/** Opens the store's file, made when it is not there. Throws `store_unavailable` for any other than a sound one of ours. */
export function openFile(path: string, timeout: number): StoreFile {
  const place = resolve(path); // absolute: SQLite takes `:memory:` and `file:` as something else than a path
  try {
    const inode = inodeAt(place) ?? createAt(place, timeout);
    const database = openDatabase(place, timeout);
    return {
      database,
      checkPresence() {
        if (inodeAt(place) !== inode) throw refusal('the file was removed or replaced');
      },
      close() {
        if (database.isOpen) database.close();
      },
    };
  } catch (thrown) {
    throw refusalOf(thrown);
  }
}

/**
 * Which file is there, if any. By its name alone: POSIX gives up all locks that a process has on a file when any handle
 * of it is closed, SQLite's as well.
 */
function inodeAt(place: string): string | undefined {
  const found = lstatSync(place, { bigint: true, throwIfNoEntry: false });
  if (found === undefined) return undefined;
  if (!found.isFile()) throw refusal('a symbolic link or not a file');
  if (process.platform !== 'win32' && (found.mode & 0o077n) !== 0n) throw refusal('the file is open to other users');
  return `${found.dev} ${found.ino}`;
}

/** Makes a database under another name and gives it its own when it is complete: nobody opens half a store. */
function createAt(place: string, timeout: number): string | undefined {
  const draft = `${place}.${randomUUID()}`;
  try {
    closeSync(openSync(draft, 'wx', 0o600));
    openDatabase(draft, timeout).close();
    linkUnlessThere(draft, place);
  } finally {
    for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(draft + suffix, { force: true });
  }
  return inodeAt(place);
}

function linkUnlessThere(draft: string, place: string): void {
  try {
    linkSync(draft, place);
  } catch (thrown) {
    // Another process was first, and its file is as good
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
  }
}

function openDatabase(place: string, timeout: number): DatabaseSync {
  const database = new DatabaseSync(place, { timeout, enableDoubleQuotedStringLiterals: false });
  try {
    checkOurs(database);
    configure(database);
    migrate(database);
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

function configure(database: DatabaseSync): void {
  database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON');
  const mode = database.prepare('PRAGMA journal_mode = WAL').get();
  if (mode?.['journal_mode'] !== 'wal') throw refusal('no write-ahead log on this file system');
  // An answer is given after the log is on the disk; on macOS that takes more than fsync
  database.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON');
}
