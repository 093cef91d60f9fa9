import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureCertificates } from '@holdfast/certs-scripts';
import { rotateKeys } from '@holdfast/issuer';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../free-port.ts';
import { emptyKeyFile } from '../issuer/keys-empty-file.ts';
import { holdfast, type Serving, serving } from './holdfast-process.ts';

const PASSPHRASE = 'correct horse battery staple';
const issuer = `https://localhost:${await freePort()}`;
const children: Serving[] = [];
let folder: string;
let dispatcher: Agent;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-keys-'));
  await ensureCertificates(join(folder, 'certs'), { now: new Date() });
  dispatcher = new Agent({ connect: { ca: await readFile(join(folder, 'certs/ca.pem'), 'utf8') } });
  writeFileSync(join(folder, 'passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 });
}, 30_000);

afterAll(async () => {
  for (const { child } of children) child.kill('SIGKILL');
  await dispatcher.close();
  await rm(folder, { recursive: true, force: true });
});

let count = 0;

/** The path of a configuration with this for its `keys`, and of the key file. */
function configured(changes: object = {}, others: object = {}) {
  count += 1;
  const [config, file] = [join(folder, `issuer ${count}.json`), `keys ${count}.json`];
  const fields = {
    issuer,
    tls: { cert: 'certs/server.pem', key: 'certs/server.key.pem' },
    keys: { file, passphrase_file: 'passphrase', ...changes },
    resources: [{ resource: 'https://api.example', scope: 'orders:read' }],
    clients: [],
    ...others,
  };
  writeFileSync(config, JSON.stringify(fields));
  return { config, file, path: join(folder, file) };
}

const writeKeyFile = (path: string, text: string) => writeFileSync(path, text, { mode: 0o600 });

const keys = (...args: string[]) => holdfast('keys', ...args);

interface Listed {
  readonly kid: string;
  readonly alg: string;
  readonly state: string;
}

async function listed(config: string): Promise<Listed[]> {
  const { stdout } = await keys('list', '--json', '--config', config);
  return (JSON.parse(stdout) as { keys: Listed[] }).keys;
}

