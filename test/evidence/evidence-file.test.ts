import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, chmod, link, mkdtemp, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EvidenceFile, openEvidence } from '@holdfast/cli';
import type { OrderEvidence } from '@holdfast/venue';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { judge, linesOf } from './recording.ts';

const NOW = 1_800_000_000_123;
const ORIGIN = 'https://venue.example';
let folder: string;
let path: string;
const files: EvidenceFile[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-evidence-file-'));
  path = join(folder, 'evidence.jsonl');
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const file of files.splice(0)) await file.close();
  await rm(folder, { recursive: true, force: true });
});

async function opened(origins = [ORIGIN]): Promise<EvidenceFile> {
  const file = await openEvidence(path, { origins, clock: () => NOW });
  files.push(file);
  return file;
}

async function closed(file: EvidenceFile): Promise<void> {
  files.splice(files.indexOf(file), 1);
  await file.close();
}

/** An order whose signatures nobody looks at here. */
const order = (id: string): OrderEvidence => ({
  at: NOW,
  asked: { method: 'POST', targetUri: `${ORIGIN}/orders`, headers: [], content: Buffer.from(id) },
  token: { iss: 'i', client_id: 'c', sub: 's', exp: 1, scope: '', cnf: { jkt: 'A'.repeat(43) }, ath: 'A'.repeat(43) },
  answered: { status: 201, order: id, orderStatus: 'open' },
});

const lines = async () => linesOf(await readFile(path, 'utf8'));
/** What is wrong with the chain alone. */
const broken = async () => (await judge(path)).findings.filter(({ problem }) => problem !== 'signature');

describe('a file of evidence', () => {
  it('begins with its format and the origins of the venue in normal form, for its owner alone', async () => {
    await opened(['https://Venue.Example:443/', ORIGIN]);
    expect(await lines()).toMatchObject([
      { seq: 0, at: '2027-01-15T08:00:00.123Z', prev: null, opened: { format: 'holdfast-evidence-1' } },
    ]);
    expect((await lines())[0]).toMatchObject({ opened: { origins: [ORIGIN, ORIGIN] } });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  });

  it('goes on with its chain when it is opened again, and says so', async () => {
    const first = await opened();
    await Promise.all([first.record(order('one')), first.record(order('two'))]);
    await closed(first);
    const second = await opened(['https://elsewhere.example']);
    await second.record(order('three'));
    expect((await lines()).map(({ seq, opened }) => [seq, opened === undefined])).toEqual([
      [0, false],
      [1, true],
      [2, true],
      [3, false],
      [4, true],
    ]);
    expect(await broken()).toEqual([]);
  });

  it('takes no more once it is closed, and what waits before is recorded', async () => {
    const file = await opened();
    const waiting = [file.record(order('one')), file.record(order('two'))];
    await closed(file);
    await Promise.all(waiting);
    expect([file.canRecord(), (await lines()).length]).toEqual([false, 3]);
    await expect(file.record(order('late'))).rejects.toThrow('the file is closed');
  });

  it('refuses, before it is too late, what the disk does not keep up with', async () => {
    const file = await opened();
    const big = { ...order('big'), asked: { ...order('big').asked, content: Buffer.alloc(700_000) } };
    const all: Promise<void>[] = [];
    while (file.canRecord()) all.push(file.record(big));
    expect(all.length).toBeGreaterThan(50);
    expect(all.length).toBeLessThan(100);
    await expect(file.record(order('more'))).rejects.toThrow('the disk does not keep up');
    await Promise.all(all);
    expect(file.canRecord()).toBe(true);
    expect(await broken()).toEqual([]);
  });
});

describe('a line that was torn', () => {
  it.each([1, 2, 55, 300])('by %i octets is kept apart, said by the next one, and accepted as that', async (cut) => {
    const first = await opened();
    await first.record(order('one'));
    await first.record(order('torn'));
    await closed(first);
    const { size } = await stat(path);
    await truncate(path, size - cut);
    expect(await broken()).toMatchObject([{ problem: 'unfinished', line: 3, sequence: 2 }]);
    const second = await opened();
    await second.record(order('two'));
    const rows = (await readFile(path, 'utf8')).split('\n');
    expect(rows.slice(0, 3).join('\n')).toHaveLength(size - cut);
    expect(JSON.parse(rows[3] ?? '')).toMatchObject({ seq: 2, opened: { torn: { octets: rows[2]?.length } } });
    expect(await judge(path)).toMatchObject({ torn: [{ line: 3, sequence: 2 }], entries: 4 });
    expect(await broken()).toEqual([]);
    // It is part of the chain from then on
    const text = await readFile(path, 'utf8');
    const half = text.indexOf('\n', text.indexOf('\n') + 1) + 20;
    await writeFile(path, `${text.slice(0, half)}?${text.slice(half + 1)}`);
    expect(await broken()).toMatchObject([{ problem: 'altered', line: 3, sequence: 2 }]);
  });

  it('is no reason to write into a file of another kind', async () => {
    for (const text of ['{"seq":0,"at":"2027', '']) {
      await writeFile(path, text, { mode: 0o600 });
      await closed(await opened());
      await rm(path);
    }
    for (const text of ['secret', 'secret\n', '{"seq":1}\n', `${'x'.repeat(3 * 1024 * 1024)}`]) {
      await writeFile(path, text, { mode: 0o600 });
      await expect(opened()).rejects.toThrow(/evidence\.jsonl: its last line is not one of evidence, or was altered/);
      expect(await readFile(path, 'utf8')).toBe(text);
    }
  });

  it('is not what an altered last line is taken for', async () => {
    await closed(await opened());
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace(ORIGIN, 'https://venue.evil.com'));
    await expect(opened()).rejects.toThrow('was altered');
  });
});

