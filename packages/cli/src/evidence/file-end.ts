import { open } from 'node:fs/promises';
import { CommandError } from '../command-error.ts';
import { LONGEST_LINE, type Opening, readEntry, sha256 } from './entry.ts';

/** Where a file of evidence ends, and so where its chain goes on. */
export interface FileEnd {
  /** Octets of the file. */
  readonly size: number;
  /** Of the next entry. */
  readonly seq: number;
  /** Hash of the last entry; null where there is none. */
  readonly prev: string | null;
  /** What stands behind the last whole line. */
  readonly torn?: NonNullable<Opening['torn']>;
}

/** Reads the end of a file. Rejects when its last whole line is no entry of ours. NOT checked: all lines before that. */
export async function readFileEnd(path: string): Promise<FileEnd> {
  const { size, octets } = await lastOctets(path, 2 * (LONGEST_LINE + 1));
  const end = octets.lastIndexOf(LINE_FEED);
  const fragment = octets.subarray(end + 1);
  const torn = fragment.length === 0 ? {} : { torn: { octets: fragment.length, sha256: sha256(fragment) } };
  if (end === -1) {
    if (octets.length < size || !isBeginning(fragment)) throw foreign(path);
    return { size, seq: 0, prev: null, ...torn };
  }
  const begin = octets.subarray(0, end).lastIndexOf(LINE_FEED) + 1;
  const read = readEntry(octets.subarray(begin, end));
  if (read === undefined || read.hash !== read.entry.hash) throw foreign(path);
  return { size, seq: read.entry.seq + 1, prev: read.hash, ...torn };
}

const LINE_FEED = 0x0a;
const FIRST_LINE = '{"seq":0,';

async function lastOctets(path: string, most: number): Promise<{ readonly size: number; readonly octets: Buffer }> {
  const handle = await open(path, 'r');
  try {
    const { size } = await handle.stat();
    const octets = Buffer.alloc(Math.min(size, most));
    const { bytesRead } = await handle.read(octets, 0, octets.length, size - octets.length);
    return { size, octets: octets.subarray(0, bytesRead) };
  } finally {
    await handle.close();
  }
}

/** Of a file without a whole line: somebody may have named a file of another kind. */
function isBeginning(fragment: Buffer): boolean {
  const text = fragment.subarray(0, FIRST_LINE.length).toString('latin1');
  return FIRST_LINE.startsWith(text);
}

function foreign(path: string): CommandError {
  return new CommandError(
    `${path}: its last line is not one of evidence, or was altered; see holdfast evidence verify`,
  );
}
