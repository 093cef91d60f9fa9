import { createReadStream } from 'node:fs';
import { CommandError, describe, UsageError } from '../command-error.ts';
import type { Finding } from './finding.ts';
import { readLines } from './lines.ts';
import { type Summary, verifyEvidence } from './verify.ts';

export interface EvidenceCommandOptions {
  readonly action: string | undefined;
  readonly file: string | undefined;
  /** Hash of the last entry, as another run has printed it. */
  readonly head: string | undefined;
  readonly json: boolean;
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
}

const HASH = /^[A-Za-z0-9_-]{43}$/;
const MOST_KEPT = 1000; // findings of --json, which is one object

/** Exit codes: 0 for a file that is as it was written, 1 for one that is not, 2 when that could not be found out. */
export async function runEvidenceCommand(options: EvidenceCommandOptions): Promise<0 | 1 | 2> {
  try {
    return await verifyFile(options);
  } catch (thrown) {
    options.complain(describe(thrown));
    return 2;
  }
}

async function verifyFile({ action, file, head, json, print }: EvidenceCommandOptions): Promise<0 | 1> {
  if (action !== 'verify' || file === undefined) {
    throw new UsageError('usage: holdfast evidence verify FILE [--head HASH] [--json]');
  }
  if (head !== undefined && !HASH.test(head)) throw new UsageError('--head: 43 characters of base64url');
  const found: Finding[] = [];
  const torn: { readonly line: number; readonly sequence: number }[] = [];
  let findings = 0;
  const summary = await verifyEvidence(readLines(createReadStream(file)), {
    head,
    tell(finding) {
      findings += 1;
      if (!json) print(lineOf(finding));
      else if (found.length < MOST_KEPT) found.push(finding);
    },
    note(line) {
      if (torn.length < MOST_KEPT) torn.push(line);
    },
  });
  if (summary.entries === 0) throw new CommandError(`${file}: no entry of evidence is in it`);
  const isGood = findings === 0;
  if (json)
    print(JSON.stringify({ file, good: isGood, ...summary, findings: found, leftOff: findings - found.length, torn }));
  else for (const line of summaryLines(summary, { findings, torn, head })) print(line);
  return isGood ? 0 : 1;
}

function lineOf({ line, sequence, through, problem, text }: Finding): string {
  const entries = through === undefined ? `entry ${sequence}` : `entries ${sequence} to ${through}`;
  return `line ${line}, ${entries}: ${problem}: ${text}`;
}

interface Told {
  readonly findings: number;
  readonly torn: readonly { readonly line: number; readonly sequence: number }[];
  readonly head: string | undefined;
}

function* summaryLines({ orders, entries, first, last, head }: Summary, told: Told): Generator<string> {
  for (const { line, sequence } of told.torn) {
    yield `line ${line} was left unfinished, as entry ${sequence} says, and was not acknowledged`;
  }
  yield `${counted(orders, 'order')} in ${counted(entries, 'entry', 'entries')}, from ${first} to ${last}`;
  yield `head ${head?.hash}, entry ${head?.sequence}`;
  if (told.findings > 0) yield `NOT as it was written: ${counted(told.findings, 'finding')}`;
  else if (told.head !== undefined) yield 'as it was written, up to the head that was given';
  else
    yield 'as it was written, up to this head; whether more followed, only a head that was kept elsewhere tells (--head)';
}

function counted(number: number, one: string, several = `${one}s`): string {
  return `${number} ${number === 1 ? one : several}`;
}
