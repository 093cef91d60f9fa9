import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdfast, type Serving } from './holdfast-process.ts';
import { createDesk, type Desk } from './issuer-desk.ts';
import { type IssuerFolder, issuerFolder } from './issuer-folder.ts';

let folder: IssuerFolder;
let desk: Desk;

beforeAll(async () => {
  folder = await issuerFolder();
  desk = await createDesk(folder);
}, 30_000);

afterAll(async () => {
  await desk[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

async function kill({ child }: Serving): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await ended;
}

/** What a token request with this assertion is answered: `token` or the code of a refusal. */
async function asked(assertion: string): Promise<unknown> {
  const { body } = await desk.token(assertion);
  return body['access_token'] === undefined ? body['code'] : 'token';
}

describe('holdfast issuer with a store', () => {
  it('CA-3-08 takes no assertion again after kill −9, nor after it was stopped', async () => {
    const config = await folder.configured({ store: 'used.db' });
    const first = await folder.start(config);
    const assertion = await desk.assertion();
    expect([await asked(assertion), await asked(assertion)]).toEqual(['token', 'assertion_replayed']);
    await kill(first);
    const second = await folder.start(config);
    expect([await asked(assertion), await asked(await desk.assertion())]).toEqual(['assertion_replayed', 'token']);
    expect(await second.stop()).toMatchObject({ code: 0 });
    const third = await folder.start(config);
    expect(await asked(assertion)).toBe('assertion_replayed');
    await third.stop();
    expect((await stat(join(folder.path, 'used.db'))).mode & 0o777).toBe(0o600);
  }, 30_000);

  it('and without one forgets with its process, as it always did', async () => {
    const config = await folder.configured();
    const assertion = await desk.assertion();
    for (const answers of [
      ['token', 'assertion_replayed'],
      ['token', 'assertion_replayed'],
    ]) {
      const issuing = await folder.start(config);
      expect([await asked(assertion), await asked(assertion)]).toEqual(answers);
      await issuing.stop();
    }
  }, 30_000);

  it.each([
    ['no path', 5, /^holdfast: store: must be the path of a file\n$/],
    ['an empty path', '', /^holdfast: store: must be the path of a file\n$/],
    ['a folder', 'folder', /^holdfast: store: folder: a symbolic link or not a file\n$/],
    ['a path in no folder', 'nowhere/used.db', /^holdfast: store: nowhere\/used\.db: the folder is not there\n$/],
    [
      'a file of something else',
      'certs/server.key.pem',
      /^holdfast: store: certs\/server\.key\.pem: not a database\n$/,
    ],
  ])('%s is refused in one line', async (_what, store, line) => {
    await mkdir(join(folder.path, 'folder'), { recursive: true });
    const { code, stdout, stderr } = await holdfast('issuer', '--config', await folder.configured({ store }));
    expect(stderr).toMatch(line);
    expect([stdout, code]).toEqual(['', 1]);
  });
});