describe('holdfast keys', { timeout: 60_000 }, () => {
  it('FAPI2-6.8-01 makes the file, lists it, and rotates it', async () => {
    const { config, path } = configured();
    const made = await keys('rotate', '--config', config);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.stdout).toMatch(/^[\w-]{43} {2}ES256 {4}current\n[\w-]{43} {2}ES256 {4}next\n$/);
    expect(statSync(path).mode & 0o777).toBe(0o600);

    const list = await keys('list', '--config', config);
    const [current, next] = await listed(config);
    const since = / {2}since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
    const lines = list.stdout.trimEnd().split('\n');
    expect(lines.map((line) => line.replace(since, ''))).toEqual([
      `${current?.kid}  ES256    current `,
      `${next?.kid}  ES256    next    `,
    ]);

    const early = await keys('rotate', '--config', config);
    expect([early.code, early.stdout]).toEqual([1, '']);
    expect(early.stderr).toMatch(/^holdfast: ES256: verifiers may not know the next key yet; .*--now\n$/);
    expect((await keys('rotate', '--now', '--config', config)).code).toBe(0);
    const after = await keys('list', '--config', config);
    expect(after.stdout).toMatch(
      new RegExp(`^${current?.kid}  ES256    retiring  since \\S+, published until \\S+Z\\n`),
    );
    expect((await listed(config)).map(({ state }) => state)).toEqual(['retiring', 'current', 'next']);
    expect(readFileSync(path, 'utf8')).not.toContain('"d"');
  });

  it('adds the keys of an algorithm, and drops a key', async () => {
    const { config, file, path } = configured();
    writeKeyFile(path, await emptyKeyFile(PASSPHRASE));
    await keys('add', '--config', config);
    const both = configured({ file, algorithms: ['ES256', 'PS256'] }).config;
    const { stdout } = await keys('add', '--json', '--config', both);
    const { changes } = JSON.parse(stdout) as { changes: Listed[] };
    expect(changes.map(({ alg, state }) => [alg, state])).toEqual([
      ['PS256', 'current'],
      ['PS256', 'next'],
    ]);
    expect(await keys('add', '--config', both)).toEqual({ code: 0, stdout: '', stderr: '' });
    const kid = changes[0]?.kid ?? '';
    const dropped = await keys('drop', kid, '--config', both);
    expect(dropped.stdout).toContain(`${kid}  PS256    gone\n`);
    const again = await keys('drop', kid, '--config', both);
    expect([again.code, again.stderr]).toEqual([1, `holdfast: keys: ${file}: there is no such key\n`]);
  });

  it.each([`-${'A'.repeat(42)}`, `--${'A'.repeat(41)}`])('takes %s for the id of a key', async (kid) => {
    const { config, file, path } = configured();
    writeKeyFile(path, await keyFile());
    const { code, stderr } = await keys('drop', kid, '--config', config);
    expect([code, stderr]).toEqual([1, `holdfast: keys: ${file}: there is no such key\n`]);
  });

  it('takes the passphrase from the environment', async () => {
    process.env['HOLDFAST_TEST_PASSPHRASE'] = PASSPHRASE;
    const { config, file, path } = configured({
      passphrase_file: undefined,
      passphrase_env: 'HOLDFAST_TEST_PASSPHRASE',
    });
    writeKeyFile(path, await emptyKeyFile(PASSPHRASE));
    expect((await keys('rotate', '--config', config)).code).toBe(0);
    delete process.env['HOLDFAST_TEST_PASSPHRASE'];
    const { code, stderr } = await keys('list', '--config', config);
    expect([code, stderr]).toEqual([1, 'holdfast: keys.passphrase_env: must be the name of a variable that is set\n']);
    expect(await listed(configured({ file }).config)).toHaveLength(2);
  });

  it.each([[['constructor']], [['rotate', 'x']], [['drop']], [['list']]])(
    'says how it is used for %j',
    async (args) => {
      const config = args.length === 1 && args[0] === 'list' ? [] : ['--config', 'issuer.json'];
      const { code, stderr } = await keys(...args, ...config);
      expect([code, stderr]).toEqual([2, 'holdfast: usage: holdfast keys list|rotate|add|drop KID --config FILE\n']);
    },
  );
});

describe('a fault is one line', { timeout: 60_000 }, () => {
  it.each<[string, object, string]>([
    ['no file', { file: undefined }, 'keys.file: must be the path of a file'],
    ['no passphrase', { passphrase_file: undefined }, 'keys: one of passphrase_file and passphrase_env is needed'],
    ['two passphrases', { passphrase_env: 'A' }, 'keys: one of passphrase_file and passphrase_env is needed'],
    [
      'a passphrase itself',
      { passphrase_file: undefined, passphrase: 's3cret' },
      'keys: holds a field that is not known',
    ],
    [
      'a passphrase for its place',
      { passphrase_file: undefined, passphrase_env: 's3cret swordfish' },
      'keys.passphrase_env: must be the name of a variable that is set',
    ],
    ['a short passphrase', { passphrase_file: 'short' }, 'keys: FILE: the passphrase is shorter than 16 characters'],
    [
      'a wrong passphrase',
      { passphrase_file: 'wrong' },
      'keys: FILE: the passphrase is wrong, or the file was changed',
    ],
    ['an open passphrase', { passphrase_file: 'open' }, 'keys.passphrase_file: the file is open to other users'],
    ['a missing passphrase file', { passphrase_file: 'nowhere' }, 'FOLDER/nowhere: no such file'],
    [
      'RS256',
      { algorithms: ['RS256'] },
      'keys.algorithms: must be some of ES256, PS256, and Ed25519 or EdDSA, the first one by default',
    ],
    [
      'one algorithm twice',
      { algorithms: ['EdDSA', 'Ed25519'] },
      'keys.algorithms: must be some of ES256, PS256, and Ed25519 or EdDSA, the first one by default',
    ],
    [
      'a schedule of minutes',
      { rotate_every: '30m' },
      'keys.rotate_every: must be seconds, or as in 12h or 30d, and an hour or more',
    ],
    [
      'a schedule that is none',
      { rotate_every: 'weekly' },
      'keys.rotate_every: must be seconds, or as in 12h or 30d, and an hour or more',
    ],
  ])('%s', async (_what, changes, line) => {
    writeFileSync(join(folder, 'short'), 'fifteen letters', { mode: 0o600 });
    writeFileSync(join(folder, 'wrong'), `${PASSPHRASE}!`, { mode: 0o600 });
    writeFileSync(join(folder, 'open'), PASSPHRASE);
    chmodSync(join(folder, 'open'), 0o644);
    const { file, path } = configured();
    writeKeyFile(path, await keyFile());
    const { config } = configured({ file, ...changes });
    const { code, stdout, stderr } = await keys('list', '--config', config);
    expect(stderr).toBe(`holdfast: ${line.replace('FILE', file).replace('FOLDER', folder)}\n`);
    expect([code, stdout]).toEqual([1, '']);
  });

  it('an issuer without its keys does not start', async () => {
    const missing = configured();
    const start = (config: string) => holdfast('issuer', '--config', config);
    expect(await start(missing.config)).toEqual({
      code: 1,
      stdout: '',
      stderr: `holdfast: keys: ${missing.file}: the file is not there\n`,
    });
    const { file } = missing;
    writeKeyFile(missing.path, await keyFile());
    const more = configured({ file, algorithms: ['ES256', 'PS256'] });
    expect((await start(more.config)).stderr).toBe(`holdfast: keys: ${file}: there is no key for PS256\n`);
    chmodSync(missing.path, 0o640);
    expect((await start(missing.config)).stderr).toBe(`holdfast: keys: ${file}: the file is open to other users\n`);
  });
});

