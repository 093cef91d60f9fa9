import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { another, changed, hashed, leavesOf } from './rechained.ts';
import { type Judgement, judge, type Line, linesOf, ORDER, record } from './recording.ts';

/*
 * A file of evidence that a real venue wrote, changed in one place or another by somebody who leaves the hashes as they are.
 */

let folder: string;
let text: string;
let lines: Line[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-altered-'));
  await using venue = await record(join(folder, 'state'));
  for (const trader of [venue.dpop, venue.mtls, venue.dpop, venue.dpop]) await trader.send('POST', '/orders', ORDER);
  await venue.mtls.send('PATCH', '/orders/ord-2', { price: '9.50' });
  await venue.dpop.send('DELETE', '/orders/ord-1');
  text = await readFile(venue.path, 'utf8');
  lines = linesOf(text);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function judged(content: string | Buffer, head?: string): Promise<Judgement> {
  const file = join(folder, 'changed.jsonl');
  await writeFile(file, content);
  return await judge(file, head);
}

const rows = () => text.trimEnd().split('\n');
const joined = (rows: readonly (string | undefined)[]) => rows.map((row) => `${row}\n`).join('');
const briefly = ({ code, findings }: Judgement) => [
  code,
  findings.map(({ line, sequence, through, problem, belongs }) =>
    [problem, line, sequence, through, belongs].filter((each) => each !== undefined),
  ),
];

it('as it was written it is good', async () => {
  expect(briefly(await judged(text))).toEqual([0, []]);
  expect(lines).toHaveLength(7);
});

describe('a line that was altered', () => {
  it('is found and named, whatever octet of the file it was', async () => {
    const octets = Buffer.from(text);
    const position = fc.integer({ min: 0, max: octets.length - 1 });
    await fc.assert(
      fc.asyncProperty(position, fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const copy = Buffer.from(octets);
        copy[at] = (copy[at] ?? 0) ^ flip;
        const { code, findings } = await judged(copy);
        const line = octets.subarray(0, at).toString('latin1').split('\n').length;
        expect(code).toBe(1);
        expect(findings.map((each) => [each.line, each.sequence])).toContainEqual([line, line - 1]);
      }),
      {
        numRuns: 250,
        examples: [
          [octets.length - 1, 1],
          [text.indexOf('\n'), 1],
          [0, 1],
        ],
      },
    );
  });

  it('is found and named, whatever member of whatever entry it was, and no other is', async () => {
    for (const [i, line] of lines.entries()) {
      for (const path of leavesOf(line)) {
        const copy = rows();
        copy[i] = JSON.stringify(changed(line, path, another));
        expect([path, ...briefly(await judged(joined(copy)))]).toEqual([path, 1, [['altered', i + 1, i]]]);
      }
    }
  });

  it('is one also with white space, with a member more, or with one twice', async () => {
    const [first = '', second = '', ...rest] = rows();
    for (const spelt of [
      second.replace('"at"', ' "at"'),
      second.replace('"at"', '"more":1,"at"'),
      second.replace('"at"', '"seq":1,"at"'),
      second.replace('"at"', '"\\u0061t"'),
      `${second}\r`,
      '',
    ]) {
      expect(briefly(await judged(joined([first, spelt, ...rest])))).toEqual([1, [['altered', 2, 1]]]);
    }
  });

  it('is found by its neighbour when its own hash was made anew', async () => {
    const copy = rows();
    copy[3] = hashed(changed(lines[3] as Line, ['at'], () => lines[2]?.['at'])).line;
    expect(briefly(await judged(joined(copy)))).toEqual([1, [['altered', 4, 3]]]);
  });

  it('does not take the others with it, however long it is', async () => {
    const copy = rows();
    copy[2] = `{"seq":2,${'x'.repeat(3 * 1024 * 1024)}`;
    expect(briefly(await judged(joined(copy)))).toEqual([1, [['altered', 3, 2]]]);
  });
});

