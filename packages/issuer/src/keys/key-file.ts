import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { whileLocked } from './lock.ts';
import { unusable } from './refusal.ts';

const LARGEST = 1024 * 1024;
const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants; // Windows has only the first

/** The text of a key file; undefined when there is none. Throws `key_unusable` for one that others may read or write. */
export function readKeyFile(path: string): string | undefined {
  const file = openUnlessGone(path);
  if (file === undefined) return undefined;
  try {
    checkFile(fstatSync(file));
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** Another stamp: there may be another text. Undefined when there is no file. */
export function stampOf(path: string): string | undefined {
  const found = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return found && [found.dev, found.ino, found.size, found.mtimeNs].join(' ');
}

/**
 * Writes `text` when the file still holds `before` (undefined: when there is none). False: another process was first, and
 * nothing is written. The file holds either text, whole, whenever the machine stops; only its owner may read it.
 */
export async function replaceKeyFile(path: string, before: string | undefined, text: string): Promise<boolean> {
  return await whileLocked(`${path}.lock`, () => {
    if (readKeyFile(path) !== before) return false;
    const draft = `${path}.new`; // of whoever holds the lock, so what is there was left behind by one that died
    rmSync(draft, { force: true });
    writeDurably(draft, text);
    renameSync(draft, path);
    syncFolder(dirname(path));
    return true;
  });
}

function openUnlessGone(path: string): number | undefined {
  try {
    return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK); // which does not wait for a writer of a pipe
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (code === 'ELOOP') throw unusable('a symbolic link');
    throw thrown;
  }
}

function checkFile(found: Stats): void {
  if (!found.isFile()) throw unusable('not a file');
  if (process.platform !== 'win32' && (found.mode & 0o077) !== 0) throw unusable('the file is open to other users');
  if (found.size > LARGEST) throw unusable('the file is too large');
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

// The new name is in the folder: without this it may be the old one again after a power cut
function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, O_RDONLY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
