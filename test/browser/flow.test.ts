import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPerson } from './chromium.ts';
import { answerOf, createScene, logIn, type Scene, textOf } from './scene.ts';

let scene: Scene;
beforeAll(async () => {
  scene = await createScene();
});
afterAll(() => scene[Symbol.asyncDispose]());

describe('a person with a browser that runs no script', () => {
  it('C026 ISS-2-01 logs in, reads what is asked for, allows it, and the client has its code', async (context) => {
    const { page, complaints } = await newPerson(context);
    await page.goto(await scene.start());
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Sign in');
    expect(await textOf(page)).toContain('to continue to Trading desk');
    await logIn(page);
    const asked = (await textOf(page)).replace(/\s+/g, ' ');
    for (const part of [
      'Allow Trading desk?',
      'Anna Ader',
      'BTC-USD, ETH-USD',
      'buy, sell',
      '1,000,000 USD',
      'orders:read',
    ]) {
      expect(asked).toContain(part);
    }
    await page.click('#approve');
    await page.waitForSelector('#desk');
    expect(page.url()).toMatch(`${scene.site.origin}/callback?desk=7&`);
    expect(answerOf(page)).toEqual({
      desk: '7',
      code: expect.stringMatching(/^[\w-]{43}$/),
      state: 'a state',
      iss: `${scene.served.origin}/desk`,
    });
    expect(new URL(page.url()).hash).toBe('');
    expect(complaints).toEqual([]);
    expect(scene.site.callbacks.at(-1)?.headers.referer).toBeUndefined();
  });

  it('C027 denies on the page that asks, and before having logged in', async (context) => {
    const denied = {
      desk: '7',
      error: 'access_denied',
      error_description: expect.any(String),
      state: 'a state',
      iss: expect.any(String),
    };
    const { page, complaints } = await newPerson(context);
    await page.goto(await scene.start());
    await logIn(page);
    await page.getByRole('button', { name: 'Deny' }).click();
    await page.waitForSelector('#desk');
    expect(answerOf(page)).toEqual(denied);
    await page.goto(await scene.start());
    await page.getByRole('button', { name: 'Cancel' }).click(); // the fields are empty
    await page.waitForSelector('#desk');
    expect(answerOf(page)).toEqual(denied);
    expect(complaints).toEqual([]);
  });

  it('is told that the password was wrong, by an alert that the fields refer to, and tries again', async (context) => {
    const { page } = await newPerson(context);
    await page.goto(await scene.start());
    await logIn(page, 'wrong');
    expect(await page.getByRole('alert').textContent()).toBe('The name or the password is wrong.');
    expect(await page.getByLabel('Password').getAttribute('aria-describedby')).toBe('oauth-error');
    expect(await page.getByLabel('User name').inputValue()).toBe('anna');
    expect(await page.getByLabel('Password').inputValue()).toBe('');
    expect(await page.evaluate('document.activeElement.id')).toBe('password');
    await logIn(page, 'wrong', 'nobody');
    expect(await page.getByRole('alert').textContent()).toBe('The name or the password is wrong.');
    await logIn(page);
    await page.click('#approve');
    await page.waitForSelector('#desk');
    expect(answerOf(page)).toHaveProperty('code');
  });

  it('is locked out after five wrong passwords, with the right one too, and later let in', async (context) => {
    const { page } = await newPerson(context);
    scene.now += 1000;
    await page.goto(await scene.start());
    for (let i = 0; i < 5; i += 1) await logIn(page, 'wrong');
    await logIn(page);
    expect(await page.getByRole('alert').textContent()).toBe('Too many attempts; try again later.');
    scene.now += 901;
    await page.goto(await scene.start());
    await logIn(page);
    await page.waitForSelector('#approve');
  });

  it('uses the keyboard alone, and sees where the focus is', async (context) => {
    const { page } = await newPerson(context);
    await page.goto(await scene.start());
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('login'); // from the start
    await page.keyboard.type('anna');
    await page.keyboard.press('Tab');
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outline');
    expect(outline).toMatch(/3px/);
    await page.keyboard.type('correct horse battery staple');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#approve');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space'); // the second button
    await page.waitForSelector('#desk');
    expect(answerOf(page)).toMatchObject({ error: 'access_denied' });
  });
});

