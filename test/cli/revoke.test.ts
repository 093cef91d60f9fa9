import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdfast } from './holdfast-process.ts';
import { createDesk, type Desk } from './issuer-desk.ts';
import { type IssuerFolder, issuerFolder } from './issuer-folder.ts';

let folder: IssuerFolder;
let desk: Desk;
let config: string;

beforeAll(async () => {
  folder = await issuerFolder();
  desk = await createDesk(folder);
  config = await folder.configured({ store: 'issuer.db', audit: 'audit.jsonl', status_list: { ttl: 1 } });
  await folder.start(config);
}, 60_000);

afterAll(async () => {
  await desk[Symbol.asyncDispose]();
  await folder[Symbol.asyncDispose]();
});

type Line = Readonly<Record<string, unknown>>;

async function trail(): Promise<Line[]> {
  const text = await readFile(join(folder.path, 'audit.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

describe('holdfast revoke', () => {
  it('REV-2.1-04 ends what a person allowed, at an issuer that runs, and records it', async () => {
    const { body } = await desk.redeem(await desk.authorize());
    const refresh = () =>
      desk.send('/token', { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) });
    expect((await refresh()).status).toBe(200);
    const grant = String((await trail()).findLast(({ event }) => event === 'authorization.granted')?.['grant']);

    const ended = await holdfast('revoke', grant, '--config', config);
    expect(ended).toEqual({ code: 0, stdout: `revoked ${grant}\n`, stderr: '' });
    expect(await refresh()).toMatchObject({ status: 400, body: { code: 'grant_revoked' } });
    expect((await trail()).at(-1)).toMatchObject({ event: 'grant.revoked', grant, reason: 'operator' });
    // Again: nothing more to do, and nothing more to tell
    expect((await holdfast('revoke', grant, '--config', config)).code).toBe(0);
    expect((await trail()).filter(({ event }) => event === 'grant.revoked')).toHaveLength(1);
  }, 60_000);

  it.each([`-${'A'.repeat(21)}`, `-h${'A'.repeat(20)}`, `--${'A'.repeat(20)}`])(
    'takes %s for the id that it is, before --config and after it',
    async (grant) => {
      const revoked = { code: 0, stdout: `revoked ${grant}\n`, stderr: '' };
      expect(await holdfast('revoke', grant, '--config', config)).toEqual(revoked);
      expect(await holdfast('revoke', '--config', config, grant)).toEqual(revoked);
      expect(await holdfast('revoke', '--config', config, '--', grant)).toEqual(revoked);
    },
    60_000,
  );

  it.each([
    [[], /^holdfast: usage: holdfast revoke GRANT --config FILE\n$/],
    [['short'], /^holdfast: revoke: not the id of a grant, as the audit trail has it\n$/],
  ])('refuses %j in one line', async (operands, line) => {
    const { code, stderr } = await holdfast('revoke', ...operands, '--config', config);
    expect([code, stderr]).toEqual([2, expect.stringMatching(line)]);
  });

  it('refuses an issuer that keeps all in memory, in one line', async () => {
    const inMemory = await folder.configured();
    const { code, stderr } = await holdfast('revoke', 'A'.repeat(22), '--config', inMemory);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^holdfast: store: is needed/)]);
  });
});
