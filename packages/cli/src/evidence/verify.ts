import { HoldfastError } from '@holdfast/proof';
import { createChain } from './chain.ts';
import { type Entry, type OrderEntry, type ReadEntry, readEntry, sha256 } from './entry.ts';
import type { Finding } from './finding.ts';
import type { Line } from './lines.ts';
import { createProofsSeen } from './proofs-seen.ts';
import { createRecheck, TOLERANCE } from './recheck.ts';

/** A file of evidence, once it was read to its end. */
export interface Summary {
  /** Entries that are whole, for processes that opened the file and for orders. */
  readonly entries: number;
  readonly orders: number;
  /** ISO 8601, of the first and of the last entry. */
  readonly first: string | undefined;
  readonly last: string | undefined;
  /** The last entry. Undefined where there is none. */
  readonly head: { readonly sequence: number; readonly hash: string } | undefined;
}

export interface VerifyOptions {
  /** The hash that the last entry has to have. */
  readonly head?: string | undefined;
  /** Gets what is wrong. */
  readonly tell: (finding: Finding) => void;
  /** Gets lines that a process left unfinished, and the entry that says so. Nothing is wrong with them. */
  readonly note: (torn: { readonly line: number; readonly sequence: number }) => void;
}

/**
 * Checks a file of evidence: the chain of its entries, and of each order by itself that its signatures fit what was asked.
 * Holds a few lines and the proofs of the last minutes, however long the file is. NOT seen: entries that were cut off at the
 * end, unless the head is known; and whatever `Recheck` does not check.
 */
export async function verifyEvidence(lines: AsyncIterable<Line>, options: VerifyOptions): Promise<Summary> {
  const judge = createJudge(options);
  let held: Read | undefined; // one line back, because the next one may say that it was torn
  for await (const line of lines) {
    const read = { ...line, read: line.octets && readEntry(line.octets) };
    if (held !== undefined) judge.line(held, read.read?.entry);
    held = read;
  }
  if (held !== undefined) judge.line(held, undefined);
  return judge.end(held?.number ?? 0);
}

interface Read extends Line {
  readonly read: ReadEntry | undefined;
}

function createJudge({ head: expectedHead, tell, note }: VerifyOptions) {
  const chain = createChain(tell);
  const recheck = createRecheck();
  const proofs = createProofsSeen();
  let origins: readonly string[] | undefined; // of the venue, where they are known
  let summary: Summary = { entries: 0, orders: 0, first: undefined, last: undefined, head: undefined };
  let latest = Number.NEGATIVE_INFINITY; // NumericDate
  let expectedAt: number | undefined; // the entry that has the expected head

  function line(found: Read, next: Entry | undefined): void {
    const { number, read, isWhole } = found;
    const sequence = chain.expected;
    if (isTornBy(found, next)) note({ line: number, sequence });
    else if (!isWhole) unfinished(number, sequence);
    else if (chain.follow(number, read) && read !== undefined) checkEntry(number, read.entry);
    else origins = undefined; // this may have been the line that says them
  }

  function unfinished(line: number, sequence: number): void {
    const text = 'the file ends within this line: it is being written, was torn, or was cut off';
    tell({ line, sequence, problem: 'unfinished', text });
  }

  function checkEntry(number: number, entry: Entry): void {
    count(entry);
    const at = Date.parse(entry.at) / 1000;
    if (at < latest - TOLERANCE && entry.seq === chain.expected - 1) {
      tell({
        line: number,
        sequence: entry.seq,
        problem: 'time',
        text: 'this entry is dated before one that came first',
      });
    }
    if ('opened' in entry) origins = entry.opened.origins;
    else if (!checkOrder({ line: number, sequence: entry.seq }, entry.order, at)) return;
    latest = Math.max(latest, at);
  }

  function count({ seq, at, hash, ...entry }: Entry): void {
    const { entries, orders, first = at, head } = summary;
    const isLast = head === undefined || seq > head.sequence;
    summary = {
      entries: entries + 1,
      orders: orders + ('order' in entry ? 1 : 0),
      first,
      last: isLast ? at : summary.last,
      head: isLast ? { sequence: seq, hash } : head,
    };
    if (hash === expectedHead) expectedAt = seq;
  }

  /** Whether nothing is wrong with an order by itself. */
  function checkOrder(place: Pick<Finding, 'line' | 'sequence'>, order: OrderEntry, at: number): boolean {
    try {
      if (!isOfVenue(order)) throw new HoldfastError('request_malformed', { detail: 'not asked of this venue' });
      const { proof } = recheck(order, at);
      const before = proof && proofs.add(proof, { seq: place.sequence, at });
      if (before === undefined) return true;
      tell({ ...place, problem: 'repeated', text: `the proof of this entry is that of entry ${before}` });
    } catch (thrown) {
      if (!(thrown instanceof HoldfastError)) throw thrown;
      tell({ ...place, problem: 'signature', code: thrown.code, text: thrown.message });
    }
    return false;
  }

  function isOfVenue({ asked: { targetUri } }: OrderEntry): boolean {
    return origins?.some((origin) => targetUri.startsWith(`${origin}/`)) ?? true;
  }

  return {
    line,
    end(lastLine: number): Summary {
      chain.end();
      const { head } = summary;
      if (expectedHead !== undefined && head?.hash !== expectedHead) {
        const text =
          expectedAt === undefined
            ? 'no entry has the head that was given: entries were cut off or replaced, or it is that of another file'
            : `the head that was given is that of entry ${expectedAt}: others follow it`;
        tell({ line: lastLine, sequence: head?.sequence ?? 0, problem: 'head', text });
      }
      return summary;
    },
  };
}

/** Whether the next line says of this one that a process left it unfinished. */
function isTornBy({ octets }: Read, next: Entry | undefined): boolean {
  const torn = next !== undefined && 'opened' in next ? next.opened.torn : undefined;
  return torn !== undefined && octets !== undefined && torn.octets === octets.length && torn.sha256 === sha256(octets);
}
