import type { ReadEntry } from './entry.ts';
import type { Finding } from './finding.ts';

/** Follows the chain of the entries, line by line, whatever was done to it. */
export interface Chain {
  /** Number of the entry that should come next. */
  readonly expected: number;
  /** Says what is wrong with the place of a line, and whether its entry is whole and comes for the first time. */
  follow(line: number, read: ReadEntry | undefined): boolean;
  /** Says which entries never came. */
  end(): void;
}

/** Entries that did not come where they should have. */
interface Gap {
  from: number;
  to: number;
  /** The line where the first of them should have stood. */
  readonly line: number;
  /** The entry that stood there instead. */
  readonly instead: { readonly line: number; readonly sequence: number; readonly belongs: number };
}

const MOST_GAPS = 10_000;

export function createChain(tell: (finding: Finding) => void): Chain {
  let expected = 0;
  /** What `prev` of the next entry may say; undefined where nothing is known of the entry before. */
  let heads: readonly (string | null)[] | undefined = [null];
  let last = 0; // line of the entry before
  let unread: number[] = []; // lines since then that were no entries
  let gaps: Gap[] = [];
  const early = new Set<number>(); // lines of entries that are known to have been moved ahead

  function followUnread(line: number): boolean {
    tell({ line, sequence: expected + unread.length, problem: 'altered', text: 'this is no entry' });
    unread.push(line);
    return false;
  }

  /** An entry whose hash is not its own, by the place that it had. */
  function followAltered(line: number, { entry, hash }: ReadEntry): boolean {
    const isInPlace = entry.seq === expected || (unread.length === 0 && heads?.includes(entry.prev));
    const sequence = isInPlace ? expected : entry.seq;
    tell({ line, sequence, problem: 'altered', text: 'its hash is not that of what it says' });
    place(line, sequence, [hash, entry.hash]);
    return false;
  }

  function followWhole(line: number, { entry, hash }: ReadEntry): boolean {
    const follows = entry.seq === expected && heads?.includes(entry.prev) === false;
    if (follows) tell(brokenLink(line, entry.seq, last));
    return place(line, entry.seq, [hash]);
  }

  /** Takes note of an entry with this number. Returns whether it comes for the first time. */
  function place(line: number, sequence: number, hashes: readonly string[]): boolean {
    if (sequence < expected) return placeBehind(line, sequence);
    // Lines that could not be read may have been those that are missing
    const missing = expected + unread.length;
    if (sequence > missing) {
      const instead = { line, sequence, belongs: line + sequence - missing };
      open({ from: missing, to: sequence - 1, line, instead });
    }
    expected = sequence + 1;
    heads = hashes;
    last = line;
    unread = [];
    return true;
  }

  function placeBehind(line: number, sequence: number): boolean {
    const gap = gaps.find(({ from, to }) => from <= sequence && sequence <= to);
    if (gap === undefined) {
      tell({ line, sequence, problem: 'doubled', text: 'this entry has been there before' });
      return false;
    }
    const belongs = gap.line + sequence - gap.from;
    // Where it stands in its own line, the one that came too early is what was moved
    const moved = belongs === line ? gap.instead : { line, sequence, belongs };
    if (!early.has(moved.line)) tell(reordered(moved));
    if (belongs === line) early.add(moved.line);
    gaps = gaps.filter((each) => each !== gap);
    const parts = [
      { ...gap, to: sequence - 1 },
      { ...gap, from: sequence + 1, line: belongs + 1 },
    ];
    gaps.push(...parts.filter(({ from, to }) => from <= to));
    return true;
  }

  function open(gap: Gap): void {
    if (gaps.length < MOST_GAPS) gaps.push(gap);
    else tell(removed(gap)); // it may still come, and is then said to be doubled
  }

  return {
    get expected() {
      return expected;
    },
    follow(line, read) {
      if (read === undefined) return followUnread(line);
      return read.hash === read.entry.hash ? followWhole(line, read) : followAltered(line, read);
    },
    end() {
      for (const gap of gaps.toSorted((one, other) => one.from - other.from)) tell(removed(gap));
    },
  };
}

function brokenLink(line: number, sequence: number, last: number): Finding {
  if (sequence === 0) return { line, sequence, problem: 'altered', text: 'the first entry has none before it' };
  const text = `entry ${sequence} in line ${line} follows another one than this: one of the two was replaced, with its hash`;
  return { line: last, sequence: sequence - 1, problem: 'altered', text };
}

function reordered({ line, sequence, belongs }: Gap['instead']): Finding {
  return { line, sequence, problem: 'reordered', belongs, text: `this entry belongs to line ${belongs}` };
}

function removed({ from, to, line }: Gap): Finding {
  const text = from === to ? 'this entry is missing' : `entries ${from} to ${to} are missing`;
  return { line, sequence: from, ...(from === to ? {} : { through: to }), problem: 'removed', text };
}
