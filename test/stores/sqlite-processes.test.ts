import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { added } from './replay-contract.ts';
import { sqliteFolder } from './sqlite-folder.ts';

const { newPath, openStore } = sqliteFolder();

const program = fileURLToPath(new URL('sqlite-process.ts', import.meta.url));
const children: ChildProcess[] = [];
const until = Math.floor(Date.now() / 1000) + 600;

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

function started(...args: string[]): ChildProcess {
  const child = fork(program, args);
  children.push(child);
  return child;
}

type Answers = [string, boolean][];

/** What each of four processes is answered: 1,000 adds in all, begun at the same moment on a file that is not there. */
async function race(path: string, keys: number): Promise<Answers> {
  const racers = Array.from({ length: 4 }, () => started('race', path, `${keys}`));
  await Promise.all(racers.map((racer) => once(racer, 'message')));
  const answers = racers.map(async (racer) => ((await once(racer, 'message')) as [Answers])[0]);
  for (const racer of racers) racer.send('go');
  return (await Promise.all(answers)).flat();
}

describe('sqliteStore: several processes on one file', () => {
  it.each([1, 250])('DPOP-11.1-02 of 1,000 concurrent adds exactly one of each of %d keys is made', async (keys) => {
    const answers = await race(newPath(), keys);
    expect(answers).toHaveLength(1000);
    expect(answers.every(([, answer]) => typeof answer === 'boolean')).toBe(true);
    const made = answers.filter(([, answer]) => answer).map(([key]) => key);
    expect(made.sort()).toEqual(Array.from({ length: keys }, (_, i) => `key ${i}`).sort());
  });

  it('one that holds the lock: no add and no take within the timeout, and none is lost', async () => {
    const path = newPath();
    const store = openStore({ path, timeout: 20 });
    store.add('before', 'value', until);
    const holder = started('hold', path);
    await once(holder, 'message');
    expect(await added(store, 'secret key', until)).toBe('store_unavailable');
    expect(() => store.add('secret key', 'secret value', until)).toThrow(
      'The store does not answer: locked by another process',
    );
    expect(() => store.take('before')).toThrow(expect.objectContaining({ code: 'store_unavailable' }));
    expect(() => openStore({ path, timeout: 20 })).toThrow(expect.objectContaining({ code: 'store_unavailable' }));
    expect(store.get('before')).toBe('value'); // reading waits for nobody
    const ended = once(holder, 'exit');
    holder.kill('SIGKILL');
    await ended;
    expect([store.add('secret key', '', until), store.take('before')]).toEqual([true, 'value']);
  });
});

describe('sqliteStore: what was answered is there', () => {
  it('after kill −9 in the middle of a stream of adds, twenty times on one file', async () => {
    const path = newPath();
    const all: string[] = [];
    for (let round = 0; round < 20; round += 1) {
      const lines = await killedAfter(round * 13, path, round);
      expect(lines.length).toBeGreaterThan(round * 13);
      all.push(...lines);
      const store = openStore({ path });
      expect(all.filter((key) => store.get(key) !== `value of ${key}`)).toEqual([]);
      expect(all.filter((key) => store.add(key, '', until))).toEqual([]);
      store.close();
    }
  }, 60_000);

  it('and nothing is answered that is not, on a disk that takes no more', async () => {
    const path = newPath();
    // No file of that process grows beyond 400 blocks: the log is full long before it is moved into the database
    const child = spawn('sh', ['-c', 'ulimit -f 400; exec "$@"', 'sh', process.execPath, program, 'stream', path]);
    children.push(child);
    const lines = await collected(child);
    expect(lines.pop()).toMatch(/^refused: store_(full|unavailable)$/);
    expect(lines.length).toBeGreaterThan(0);
    const store = openStore({ path });
    expect(lines.filter((key) => store.get(key) !== `value of ${key}`)).toEqual([]);
    expect(store.add('more', '', until)).toBe(true);
  });

  it('on a full disk it is store_full', async (context) => {
    // A disk of 600 KiB that only this process sees
    const script = 'mount -t tmpfs -o size=600k none "$1" && cd "$1" && shift && exec "$@"';
    const folder = newPath();
    mkdirSync(folder);
    const child = spawn('unshare', [
      '-rm',
      'sh',
      '-c',
      script,
      'sh',
      folder,
      process.execPath,
      program,
      'stream',
      'store.db',
    ]);
    children.push(child);
    const lines = await collected(child);
    if (lines.length === 0) context.skip('this machine lets nobody mount a disk of his own');
    expect(lines.pop()).toBe('refused: store_full');
    expect(lines.length).toBeGreaterThan(0);
  });
});

/** The keys that a process printed, killed once there were more than so many. */
async function killedAfter(count: number, path: string, round: number): Promise<string[]> {
  const child = spawn(process.execPath, [program, 'stream', path, `${round}`]);
  children.push(child);
  let seen = 0;
  return await collected(child, () => {
    seen += 1;
    if (seen > count) child.kill('SIGKILL');
  });
}

async function collected(child: ReturnType<typeof spawn>, onLine: () => void = () => {}): Promise<string[]> {
  const lines: string[] = [];
  if (child.stdout === null) throw new Error('no output');
  const reader = createInterface(child.stdout);
  reader.on('line', (line) => {
    lines.push(line);
    onLine();
  });
  await Promise.all([once(reader, 'close'), once(child, 'close').catch(() => {})]); // a program that is not there prints nothing
  return lines;
}
