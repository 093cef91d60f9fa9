import { describe, expect, it } from 'vitest';
import { ISSUER } from './forge.ts';
import { expectPage, expectUndecided, type Opened, opened } from './interaction-scene.ts';
import { type Browser, browser, createPeople, PASSWORD } from './people.ts';

const COOKIE =
  /^__Host-holdfast-([A-Za-z0-9_-]{22})=([A-Za-z0-9_-]{43}); Path=\/; Max-Age=600; Secure; HttpOnly; SameSite=Lax$/;

describe('RFC 9700 §4.7 who began an interaction is who ends it', () => {
  it('RFC 6265bis §4.1.3.2 by a cookie of this host alone, that no script reads and no other site sends along', async () => {
    const people = await createPeople();
    const query = new URLSearchParams({ client_id: 'trader', request_uri: await people.pushed() });
    const { headers } = await people.browse(browser(), `/authorize?${query}`);
    const [, id] = COOKIE.exec(headers['Set-Cookie'] ?? '') ?? [];
    expect(headers['Location']).toBe(`${ISSUER}/interaction/${id}`);
  });

  it.each([
    ['another browser', () => browser()],
    ['a browser with a cookie of its own making', ({ path }: Opened) => having(path, 'A'.repeat(43))],
    ['a browser with an empty cookie', ({ path }: Opened) => having(path, '')],
    ['a browser with the id as cookie', ({ path }: Opened) => having(path, path.split('/')[2] ?? '')],
    ['a browser with the hidden token as cookie', ({ path, csrf }: Opened) => having(path, csrf)],
  ])('not %s', async (_name, stranger) => {
    const mine = await opened();
    const { people, path, csrf } = mine;
    const its = stranger(mine);
    expectPage(await people.browse(its, path), 'interaction_unknown');
    for (const form of [{ decision: 'approve' }, { decision: 'deny' }, { login: 'eve', password: PASSWORD }]) {
      expectPage(await people.browse(its, path, { csrf, ...form }), 'interaction_unknown');
    }
    await expectUndecided(mine);
  });

  it('not a browser with the cookie of another interaction, under its name or under this one', async () => {
    const mine = await opened();
    const theirs = await opened(mine.people);
    const [secret = ''] = [...theirs.its.cookies.values()];
    for (const its of [theirs.its, having(mine.path, secret)]) {
      expectPage(await mine.people.browse(its, mine.path), 'interaction_unknown');
      const form = { csrf: theirs.csrf, decision: 'approve' };
      expectPage(await mine.people.browse(its, mine.path, form), 'interaction_unknown');
    }
    await expectUndecided(mine);
  });

  it.each(['a', 'A'.repeat(22), '..', '__proto__', 'A'.repeat(5000), ''])('nobody for the id %j', async (id) => {
    const people = await createPeople();
    const its = having(`/interaction/${id}`, 'A'.repeat(43));
    expectPage(await people.browse(its, `/interaction/${id}`), 'interaction_unknown');
  });

  it('among other cookies its own is found', async () => {
    const mine = await opened();
    for (const name of ['__Host-holdfast-', 'session', '__Host-holdfast']) mine.its.cookies.set(name, 'a');
    await expectUndecided(mine);
  });
});

describe('RFC 6749 §4.1.1 nobody allows anything before logging in', () => {
  it('approving leads back to the login page', async () => {
    const people = await createPeople();
    const its = browser();
    const path = await people.open(its, await people.pushed());
    const approved = await people.decide(its, path, 'approve');
    expect(approved).toMatchObject({ status: 303, headers: { Location: ISSUER + path } });
    expect((await people.browse(its, path)).text).toContain('id="password"');
  });

  it.each([
    ['the wrong password', { password: 'swordfish' }],
    ['no password', { password: undefined }],
    ['no name', { login: undefined }],
    ['neither', { login: '', password: '' }],
  ])('%s shows the page again, and the right one goes on', async (_name, fields) => {
    const people = await createPeople();
    const its = browser();
    const path = await people.open(its, await people.pushed());
    const again = await people.logIn(its, path, fields);
    expectPage(again, 'login_refused');
    expect(again.text).toContain('id="password"');
    expect(again.text).not.toContain('swordfish');
    expect((await people.browse(its, path)).text).toContain('id="password"');
    expect(await people.logIn(its, path)).toMatchObject({ status: 303, headers: { Location: ISSUER + path } });
    expect((await people.browse(its, path)).text).toContain('id="approve"');
  });

  it.each([null, false])(
    'RFC 9700 §4.16 %s, as a hook without types says it, is a wrong password and counts',
    async (wrong) => {
      const check = async (_name: string, password: string) =>
        password === PASSWORD ? { sub: 'anna' } : (wrong as unknown as undefined);
      const people = await createPeople({}, { login: { check } });
      const its = browser();
      const path = await people.open(its, await people.pushed());
      for (let i = 0; i < 5; i += 1) {
        expectPage(await people.logIn(its, path, { password: 'swordfish' }), 'login_refused');
      }
      expect(await people.logIn(its, path)).toMatchObject({ status: 429, refusal: { code: 'login_locked' } });
    },
  );

  it('who logged in first stays: no second login puts somebody else in the place', async () => {
    const mine = await opened();
    const { people, its, path, csrf } = mine;
    await people.browse(its, path, { csrf, login: 'eve', password: PASSWORD });
    const { text } = await people.browse(its, path);
    expect(text).toContain('anna');
    expect(text).not.toContain('eve');
  });

  it('a login for one request is none for another, in the same browser', async () => {
    const mine = await opened();
    const path = await mine.people.open(mine.its, await mine.people.pushed());
    expect((await mine.people.browse(mine.its, path)).text).toContain('id="password"');
  });
});

/** A browser that holds this value as cookie of the page. */
function having(path: string, value: string): Browser {
  return { cookies: new Map([[`__Host-holdfast-${path.split('/')[2]}`, value]]) };
}