describe('entries that are not where they were', () => {
  const take = (...at: number[]) => joined(at.map((each) => rows()[each]));

  it.each([
    ['the first one is removed', [1, 2, 3, 4, 5, 6], [['removed', 1, 0]]],
    ['the first ones', [3, 4, 5, 6], [['removed', 1, 0, 2]]],
    ['one', [0, 1, 3, 4, 5, 6], [['removed', 3, 2]]],
    [
      'some in two places',
      [0, 2, 3, 6],
      [
        ['removed', 2, 1],
        ['removed', 4, 4, 5],
      ],
    ],
    ['two are swapped', [0, 1, 3, 2, 4, 5, 6], [['reordered', 4, 2, 3]]],
    [
      'two that are apart are swapped',
      [0, 4, 2, 3, 1, 5, 6],
      [
        ['reordered', 2, 4, 5],
        ['reordered', 5, 1, 2],
      ],
    ],
    ['one stands later', [0, 2, 3, 4, 1, 5, 6], [['reordered', 5, 1, 2]]],
    ['one stands at the end', [0, 1, 3, 4, 5, 6, 2], [['reordered', 7, 2, 3]]],
    ['the first one stands later', [1, 2, 0, 3, 4, 5, 6], [['reordered', 3, 0, 1]]],
    ['one is doubled', [0, 1, 1, 2, 3, 4, 5, 6], [['doubled', 3, 1]]],
    ['one is there again later', [0, 1, 2, 3, 4, 5, 6, 2], [['doubled', 8, 2]]],
    [
      'one is removed and another one doubled',
      [0, 1, 3, 4, 4, 5, 6],
      [
        ['doubled', 5, 4],
        ['removed', 3, 2],
      ],
    ],
  ])('%s', async (_, order, findings) => {
    expect(briefly(await judged(take(...order)))).toEqual([1, findings]);
  });

  it('are found in any order that is not theirs, with any of them missing but the last, and any of them there again', async () => {
    const all = lines.map((_, i) => i);
    const order = fc.array(fc.constantFrom(...all), { minLength: 1, maxLength: 10 });
    await fc.assert(
      fc.asyncProperty(order, async (taken) => {
        const { code, findings } = await judged(take(...taken));
        const isPrefix = taken.every((each, i) => each === i);
        expect([code, findings.length > 0]).toEqual(isPrefix ? [0, false] : [1, true]);
      }),
      { numRuns: 100 },
    );
  });

  it('are not missed when they were cut off at the end, unless somebody has kept the head', async () => {
    const { head } = await judged(text);
    expect(head).toEqual({ sequence: 6, hash: lines[6]?.['hash'] });
    expect(briefly(await judged(take(0, 1, 2, 3)))).toEqual([0, []]);
    expect(briefly(await judged(take(0, 1, 2, 3), head.hash))).toEqual([1, [['head', 4, 3]]]);
    expect(briefly(await judged(text, head.hash))).toEqual([0, []]);
    const { findings } = await judged(text, lines[3]?.['hash'] as string);
    expect(findings).toMatchObject([{ problem: 'head', text: expect.stringContaining('entry 3') }]);
  });
});

describe('a file that ends within a line', () => {
  it('is not as it was written, until who goes on with it has said so', async () => {
    for (const cut of [1, 2, 100]) {
      expect(briefly(await judged(text.slice(0, -cut)))).toEqual([1, [['unfinished', 7, 6]]]);
    }
  });
});

describe('what is no file of evidence', () => {
  it('is judged by another code', async () => {
    for (const content of [
      '',
      '\n',
      'hello\n',
      '{"seq":0}\n',
      `${JSON.stringify({ keys: [] })}\n`,
      text.slice(0, 50),
    ]) {
      expect((await judged(content)).code).toBe(2);
    }
    expect(await judge(join(folder, 'nowhere'))).toMatchObject({
      code: 2,
      complaint: expect.stringMatching(/no such file$/),
    });
    expect(await judge(folder)).toMatchObject({ code: 2, complaint: expect.stringMatching(/this is a directory$/) });
    expect(await judged(text, 'short')).toMatchObject({
      code: 2,
      complaint: expect.stringMatching(/^--head: 43 characters/),
    });
  });
});