describe('a file that somebody else has', () => {
  /** A process that opens the file and records an order each time it reads a line, until it is killed. */
  function otherProcess() {
    const program = `
      import { openEvidence } from '@holdfast/cli';
      try {
        const file = await openEvidence(${JSON.stringify(path)}, { origins: ['${ORIGIN}'] });
        const order = ${JSON.stringify(order('theirs'))};
        order.asked.content = Buffer.from('theirs');
        console.log('open');
        for await (const _ of process.stdin) console.log(await file.record({ ...order, at: Date.now() }).then(() => 'kept', ({ code }) => code));
      } catch (thrown) { console.log(thrown.message); }`;
    return (limit = '') => {
      const script = `trap '' XFSZ; ${limit} exec "$NODE" --input-type=module -e "$PROGRAM"`;
      const env = { ...process.env, NODE: process.execPath, PROGRAM: program };
      const child = spawn('bash', ['-c', script], { env, stdio: ['pipe', 'pipe', 'inherit'] });
      const closed = once(child, 'close'); // one that is refused ends by itself
      const said = async () => String((await once(child.stdout, 'data'))[0]).trim();
      const ask = async () => {
        child.stdin.write('\n');
        return await said();
      };
      const kill = async () => {
        child.kill('SIGKILL');
        await closed;
      };
      return { said, ask, kill };
    };
  }

  it('is refused, and free again as soon as that is killed', async () => {
    const start = otherProcess();
    const other = start();
    expect(await other.said()).toBe('open');
    await expect(opened()).rejects.toThrow('another process writes to the file of this lock');
    expect(await other.ask()).toBe('kept');
    await other.kill();
    const file = await opened();
    const another = start();
    expect(await another.said()).toContain('another process writes to the file of this lock');
    await file.record(order('ours'));
    expect((await lines()).map(({ seq }) => seq)).toEqual([0, 1, 2, 3]);
    expect(await broken()).toMatchObject([]);
    await another.kill();
  });

  it('is refused within one process, too', async () => {
    await opened();
    await expect(opened()).rejects.toThrow('another process writes to the file of this lock');
  });

  it('is left alone from then on, by whatever name the other one wrote to it', async () => {
    const file = await opened();
    await link(path, join(folder, 'other.jsonl'));
    await appendFile(join(folder, 'other.jsonl'), 'something\n');
    await expect(file.record(order('one'))).rejects.toThrow('somebody else has written to it');
    expect(file.canRecord()).toBe(false);
    expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(3);
  });

  it('or could change is not opened', async () => {
    await symlink(join(folder, 'elsewhere'), path);
    await expect(opened()).rejects.toThrow(/a symbolic link$/);
    await rm(path);
    await writeFile(path, '');
    await chmod(path, 0o660);
    await expect(opened()).rejects.toThrow(/other users can write to the file$/);
    await rm(path);
    await rm(`${path}.lock`);
    await writeFile(`${path}.lock`, 'something that is no lock at all'.repeat(100));
    await expect(opened()).rejects.toThrow(/not a lock$/);
  });

  it('keeps nothing more once it may not grow, and says what was torn when it is opened again', async () => {
    const other = otherProcess()('ulimit -f 4;'); // KiB
    expect(await other.said()).toBe('open');
    const answers: string[] = [];
    while (answers.at(-1) !== 'EFBIG' && answers.length < 20) answers.push(await other.ask());
    expect(answers.slice(0, -1)).toEqual(answers.slice(0, -1).map(() => 'kept'));
    expect(answers.at(-1)).toBe('EFBIG');
    expect((await stat(path)).size).toBe(4096);
    expect(await other.ask()).toBe('EFBIG');
    await other.kill();
    const kept = answers.length - 1;
    expect(await broken()).toMatchObject([{ problem: 'unfinished', sequence: kept + 1 }]);
    await opened();
    expect(await broken()).toEqual([]);
    expect(await judge(path)).toMatchObject({ orders: kept, entries: 2 + kept, torn: [{ sequence: kept + 1 }] });
  });
});
