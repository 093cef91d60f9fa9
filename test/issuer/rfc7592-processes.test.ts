import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { sqliteFolder } from '../stores/sqlite-folder.ts';
import { ISSUER } from './forge.ts';
import {
  INITIAL,
  MACHINE,
  REGISTER,
  registrationConfig,
  registrationScene,
  replaceable,
} from './registration-scene.ts';

const { newPath, openStore } = sqliteFolder();

const program = fileURLToPath(new URL('registration-process.ts', import.meta.url));
const config = JSON.stringify(registrationConfig());
const children: ChildProcess[] = [];

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** What a process was answered before it was killed. */
interface Answered {
  readonly did: 'register' | 'replace' | 'delete';
  readonly status: number;
  readonly url: string;
  readonly token?: string;
  readonly name?: string;
}

const NAMES = ['first', 'second', 'third'];
const GONE = 'gone';

describe('RFC 7592: clients in a file', () => {
  it('are as they were answered after kill −9 at every step of registering, replacing and deleting', async () => {
    for (let steps = 1, killed = true; killed; steps += 1) {
      const path = newPath();
      const run = await runKilled(path, steps);
      killed = run.signal === 'SIGKILL';
      expect(run.answered.map(({ did, status }) => [did, status])).toEqual(
        run.answered.map(({ did }) => [did, { register: 201, replace: 200, delete: 204 }[did]]),
      );
      await expectKept(path, run.answered);
      if (!killed) expect([run.code, run.answered.length, steps > 10]).toEqual([0, 4, true]);
    }
  }, 60_000);

  it('that four processes replace 100 times at once are of one mind in all of them, and in one that knew them before', async () => {
    const path = newPath();
    const scene = registrationScene({ store: openStore({ path }), clock: Date.now });
    const client = await scene.registered();
    await scene.registration.clients.find(client.clientId);
    const body = replaceable(client);
    const racers = Array.from({ length: 4 }, () =>
      fork(program, ['replace', path, config, JSON.stringify({ ...client, body })]),
    );
    children.push(...racers);
    await Promise.all(racers.map((racer) => once(racer, 'message')));
    const answers = racers.map(async (racer) => ((await once(racer, 'message')) as [[number, string][]])[0]);
    for (const racer of racers) racer.send('go');
    const all = (await Promise.all(answers)).flat();
    expect(all.map(([status]) => status)).toEqual(Array(100).fill(200));
    const found = await scene.registration.clients.find(client.clientId);
    expect(all.map(([, name]) => name)).toContain(found.metadata.client_name);
    const anew = registrationScene({ store: openStore({ path }) });
    expect((await anew.manage('GET', client)).body['client_name']).toBe(found.metadata.client_name);
  });
});

/** Whoever opens the file next finds what was answered last, or what came right after it. */
async function expectKept(path: string, answered: readonly Answered[]): Promise<void> {
  const [registered] = answered;
  const last = answered.at(-1);
  if (registered === undefined) return;
  const { manage } = registrationScene({ store: openStore({ path }) });
  const { url, token = '' } = registered;
  const { status, body } = await manage('GET', { url, token });
  const after = [...NAMES, GONE];
  const at = after.indexOf(last?.name ?? GONE);
  expect(after.slice(at, at + 2)).toContain(status === 401 ? GONE : body['client_name']);
  if (status === 401) return;
  const client = { clientId: String(body['client_id']), url, token, body };
  expect(await manage('PUT', client, replaceable(client))).toMatchObject({ status: 200 });
}

async function runKilled(path: string, steps: number) {
  const initial = { url: ISSUER + REGISTER, token: INITIAL, body: MACHINE };
  const child = spawn(process.execPath, [program, 'once', path, config, `${steps} ${JSON.stringify(initial)}`]);
  children.push(child);
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += String(chunk);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  const answered = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Answered);
  return { code, signal, answered };
}
