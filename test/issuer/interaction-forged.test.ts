import { describe, expect, it } from 'vitest';
import { ISSUER } from './forge.ts';
import { codeOf, expectPage, expectUndecided, opened } from './interaction-scene.ts';
import { type Browser, PASSWORD } from './people.ts';
import { expectToken } from './scene.ts';

const FORM = ['Content-Type', 'application/x-www-form-urlencoded'];

describe('RFC 9700 §4.7.1 only our own page decides', () => {
  it.each([undefined, '', 'a', 'A'.repeat(43), 'a'.repeat(9000)])('not with the hidden token %j', async (csrf) => {
    const mine = await opened();
    const { people, its, path } = mine;
    for (const form of [{ decision: 'approve' }, { decision: 'deny' }, { login: 'eve', password: PASSWORD }]) {
      expectPage(await people.browse(its, path, { csrf, ...form }), 'page_forged');
    }
    await expectUndecided(mine);
  });

  it('not with the hidden token of another page in the same browser', async () => {
    const mine = await opened();
    const other = await opened(mine.people, mine.its);
    const form = { csrf: other.csrf, decision: 'approve' };
    expectPage(await mine.people.browse(mine.its, mine.path, form), 'page_forged');
    await expectUndecided(mine);
  });

  it.each([
    ['a foreign Origin', ['Origin', 'https://evil.example']],
    ['an Origin that hides', ['Origin', 'null']],
    ['an Origin of another port', ['Origin', `${ISSUER}:8443`]],
    ['an Origin without TLS', ['Origin', ISSUER.replace('https', 'http')]],
    ['an Origin that begins like ours', ['Origin', `${ISSUER}.evil.example`]],
    ['an empty Origin', ['Origin', '']],
    ['two Origins', ['Origin', ISSUER, 'Origin', 'https://evil.example']],
    ['a request from another site', ['Origin', ISSUER, 'Sec-Fetch-Site', 'cross-site']],
    ['a request from a neighbour', ['Origin', ISSUER, 'Sec-Fetch-Site', 'same-site']],
    ['a request that nobody navigated to', ['Sec-Fetch-Site', 'none']],
  ])('not by %s', async (_name, fields) => {
    const mine = await opened();
    const { people, its, path, csrf } = mine;
    const headers = [...cookie(its), ...FORM, ...fields];
    expectPage(await people.browse(its, path, { csrf, decision: 'approve' }, { headers }), 'page_forged');
    await expectUndecided(mine);
  });

  it.each([
    ['a browser that sends neither', []],
    ['a browser that sends both', ['Origin', ISSUER, 'Sec-Fetch-Site', 'same-origin']],
  ])('yes by %s', async (_name, fields) => {
    const { people, its, path, csrf } = await opened();
    const headers = [...cookie(its), ...FORM, ...fields];
    expectToken(
      await people.redeem(codeOf(await people.browse(its, path, { csrf, decision: 'approve' }, { headers }))),
    );
  });

  it('not by a link', async () => {
    const mine = await opened();
    const { people, its, path, csrf } = mine;
    const { status, headers } = await people.browse(its, `${path}?csrf=${csrf}&decision=approve`);
    expect(status).toBe(200);
    expect(headers).not.toHaveProperty('Location');
    await expectUndecided(mine);
  });

  it.each(['', 'yes', 'APPROVE', 'approve ', 'true'])('not by the decision %j', async (decision) => {
    const mine = await opened();
    const { people, its, path, csrf } = mine;
    expect((await people.browse(its, path, { csrf, decision })).headers).not.toHaveProperty('Location');
    await expectUndecided(mine);
  });

  it('not by JSON, and not by two decisions', async () => {
    const mine = await opened();
    const { people, its, path, csrf } = mine;
    const headers = [...cookie(its), 'Content-Type', 'application/json', 'Origin', ISSUER];
    expectPage(await people.browse(its, path, { csrf, decision: 'approve' }, { headers }), 'content_type_unsupported');
    const body = `csrf=${csrf}&decision=deny&decision=approve`;
    expectPage(await people.browse(its, path, {}, { body }), 'form_malformed');
    await expectUndecided(mine);
  });
});

function cookie({ cookies }: Browser): string[] {
  return ['Cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')];
}
