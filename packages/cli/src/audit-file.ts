import { constants } from 'node:fs';
import { type FileHandle, lstat, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CommandError } from './command-error.ts';

/** A file that only grows, by whole lines that are on the disk when they are said to be. */
export interface AuditFile {
  /**
   * Whether the path still leads to this file: otherwise nobody would find what is written to it. With a size in octets, also
   * whether it has that: otherwise somebody else writes to it.
   */
  isInPlace(size?: number): Promise<boolean>;
  /**
   * Resolves when all the lines are on the disk, with the number of octets that the file has grown by. After a failure part
   * of them may be there, and the last one be torn.
   */
  append(lines: string): Promise<number>;
  close(): Promise<void>;
}

// Each write goes to the end, whoever else writes. No symbolic link: its target would be whatever somebody put there
const FLAGS = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

/** Rejects when it cannot be opened, is not a file, or could be changed by another user. */
export async function openAuditFile(path: string): Promise<AuditFile> {
  const handle = await openFile(path);
  try {
    const { ino, dev, size } = await checkFile(handle, path);
    await syncFolder(path);
    let isTorn = size > 0 && (await lastOctet(handle, size)) !== LINE_FEED;
    return {
      async isInPlace(expected) {
        const there = await lstat(path).catch(() => undefined);
        return there?.ino === ino && there.dev === dev && (expected === undefined || there.size === expected);
      },
      async append(lines) {
        const text = isTorn ? `\n${lines}` : lines;
        isTorn = true;
        await handle.appendFile(text);
        await handle.datasync();
        isTorn = false;
        return Buffer.byteLength(text);
      },
      close: () => handle.close(),
    };
  } catch (fault) {
    await handle.close();
    throw fault;
  }
}

const LINE_FEED = 0x0a;

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, FLAGS, 0o600);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ELOOP') throw thrown;
    throw new CommandError(`${path}: a symbolic link`);
  }
}

async function checkFile(handle: FileHandle, path: string) {
  const found = await handle.stat();
  if (!found.isFile()) throw new CommandError(`${path}: not a file`);
  if (process.platform !== 'win32' && (found.mode & 0o022) !== 0) {
    throw new CommandError(`${path}: other users can write to the file`);
  }
  return found;
}

async function lastOctet(handle: FileHandle, size: number): Promise<number | undefined> {
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0];
}

/** A new file is lost with the machine's power, whatever is in it, as long as its name is not on the disk. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(dirname(path), constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
