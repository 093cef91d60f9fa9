import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Serving, serving } from '../cli/holdfast-process.ts';

const folder = fileURLToPath(new URL('../../examples', import.meta.url));
const [bearer = '', dpop = '', mtls = '', signatures = '', ...others] = (await readdir(folder)).sort();

let state: string;
let server: Serving;

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'holdfast-examples-'));
  server = await serving('demo', '--serve', '--json', '--port', '0', '--state', state);
}, 60_000);

afterAll(async () => {
  server.child.kill('SIGKILL');
  await rm(state, { recursive: true, force: true });
});

/** What an example prints, as its reader runs it but for the folder. Rejects when it does not exit 0, or complains. */
function printed(example: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [join(folder, example), state], { timeout: 15_000 }, (error, stdout, stderr) => {
      if (error === null && stderr === '') resolve(stdout);
      else reject(new Error(`${example}: ${stderr}`, { cause: error }));
    });
  });
}

describe('the examples', () => {
  it('are four', () => {
    expect([bearer, dpop, mtls, signatures, ...others]).toEqual([
      '01-bearer.ts',
      '02-dpop.ts',
      '03-mtls.ts',
      '04-body-signatures.ts',
    ]);
  });

  it('end as they say: the bound token by itself is refused', async () => {
    expect(await printed(bearer)).toMatch(/^401 \{[^}]*code: 'scheme_mismatch'\s*\}\n$/);
  });

  it.each([dpop, mtls])('end as they say: %s places its order', async (example) => {
    expect(await printed(example)).toMatch(/^201 \{[^}]*status: 'open'[^}]*\}\n$/);
  });

  it('end as they say: the signed order is placed, and the one that was changed is refused', async () => {
    const [placed = '', changed = ''] = (await printed(signatures)).split(/(?<=^\}\n)/m);
    expect(placed).toMatch(/^201 \{[^}]*status: 'open'[^}]*\}\n$/);
    expect(changed).toMatch(/^401 \{[^}]*code: 'digest_mismatch'\s*\}\n$/);
  });
});

/** Lines of an example without what introduces it. */
async function linesOf(example: string): Promise<string[]> {
  return (await readFile(join(folder, example), 'utf8')).trimEnd().split('\n');
}

/** How many lines of `after` are not in `before`, in the same order. */
function newLines(before: readonly string[], after: readonly string[]): number {
  let row = new Array<number>(after.length + 1).fill(0); // common to what was seen of `before`, and the first i of `after`
  for (const line of before) {
    const next = [0];
    for (const [i, other] of after.entries()) {
      next.push(line === other ? (row[i] ?? 0) + 1 : Math.max(row[i + 1] ?? 0, next[i] ?? 0));
    }
    row = next;
  }
  return after.length - (row.at(-1) ?? 0);
}

describe('each example', () => {
  it.each([bearer, dpop, mtls, signatures])('%s has 60 lines at most', async (example) => {
    expect((await linesOf(example)).length).toBeLessThanOrEqual(60);
  });

  it.each([
    [dpop, 'without the one before', bearer, 4],
    [mtls, 'beside the one before', dpop, 10],
    [signatures, 'beside the one for DPoP', dpop, 13],
  ])('%s has few lines of its own %s', async (example, _, before, most) => {
    expect(newLines(await linesOf(before), await linesOf(example))).toBeLessThanOrEqual(most);
  });
});
