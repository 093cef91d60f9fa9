import { type Clock, normalizeHtu, withinTime } from '@holdfast/proof';
import type { EvidenceLog } from '@holdfast/venue';
import { openAuditFile } from '../audit-file.ts';
import { type Content, FORMAT, LONGEST_LINE, type Opening, orderEntry, writeEntry } from './entry.ts';
import { readFileEnd } from './file-end.ts';
import { holdLock } from './file-lock.ts';

/** A file of evidence that is being written. */
export interface EvidenceFile extends EvidenceLog {
  /** Resolves when all that waits is recorded. */
  close(): Promise<void>;
}

export interface EvidenceFileOptions {
  /** Of the venue's listeners. */
  readonly origins: readonly string[];
  readonly clock?: Clock;
}

interface Waiting {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

const MOST_WAITING = 64 * 1024 * 1024; // characters; more than that means that the disk does not keep up
const PATIENCE = 5000; // ms for one write

/**
 * Opens a file of evidence at this path, made for its owner alone when it is not there, and goes on with its chain. Rejects
 * when another process has it, when its last line is not one of evidence, and with an error of the system. A line that was
 * torn stays as it is; the next one says so.
 *
 * Entries that come while the disk is busy share the next write and the next sync. Once one write has failed nothing is
 * written any more, because nobody knows what is on the disk: opened again, the file tells. So what is recorded was not
 * acknowledged in every case. Beside the file stays an empty one, its lock. NOT done: rotation; a process that is to go on in
 * another file has to be started with that.
 */
export async function openEvidence(
  path: string,
  { origins, clock = Date.now }: EvidenceFileOptions,
): Promise<EvidenceFile> {
  const unlock = await holdLock(`${path}.lock`);
  try {
    const file = await openAuditFile(path);
    try {
      const { size, torn, ...end } = await readFileEnd(path);
      const log = createLog(file, { size, ...end });
      const opened: Opening = {
        format: FORMAT,
        origins: origins.map(normalOrigin),
        ...(torn === undefined ? {} : { torn }),
      };
      await log.append(clock(), { opened });
      return {
        canRecord: log.canAppend,
        record: (order) => log.append(order.at, { order: orderEntry(order) }),
        async close() {
          await log.end();
          await file.close();
          unlock();
        },
      };
    } catch (fault) {
      await file.close();
      throw fault;
    }
  } catch (fault) {
    unlock();
    throw fault;
  }
}

interface Log {
  canAppend(): boolean;
  append(at: number, content: Content): Promise<void>;
  end(): Promise<void>;
}

function createLog(
  file: Awaited<ReturnType<typeof openAuditFile>>,
  end: { size: number; seq: number; prev: string | null },
): Log {
  let { size, seq, prev } = end;
  let waiting: Waiting[] = [];
  let waitingLength = 0;
  let writing: Promise<void> | undefined;
  let fault: unknown;

  async function write(lines: string): Promise<void> {
    if (!(await file.isInPlace(size))) throw new Error('the file was moved, or somebody else has written to it');
    size += await file.append(lines);
  }

  function take(): Waiting[] {
    const batch = waiting;
    waiting = [];
    waitingLength = 0;
    return batch;
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = take();
      try {
        await withinTime(write(batch.map(({ line }) => line).join('')), PATIENCE);
        for (const { resolve } of batch) resolve();
      } catch (cause) {
        fault = cause ?? new Error('unknown');
        for (const { reject } of [...batch, ...take()]) reject(fault); // whose hashes stand on those of the batch
      }
    }
    writing = undefined;
  }

  const canAppend = () => fault === undefined && waitingLength < MOST_WAITING;
  return {
    canAppend,
    append(at, content) {
      if (!canAppend()) return Promise.reject(fault ?? new Error('the disk does not keep up'));
      const { line, hash } = writeEntry({ seq, at: new Date(at).toISOString(), prev }, content);
      if (line.length > LONGEST_LINE) return Promise.reject(new Error('the entry is too long'));
      seq += 1;
      prev = hash;
      waitingLength += line.length;
      const written = new Promise<void>((resolve, reject) => waiting.push({ line, resolve, reject }));
      writing ??= writeAll();
      return written;
    },
    async end() {
      fault ??= new Error('the file is closed');
      await writing;
    },
  };
}

/** As signatures have it: clients take their URLs from a parser that writes an origin in its normal form. */
function normalOrigin(origin: string): string {
  return normalizeHtu(origin)?.replace(/\/$/, '') ?? origin;
}
