import { type ChildProcess, fork } from 'node:child_process';
import { on, once } from 'node:events';
import { existsSync, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type KeyChange, listKeys, openKeyFile, rotateKeys } from '@holdfast/issuer';
import { afterAll, describe, expect, it } from 'vitest';
import type { Lap } from './keys-process.ts';
import { keysFolder, kids, PASSPHRASE, refusal, START } from './keys-scene.ts';

const { newPath, emptyPath } = keysFolder();

const program = fileURLToPath(new URL('keys-process.ts', import.meta.url));
const children: ChildProcess[] = [];

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

function started(...args: string[]): ChildProcess {
  const child = fork(program, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  children.push(child);
  return child;
}

async function killed(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

const optionsOf = (path: string) => ({ path, passphrase: PASSPHRASE, algorithms: ['ES256'] }) as const;

describe('several processes that rotate one file', () => {
  it('FAPI2-6.8-01 at once: each rotation is one step of its own, and no key is lost', async () => {
    const racers = Array.from({ length: 4 }, () => started('race'));
    await Promise.all(racers.map((racer) => once(racer, 'message')));
    const laps = [
      { path: newPath(), times: 1 }, // who makes the file is a race as well, and a passphrase costs each of them time
      { path: await emptyPath(), times: 3 },
    ];
    for (const lap of laps) await expectSteps(lap.path, await raced(racers, lap), racers.length * lap.times);
  }, 60_000);

  it('one that holds the lock: nobody else changes the file, everybody reads it', async () => {
    const path = await emptyPath();
    await rotateKeys(optionsOf(path));
    const ring = await openKeyFile(optionsOf(path));
    const holder = started('hold', path);
    await once(holder, 'message');
    const said = await refusal(() => rotateKeys(optionsOf(path), { now: true }));
    expect(said).toBe('key_unusable: the file is locked by another process');
    expect(kids(await openKeyFile(optionsOf(path)))).toEqual(kids(ring));
    await killed(holder);
    expect((await rotateKeys(optionsOf(path), { now: true })).changes).toHaveLength(3);
  }, 60_000);
});

describe('kill −9 in the middle of rotations', () => {
  it.each([
    ['while the file is written', true],
    ['at any moment', false],
  ])(
    '%s leaves the old keys or the new ones, and nothing that was told is lost',
    async (_when, isWriting) => {
      const path = await emptyPath();
      for (let i = 0; i < 4; i++) {
        const child = started('stream', path);
        const lines: string[] = [];
        const reader = createInterface(child.stdout as NodeJS.ReadableStream).on('line', (line) => lines.push(line));
        await once(reader, 'line');
        await (isWriting ? draftOf(path) : setTimeout(Math.random() * 300));
        const told = once(reader, 'close');
        await killed(child);
        await told;
        const keys = await listKeys(optionsOf(path));
        expect(statSync(path).mode & 0o777).toBe(0o600);
        expect(keys.map(({ state }) => state)).toContain('current');
        // The last one that was told signs, or was followed by one more whose end nobody was told of
        const last = keys.findIndex(({ kid }) => kid === lines.at(-1));
        expect(keys.slice(last, last + 2).map(({ state }) => state)).toContain('current');
        expect(last).not.toBe(-1);
      }
      expect((await rotateKeys(optionsOf(path), { now: true })).changes.length).toBeGreaterThan(0);
      expect(existsSync(`${path}.new`)).toBe(false);
    },
    60_000,
  );
});

/** All changes of a lap that they begin together. */
async function raced(racers: readonly ChildProcess[], lap: Lap): Promise<KeyChange[]> {
  const answers = racers.map(async (racer) => {
    const ended = once(racer, 'exit').then(() => [[]]);
    return ((await Promise.race([once(racer, 'message'), ended])) as [KeyChange[]])[0];
  });
  for (const racer of racers) racer.send(lap);
  return (await Promise.all(answers)).flat();
}

/** The first rotation made two keys, each other one made one and moved two. */
async function expectSteps(path: string, changes: readonly KeyChange[], rotations: number): Promise<void> {
  const came = (state: string) => changes.filter((change) => change.state === state).map(({ kid }) => kid);
  const counts = [came('next'), came('current'), came('retiring')].map((each) => each.length);
  expect(counts).toEqual([rotations, rotations, rotations - 1]);
  for (const state of ['next', 'current', 'retiring']) expect(new Set(came(state)).size).toBe(came(state).length);
  const keys = await listKeys({ ...optionsOf(path), clock: () => START * 1000 });
  expect(keys.map(({ kid }) => kid).sort()).toEqual([...new Set(changes.map(({ kid }) => kid))].sort());
  expect(keys.map(({ state }) => state)).toEqual([...Array(rotations - 1).fill('retiring'), 'current', 'next']);
}

/** Resolves when the next text of the file is being written beside it. */
async function draftOf(path: string): Promise<void> {
  const watcher = watch(dirname(path));
  for await (const [, name] of on(watcher, 'change')) if (name === `${basename(path)}.new`) break;
  watcher.close();
}
