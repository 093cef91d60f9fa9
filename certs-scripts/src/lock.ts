import { join } from 'node:path';
// biome-ignore lint/correctness/noUnresolvedImports: Biome does not know this builtin module
import { DatabaseSync } from 'node:sqlite';
import { setTimeout } from 'node:timers/promises';
import { CertificatesError } from './error.ts';

const PAUSE_MS = 25;
const PATIENCE = 1200; // pauses: 30 s, where a set takes a fraction of one

/**
 * Runs the action while no other process, and no other call in this one, runs one for the same folder.
 * The lock is SQLite's on the empty file `.lock`: the system gives it back when its holder dies, so nothing
 * has to guess whether a lock is stale. Throws CertificatesError `busy` or `not_writable`.
 */
export async function whileLocked<T>(directory: string, action: () => Promise<T>): Promise<T> {
  const path = join(directory, '.lock');
  const database = await acquire(path);
  try {
    return await action();
  } finally {
    database.close();
  }
}

async function acquire(path: string): Promise<DatabaseSync> {
  for (let attempt = 0; attempt < PATIENCE; attempt++) {
    const database = tryAcquire(path);
    if (database !== undefined) return database;
    await setTimeout(PAUSE_MS);
  }
  throw new CertificatesError('busy', `another process holds ${path}`);
}

// SQLite's own waiting would block the event loop, and with it the holder when that is this process.
function tryAcquire(path: string): DatabaseSync | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    // Nothing is ever written, so nothing needs a journal file beside it.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return database;
  } catch (cause) {
    database?.close();
    if ((cause as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw new CertificatesError('not_writable', `cannot lock ${path}`, { cause });
  }
}

const SQLITE_BUSY = 5;