describe('an issuer that runs', () => {
  it('FAPI2-6.8-01 C006 takes over what the command changes, and tells it without a secret', async () => {
    const { config, path } = configured({ rotate_every: '30d' });
    writeKeyFile(path, await keyFile());
    const issuing = await serving('issuer', '--config', config);
    children.push(issuing);
    const published = async () => {
      const { body } = await request(`${issuer}/jwks`, { dispatcher });
      return ((await body.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
    };
    const [first = '', second = ''] = (await listed(config)).map(({ kid }) => kid);
    expect(await published()).toEqual([first, second]);
    await keys('rotate', '--now', '--config', config);
    await expect.poll(published, { timeout: 10_000 }).toHaveLength(3);
    expect((await published()).slice(0, 2)).toEqual([first, second]);
    await keys('drop', first, '--config', config);
    await expect.poll(published, { timeout: 10_000 }).not.toContain(first);

    rmSync(path);
    await new Promise((resolve) => setTimeout(resolve, 2500)); // two looks of the timer
    expect((await published())[0]).toBe(second); // goes on with what it has
    const { code, stderr } = await issuing.stop();
    expect(code).toBe(0);
    const lines = stderr
      .split('\n')
      .filter((text) => text.startsWith('{'))
      .map((text) => JSON.parse(text) as Record<string, unknown>);
    const told = lines.filter(({ msg }) => msg === 'key changed').map(({ kid, state }) => [kid, state]);
    expect(told).toContainEqual([first, 'retiring']);
    expect(told).toContainEqual([second, 'current']);
    expect(told).toContainEqual([first, 'gone']);
    expect(lines.filter(({ msg }) => msg === 'keys stay as they were')).toMatchObject([
      { code: 'key_unusable', detail: 'the file is not there' },
    ]);
    expect(stderr).not.toContain(PASSPHRASE);
  }, 60_000);
});

let template: Promise<string> | undefined;

/** The text of a sound key file, made once. */
function keyFile(): Promise<string> {
  async function make(): Promise<string> {
    const { path } = configured();
    writeKeyFile(path, await emptyKeyFile(PASSPHRASE));
    await rotateKeys({ path, passphrase: PASSPHRASE, algorithms: ['ES256'] });
    return readFileSync(path, 'utf8');
  }
  template ??= make();
  return template;
}