describe('a person who does things twice, or in another order', () => {
  it('FAPI2-5.3.2.2-09 presses twice, and the client has one code', async (context) => {
    const { page } = await newPerson(context);
    await page.goto(await scene.start());
    await logIn(page);
    const before = scene.site.callbacks.length;
    await page.dblclick('#approve');
    await page.waitForSelector('#desk');
    const codes = scene.site.callbacks
      .slice(before)
      .map(({ url }) => new URL(url ?? '', 'http://desk').searchParams.get('code'));
    expect(new Set(codes)).toEqual(new Set([answerOf(page)['code']]));
  });

  it('PAR-4-02 C025 goes back after the decision, and can decide nothing more', async (context) => {
    const { page } = await newPerson(context);
    await page.goto(await scene.start());
    await logIn(page);
    await page.click('#approve');
    await page.waitForSelector('#desk');
    await page.goBack();
    expect(await textOf(page, '#oauth-error')).toBe('invalid_request_uri');
    expect(await page.locator('a, form').count()).toBe(0);
  });

  it('goes back from the question to the login, and is asked again', async (context) => {
    const { page } = await newPerson(context);
    await page.goto(await scene.start());
    await logIn(page);
    await page.waitForSelector('#approve');
    await page.goBack();
    await page.waitForSelector('#approve');
    await page.click('#approve');
    await page.waitForSelector('#desk');
    expect(answerOf(page)).toHaveProperty('code');
  });

  it('C025 opens the page twice before deciding, and reloads it', async (context) => {
    const { page } = await newPerson(context);
    const url = await scene.start();
    await page.goto(url);
    await page.goto(url);
    await page.reload();
    await logIn(page);
    await page.reload();
    await page.click('#approve');
    await page.waitForSelector('#desk');
    expect(answerOf(page)).toHaveProperty('code');
  });

  it('has two requests in two tabs, and each ends as it was decided', async (context) => {
    const person = await newPerson(context);
    const [one, other] = [person.page, await person.tab()];
    await one.goto(await scene.start({ state: 'one' }));
    await other.goto(await scene.start({ state: 'other' }));
    await logIn(one);
    await logIn(other);
    await other.click('#deny');
    await one.click('#approve');
    await Promise.all([one, other].map((tab) => tab.waitForSelector('#desk')));
    expect(answerOf(one)).toMatchObject({ state: 'one', code: expect.any(String) });
    expect(answerOf(other)).toMatchObject({ state: 'other', error: 'access_denied' });
  });

  it('PAR-4-02 C025 has one request in two tabs, of which one decides', async (context) => {
    const person = await newPerson(context);
    const [one, other] = [person.page, await person.tab()];
    const url = await scene.start();
    for (const tab of [one, other]) {
      await tab.goto(url);
      await logIn(tab);
      await tab.waitForSelector('#approve');
    }
    await one.click('#deny');
    await one.waitForSelector('#desk');
    await other.click('#approve');
    expect(await textOf(other, '#oauth-error')).toBe('invalid_request_uri');
    expect(other.url()).toMatch(scene.served.origin);
  });
});

describe('a person who is too late', () => {
  it('PAR-4-03 C024 comes with a request that has expired', async (context) => {
    const { page } = await newPerson(context);
    const url = await scene.start();
    scene.now += 90;
    await page.goto(url);
    expect(await textOf(page, '#oauth-error')).toBe('invalid_request_uri');
    expect(await textOf(page)).toContain('start again');
    expect(page.url()).toMatch(scene.served.origin);
  });

  it('decides when the page has expired', async (context) => {
    const { page } = await newPerson(context);
    await page.goto(await scene.start());
    await logIn(page);
    await page.waitForSelector('#approve');
    scene.now += 601;
    await page.click('#approve');
    expect(await textOf(page, '#oauth-error')).toBe('invalid_request');
    expect(page.url()).toMatch(scene.served.origin);
  });
});
