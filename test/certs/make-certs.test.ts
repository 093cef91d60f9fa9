import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ensureCertificates } from '@holdfast/certs-scripts';
import { expect, it } from 'vitest';
import { filesIn, LAYOUT, temporaryFolder } from './folder.ts';

const SCRIPT = join(import.meta.dirname, '../../certs-scripts/src/make-certs.ts');
const DAY = 24 * 60 * 60 * 1000;
const NOTHING_TO_DO = /^certificates are valid until \d{4}-\d\d-\d\dT[\d:.]+Z, nothing to do\n$/;

// Modes do not stop root, so there the script runs as somebody else, if that one can read this checkout.
const asRoot = process.getuid?.() === 0;
const user = asRoot ? { uid: 65534, gid: 65534 } : {};
const userCanRun = spawnSync(process.execPath, ['--check', SCRIPT], user).status === 0;

it('prints a line per file, then that there is nothing to do', async () => {
  const cwd = temporaryFolder();
  const files = LAYOUT.map((name) => `certs/${name}\n`).join('');
  expect(await makeCerts([], { cwd })).toEqual({ code: 0, stdout: files, stderr: '' });
  const again = await makeCerts([], { cwd });
  expect(again).toMatchObject({ code: 0, stderr: '' });
  expect(again.stdout).toMatch(NOTHING_TO_DO);
});

it('takes another folder', async () => {
  const cwd = temporaryFolder();
  expect((await makeCerts(['a/b'], { cwd })).code).toBe(0);
  expect(existsSync(join(cwd, 'a/b/ca.pem'))).toBe(true);
});

it.each(['000', '077', '177'])('sets the modes itself under umask %s', async (umask) => {
  const cwd = temporaryFolder();
  const command = `umask ${umask} && exec "$0" "$1"`;
  const child = spawn('sh', ['-c', command, process.execPath, SCRIPT], { cwd, stdio: 'ignore' });
  expect(await once(child, 'exit')).toEqual([0, null]);
  const files = filesIn(join(cwd, 'certs'));
  for (const name of LAYOUT) {
    expect([name, files.get(name)?.mode]).toEqual([name, name.endsWith('.key.pem') ? 0o600 : 0o644]);
  }
  for (const name of ['certs', 'certs/clients', 'certs/wrong']) {
    expect(statSync(join(cwd, name)).mode & 0o777).toBe(0o700);
  }
});

it('makes one set when four processes start at once', async () => {
  const cwd = temporaryFolder();
  const runs = await Promise.all(Array.from({ length: 4 }, () => makeCerts([], { cwd })));
  expect(runs.map(({ code, stderr }) => [code, stderr])).toEqual(Array(4).fill([0, '']));
  expect(runs.filter(({ stdout }) => NOTHING_TO_DO.test(stdout))).toHaveLength(3);
  expect((await ensureCertificates(join(cwd, 'certs'), { now: new Date() })).made).toEqual([]);
});

it.each(['ca.key.pem', 'ca.pem', 'clients/thief.pem', 'wrong/expired-server.key.pem'])(
  'leaves a folder that the next call sets right when it is killed after %s',
  async (name) => {
    const cwd = temporaryFolder();
    const folder = join(cwd, 'certs');
    const now = new Date();
    await ensureCertificates(folder, { now: new Date(now.getTime() - 100 * DAY) });
    const old = readFileSync(join(folder, name), 'utf8');
    const child = spawn(process.execPath, [SCRIPT], { cwd, stdio: 'ignore' });
    const exited = once(child, 'exit');
    // Without a pause: the rest of the set takes the other process only a few milliseconds.
    const patience = performance.now() + 10_000;
    while (readFileSync(join(folder, name), 'utf8') === old && performance.now() < patience);
    child.kill('SIGKILL');
    await exited;
    await ensureCertificates(folder, { now });
    expect((await ensureCertificates(folder, { now })).made).toEqual([]);
    expect(readFileSync(join(folder, name), 'utf8')).not.toBe(old);
    expect([...filesIn(folder).keys()].filter((path) => path.endsWith('.new'))).toEqual([]);
  },
);

it.runIf(userCanRun)('says in one line that a folder cannot be written', async () => {
  const cwd = temporaryFolder();
  chmodSync(cwd, 0o755);
  mkdirSync(join(cwd, 'certs'));
  chmodSync(join(cwd, 'certs'), 0o555);
  for (const folder of ['certs', 'certs/below']) {
    const { code, stdout, stderr } = await makeCerts([folder], { cwd, ...user });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe(`make-certs: cannot write ${join(cwd, folder)} (EACCES)\n`);
  }
});

it.runIf(userCanRun)('needs no right to write where the set is sound', async () => {
  const cwd = temporaryFolder();
  const folder = join(cwd, 'certs');
  if (asRoot) chmodSync(cwd, 0o777);
  expect((await makeCerts([], { cwd, ...user })).code).toBe(0);
  for (const path of [folder, join(folder, 'clients'), join(folder, 'wrong')]) chmodSync(path, 0o500);
  const { code, stdout } = await makeCerts([], { cwd, ...user });
  for (const path of [folder, join(folder, 'clients'), join(folder, 'wrong')]) chmodSync(path, 0o700);
  expect(code).toBe(0);
  expect(stdout).toMatch(NOTHING_TO_DO);
});

it.each([[['a', 'b']], [['--help']]])('takes one folder and nothing else: %j', async (args) => {
  const cwd = temporaryFolder();
  expect(await makeCerts(args, { cwd })).toEqual({
    code: 1,
    stdout: '',
    stderr: 'make-certs: usage: make-certs.ts [DIRECTORY]\n',
  });
});

async function makeCerts(args: readonly string[], options: { cwd: string; uid?: number; gid?: number }) {
  const child = spawn(process.execPath, [SCRIPT, ...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, stdout, stderr };
}
