import { describe, expect, it } from 'vitest';
import { NOW } from './forge.ts';
import { codeOf, expectPage, opened } from './interaction-scene.ts';
import { browser, createPeople, csrfOf, PASSWORD } from './people.ts';
import { expectRefusal, expectToken } from './scene.ts';

describe('PAR-4-02 RFC 9126 §7.3 one decision for one request', () => {
  it('C025 approved twice it gives one code, which is redeemed once', async () => {
    const { people, its, path, csrf } = await opened();
    const press = () => people.browse(its, path, { csrf, decision: 'approve' });
    const [first, second] = await Promise.all([press(), press()]);
    people.now = NOW + 5;
    const third = await press();
    expect(new Set([first, second, third].map(({ headers }) => headers['Location'])).size).toBe(1);
    expectToken(await people.redeem(codeOf(first)));
    expectRefusal(await people.redeem(codeOf(third)), 'invalid_grant', 'code_used');
  });

  it('C025 approved again when its code has expired it gives no other', async () => {
    const { people, its, path, csrf } = await opened();
    const press = () => people.browse(its, path, { csrf, decision: 'approve' });
    const first = codeOf(await press());
    people.now = NOW + 300;
    const again = codeOf(await press());
    expect(again).toBe(first);
    expectRefusal(await people.redeem(again), 'invalid_grant', 'code_unknown');
  });

  it.each([
    ['approve', 'deny'],
    ['deny', 'approve'],
  ] as const)('C025 after %s there is no %s', async (first, second) => {
    const { people, its, path, csrf } = await opened();
    const decided = await people.browse(its, path, { csrf, decision: first });
    expectPage(await people.browse(its, path, { csrf, decision: second }), 'request_uri_used');
    if (first === 'approve') expectToken(await people.redeem(codeOf(decided)));
    else expect(codeOf(decided)).toBe('');
  });

  it('denied twice it is denied', async () => {
    const { people, its, path, csrf } = await opened();
    const press = async () => (await people.browse(its, path, { csrf, decision: 'deny' })).headers['Location'];
    expect(await press()).toContain('error=access_denied');
    expect(await press()).toContain('error=access_denied');
  });

  it('C025 two tabs with one request: the first decides, the other one is over', async () => {
    const people = await createPeople();
    const [its, requestUri] = [browser(), await people.pushed()];
    const [one, other] = [await people.open(its, requestUri), await people.open(its, requestUri)];
    for (const path of [one, other]) await people.logIn(its, path);
    const csrf = csrfOf((await people.browse(its, one)).text);
    const code = codeOf(await people.decide(its, other, 'approve'));
    for (const decision of ['approve', 'deny']) {
      expectPage(await people.browse(its, one, { csrf, decision }), 'request_uri_used');
    }
    expectPage(await people.browse(its, one), 'request_uri_used');
    expectPage(await people.browse(its, one, { csrf, login: 'anna', password: PASSWORD }), 'request_uri_used');
    expectToken(await people.redeem(code));
  });

  it('C025 two tabs with two requests: each has its own answer', async () => {
    const people = await createPeople();
    const its = browser();
    const [one, other] = [
      await people.open(its, await people.pushed({ state: 'one' })),
      await people.open(its, await people.pushed({ state: 'other' })),
    ];
    for (const path of [one, other]) await people.logIn(its, path);
    const answers = [await people.decide(its, other, 'approve'), await people.decide(its, one, 'approve')];
    expect(answers.map(({ headers }) => new URL(headers['Location'] ?? '').searchParams.get('state'))).toEqual([
      'other',
      'one',
    ]);
    for (const answer of answers) expectToken(await people.redeem(codeOf(answer)));
  });

  it('a page that was decided shows that it is over, and asks for no password', async () => {
    const { people, its, path } = await opened();
    await people.decide(its, path, 'approve');
    const page = await people.browse(its, path);
    expectPage(page, 'request_uri_used');
    expect(page.text).not.toContain('<form');
  });
});
