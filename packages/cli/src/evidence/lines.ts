import { LONGEST_LINE } from './entry.ts';

export interface Line {
  /** From 1 on. */
  readonly number: number;
  /** Without the line feed. Undefined where there are more of them than in any entry. */
  readonly octets: Buffer | undefined;
  /** Whether a line feed ends it. */
  readonly isWhole: boolean;
}

const LINE_FEED = 0x0a;

/** The lines of a file as it is read. Never holds more than one of them, and of none more than an entry may have. */
export async function* readLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Line> {
  let number = 1;
  let parts: Buffer[] = [];
  let length = 0;

  function add(part: Buffer): void {
    length += part.length;
    if (length > LONGEST_LINE) parts = [];
    else parts.push(part);
  }

  function line(isWhole: boolean): Line {
    const octets = length > LONGEST_LINE ? undefined : Buffer.concat(parts);
    const found = { number, octets, isWhole };
    number += 1;
    parts = [];
    length = 0;
    return found;
  }

  for await (const chunk of chunks) {
    let begin = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, begin)) {
      add(chunk.subarray(begin, end));
      yield line(true);
      begin = end + 1;
    }
    if (begin < chunk.length) add(chunk.subarray(begin));
  }
  if (length > 0) yield line(false);
}
