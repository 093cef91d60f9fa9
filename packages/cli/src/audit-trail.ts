import type { Audit, IssuerEvent } from '@holdfast/issuer';
import { type AuditFile, openAuditFile } from './audit-file.ts';

/**
 * An append-only record of what an issuer did, a JSON object a line. An event is on the disk before it is answered for:
 * `record` rejects when it is not, and then its request has to be refused.
 */
export interface AuditTrail {
  readonly record: Audit;
  /** Goes on in a new file at once when the one in use was renamed. By itself it does so at the next event. */
  reopen(): Promise<void>;
  /** Resolves when events can be recorded. After a failure it tries, and leaves a line `audit.resumed`. */
  check(): Promise<void>;
  /** Resolves when all that waits is recorded. */
  close(): Promise<void>;
}

interface Waiting {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

const MOST_WAITING = 10_000; // events of about 300 octets; more than that means that the disk does not keep up

/**
 * Opens the trail at this path, made for its owner alone when it is not there. Rejects with an error of the system. Events
 * that come while the disk is busy share the next write and the next sync, so that many cost little more than one. What is
 * recorded was not granted in every case: the answer may have been lost, or another record may have failed after it.
 */
export async function openAuditTrail(path: string, now: () => number = Date.now): Promise<AuditTrail> {
  let file: AuditFile | undefined = await openAuditFile(path);
  let waiting: Waiting[] = [];
  let writing: Promise<void> | undefined;
  let isFailing = false;

  /** The file at the path: another one than before, when somebody renamed that. */
  async function current(): Promise<AuditFile> {
    if (file !== undefined && (await file.isInPlace())) return file;
    const left = file;
    file = undefined;
    await left?.close();
    file = await openAuditFile(path);
    return file;
  }

  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        const lines = batch.map(({ line }) => line).join('');
        await (await current()).append(lines);
        if (lines !== '') isFailing = false;
        for (const { resolve } of batch) resolve();
      } catch (fault) {
        isFailing = true;
        for (const { reject } of batch) reject(fault);
      }
    }
    writing = undefined;
  }

  function append(line: string): Promise<void> {
    if (waiting.length >= MOST_WAITING) return Promise.reject(new Error('the disk does not keep up'));
    const recorded = new Promise<void>((resolve, reject) => waiting.push({ line, resolve, reject }));
    writing ??= write();
    return recorded;
  }

  return {
    record: ({ at, ...event }: IssuerEvent) => append(lineOf(at, event)),
    reopen: () => append(''),
    async check() {
      if (isFailing) await append(lineOf(now(), { event: 'audit.resumed' }));
    },
    async close() {
      await writing;
      await file?.close();
    },
  };
}

function lineOf(at: number, event: object): string {
  return `${JSON.stringify({ at: new Date(at).toISOString(), ...event })}\n`;
}
