import { closeSync, openSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { unusable } from './refusal.ts';

const PAUSE = 25; // ms
const PATIENCE = 400; // pauses: 10 s, where an action takes milliseconds

/**
 * Runs a short action while no other process runs one under the same lock. The lock is SQLite's on an empty file: the
 * system gives it back when its holder dies, so nothing has to guess whether a lock is stale. Throws `key_unusable`.
 */
export async function whileLocked<T>(path: string, action: () => T): Promise<T> {
  ensureFile(path);
  for (let attempt = 0; attempt < PATIENCE; attempt++) {
    const unlock = await tryLock(path);
    try {
      if (unlock !== undefined) return action();
    } finally {
      unlock?.();
    }
    await setTimeout(PAUSE); // SQLite's own waiting would hold up everything else
  }
  throw unusable('the file is locked by another process');
}

async function tryLock(path: string): Promise<(() => void) | undefined> {
  // Only here, because Node 22 warns of it
  // biome-ignore lint/correctness/noUnresolvedImports: Biome does not know this builtin module
  const { DatabaseSync } = await import('node:sqlite');
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    // Nothing is ever written, so nothing needs a journal file beside it
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return () => database.close();
  } catch (thrown) {
    database.close();
    if ((thrown as { errcode?: number }).errcode === SQLITE_BUSY) return undefined;
    throw unusable('the lock is not one of ours');
  }
}

const SQLITE_BUSY = 5;

// Closed to others: who can open it can hold the lock for ever. An existing one is not touched, because POSIX gives up all
// locks that a process has on a file when any handle of it is closed.
function ensureFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
  }
}
