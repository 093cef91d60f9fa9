import { type Clock, HoldfastError, type Store, seconds } from '@holdfast/proof';
import { openFile } from './sqlite-file.ts';
import { refusalOf } from './sqlite-refusal.ts';
import { prepareVerbs, stored } from './sqlite-verbs.ts';

export interface SqliteStoreOptions {
  /** The file. Made with mode 0600 when it is not there; its folder must be. SQLite puts `-wal` and `-shm` beside it. */
  readonly path: string;
  readonly clock?: Clock;
  /** Live entries at most; one more is refused with `store_full`, never made room for. Default 1,000,000. */
  readonly maxEntries?: number;
  /** Milliseconds to wait for another process that writes, with this whole process standing still. Default 1000. */
  readonly timeout?: number;
}

/** The port without its promises: every answer is there at once. */
export interface SqliteStore extends Store, Disposable {
  add(key: string, value: string, expiresAt: number): boolean;
  get(key: string): string | undefined;
  take(key: string): string | undefined;
  /** Closes the file, now and for good: whatever is asked later is `store_unavailable`. Closing again does nothing. */
  close(): void;
}

/**
 * The storage port in one file, by SQLite in WAL mode: for several processes of one machine, on a local disk (not NFS).
 * What was answered survives kill −9 and, as far as the disk keeps what it has confirmed, a loss of power
 * (`synchronous=FULL`: the log is synced before an answer; `NORMAL` would lose the last answers with the power).
 *
 * Synchronous: an `add` keeps the event loop for one sync of the disk (measured on a virtual one: 0.3 ms, one in a hundred
 * 3 ms, at worst 30), and for up to `timeout` while another process writes. That is meant for an issuer; a busy verifier
 * keeps its proofs in memory or on Redis.
 *
 * Closed when in doubt. A file that is locked, read-only, corrupt, removed or replaced is `store_unavailable`, a full disk
 * `store_full`. A refused entry may have been made when the disk failed at the very end. A file that is not sound, not
 * ours, of a newer version, a symbolic link or open to other users is not opened: `store_unavailable` is thrown.
 *
 * The highest second that any process has seen at an `add` is kept in the file, since what had expired by then may be
 * forgotten: after a clock has jumped ahead and back, entries that end before it are refused, also after a restart.
 *
 * In the file: keys, values and last seconds, as they are given. Hash what is secret. What expired or was taken is
 * overwritten in time, not at once; the file does not shrink.
 *
 * NOT covered: a backup put back in place of the file, which has forgotten what came after it; `-wal` or `-shm` removed
 * from a file in use; a writer other than this store.
 */
export function sqliteStore({
  path,
  clock = Date.now,
  maxEntries = 1_000_000,
  timeout = 1000,
}: SqliteStoreOptions): SqliteStore {
  if (!Number.isSafeInteger(maxEntries) || maxEntries < 1) {
    throw new TypeError('maxEntries: a whole number, one or more');
  }
  if (!(Number.isInteger(timeout) && timeout >= 0 && timeout <= 60_000)) throw new TypeError('timeout: 0 to 60000 ms');
  if (path === '') throw new TypeError('path: the path of a file');
  const { file, verbs } = openVerbs(path, timeout, maxEntries);

  /** Everything in `decide` or nothing of it, and no other process in between. */
  function atomically<T>(decide: () => T): T {
    const { database } = file;
    try {
      database.exec('BEGIN IMMEDIATE'); // the lock first: nothing is decided by what another process is changing
      file.checkPresence();
      const decision = decide();
      database.exec('COMMIT');
      return decision;
    } catch (thrown) {
      if (database.isOpen && database.isTransaction) rollBack(() => database.exec('ROLLBACK'));
      throw refusalOf(thrown);
    }
  }

  return {
    add(key, value, expiresAt) {
      const now = seconds(clock);
      const [storedKey, storedValue] = [stored(key), stored(value)];
      // What was swept stays swept when the entry is refused: only so does a full store make progress
      const outcome = atomically(() => verbs.add({ key: storedKey, value: storedValue, expiresAt }, now));
      if (outcome === 'full') throw new HoldfastError('store_full');
      // It may have been here: the clock stepped back, or the request was under way too long
      if (outcome === 'past') throw new HoldfastError('store_unavailable', { detail: 'entry of the past' });
      return outcome === 'added';
    },
    get(key) {
      const now = seconds(clock);
      const storedKey = stored(key);
      try {
        file.checkPresence();
        return verbs.get(storedKey, now);
      } catch (thrown) {
        throw refusalOf(thrown);
      }
    },
    take(key) {
      const now = seconds(clock);
      const storedKey = stored(key);
      return atomically(() => verbs.take(storedKey, now));
    },
    close: () => file.close(),
    [Symbol.dispose]: () => file.close(),
  };
}

function openVerbs(path: string, timeout: number, maxEntries: number) {
  const file = openFile(path, timeout);
  try {
    return { file, verbs: prepareVerbs(file.database, maxEntries) };
  } catch (thrown) {
    file.close();
    throw refusalOf(thrown); // the name and version of ours, and not our tables
  }
}

/** What failed is what to tell; that it cannot be undone either follows from it. */
function rollBack(undo: () => void): void {
  try {
    undo();
  } catch {
    // the next BEGIN fails in turn, and so does its verb
  }
}
