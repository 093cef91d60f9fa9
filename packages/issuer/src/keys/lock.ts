import { closeSync, openSync } from 'node:fs';
import { unusable } from './refusal.ts';

const PATIENCE = 2000; // ms, where an action takes a few

/**
 * Runs a short action while no other process runs one under the same lock. The lock is SQLite's on an empty file: the
 * system gives it back when its holder dies, so nothing has to guess whether a lock is stale. Blocks meanwhile.
 */
export async function whileLocked<T>(path: string, action: () => T): Promise<T> {
  // Only here, because Node 22 warns of it
  // biome-ignore lint/correctness/noUnresolvedImports: Biome does not know this builtin module
  const { DatabaseSync } = await import('node:sqlite');
  ensureFile(path);
  const database = new DatabaseSync(path, { timeout: PATIENCE });
  try {
    try {
      // Nothing is ever written, so nothing needs a journal file beside it
      database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    } catch {
      throw unusable('the file is locked by another process');
    }
    return action();
  } finally {
    database.close();
  }
}

// Closed to others: who can open it can hold the lock for ever. An existing one is not touched, because POSIX gives up all
// locks that a process has on a file when any handle of it is closed.
function ensureFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
  }
}
