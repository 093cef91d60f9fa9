import { closeSync, openSync } from 'node:fs';
import { CommandError } from '../command-error.ts';

/**
 * Keeps other processes from the same lock until the function that it gives is called, or the process ends, however it
 * does: the lock is SQLite's on an empty file, which the system gives back. Rejects when somebody else has it.
 */
export async function holdLock(path: string): Promise<() => void> {
  ensureFile(path);
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
    const isHeld = (thrown as { errcode?: number }).errcode === SQLITE_BUSY;
    throw new CommandError(`${path}: ${isHeld ? 'another process writes to the file of this lock' : 'not a lock'}`);
  }
}

const SQLITE_BUSY = 5;

// Closed to others: who can open it can hold the lock for ever. An existing one is not touched, because POSIX gives up all
// locks that a process has on a file when any handle of it is closed
function ensureFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
  }
}
