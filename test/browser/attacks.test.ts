import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serve } from '../issuer/listeners.ts';
import { newPerson } from './chromium.ts';
import { answerOf, createScene, logIn, type Scene, textOf } from './scene.ts';
import { openSite, type Site } from './site.ts';

const HOSTILE = `</h1><script>document.title=1</script><img src=x onerror="alert(1)">' \u202Eeman`;
const SCRIPTS = { javaScriptEnabled: true };

let scene: Scene;
let evil: Site;
beforeAll(async () => {
  scene = await createScene({ client_name: HOSTILE });
  evil = await openSite();
});
afterAll(async () => {
  await scene[Symbol.asyncDispose]();
  await evil[Symbol.asyncDispose]();
});

describe('what a client calls itself', () => {
  it('RAR-12-02 is text on every page, in a browser that would run it', async (context) => {
    const { page, complaints } = await newPerson(context, SCRIPTS);
    const shown = HOSTILE.replace('\u202E', '⟨U+202E⟩');
    await page.goto(await scene.start());
    expect(await textOf(page)).toContain(`to continue to ${shown}`);
    await logIn(page);
    expect(await textOf(page, 'h1')).toBe(`Allow ${shown}?`);
    expect(await page.title()).toBe('Allow access?');
    expect(await page.locator('script, img').count()).toBe(0);
    expect(complaints).toEqual([]);
  });
});

describe('somebody else’s site', () => {
  it('cannot put the pages into a frame', async (context) => {
    const { page } = await newPerson(context, SCRIPTS);
    evil.put('/frame', `<iframe src="${(await scene.start()).replaceAll('&', '&amp;')}"></iframe>`);
    await page.goto(`${evil.origin}/frame`);
    await expect.poll(() => page.frames().length).toBe(2);
    const [, frame] = page.frames();
    await frame?.waitForLoadState();
    expect(await frame?.locator('#login').count()).toBe(0);
    expect(frame?.url()).toMatch(/^chrome-error:/);
  });

  it('cannot post the form of a page that is open in another tab', async (context) => {
    const person = await newPerson(context, SCRIPTS);
    await person.page.goto(await scene.start());
    await logIn(person.page);
    await person.page.waitForSelector('#approve');
    const token = await person.page.locator('input[name=csrf]').getAttribute('value');
    for (const csrf of ['', token]) {
      evil.put(
        '/post',
        `<form method="post" action="${person.page.url()}"><input name="csrf" value="${csrf}"><button id="go" name="decision" value="approve">Win</button></form>`,
      );
      const tab = await person.tab();
      await tab.goto(`${evil.origin}/post`);
      await tab.click('#go');
      expect(await textOf(tab, '#oauth-error')).toBe('invalid_request');
      expect(tab.url()).toMatch(scene.served.origin);
    }
    await person.page.click('#approve'); // nothing was decided
    await person.page.waitForSelector('#desk');
    expect(answerOf(person.page)).toHaveProperty('code');
  });

  it('FAPI2-5.2.3-03 cannot read what the authorization endpoint answers', async (context) => {
    const { page } = await newPerson(context, SCRIPTS);
    const url = await scene.start();
    evil.put('/read', '<h1>read</h1>');
    await page.goto(`${evil.origin}/read`);
    for (const credentials of ['include', 'omit']) {
      const asked = `fetch(${JSON.stringify(url)}, { credentials: '${credentials}' }).then((r) => r.text(), (e) => e.name)`;
      expect(await page.evaluate(asked)).toBe('TypeError');
    }
  });

  it('cannot go on with a request in another browser than the one that began it', async (context) => {
    const { page } = await newPerson(context);
    const thief = await newPerson(context);
    await page.goto(await scene.start());
    await logIn(page);
    await page.waitForSelector('#approve');
    await thief.page.goto(page.url());
    expect(await textOf(thief.page, '#oauth-error')).toBe('invalid_request');
    expect(await thief.page.locator('form').count()).toBe(0);
  });

  it('keeps no hold of a window that it opened', async (context) => {
    const { page } = await newPerson(context, SCRIPTS);
    evil.put('/open', '<h1>open</h1>');
    await page.goto(`${evil.origin}/open`);
    const opened = page.context().waitForEvent('page');
    await page.evaluate(`window.popup = open(${JSON.stringify(await scene.start())}); undefined`);
    await (await opened).waitForSelector('#login');
    await expect.poll(() => page.evaluate('window.popup.closed')).toBe(true);
    expect(await (await opened).evaluate('window.opener')).toBe(null);
  });
});

describe('the way back', () => {
  it('FAPI2-5.3.2.1-07 leads on to the site that the client registered, and to no third one', async (context) => {
    const home = await serve(); // any site with https
    const own = await createScene({ client_uri: home.origin });
    context.onTestFinished(async () => {
      await own[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    });
    const { page, complaints } = await newPerson(context);
    own.site.put('/callback', { location: `${home.origin}/jwks` });
    await page.goto(await own.start());
    await logIn(page);
    await page.click('#approve');
    await page.waitForURL(`${home.origin}/jwks`);
    own.site.put('/callback', { location: `${evil.origin}/callback` });
    await page.goto(await own.start());
    await logIn(page);
    await page.click('#approve');
    await expect.poll(() => complaints.join()).toMatch(/form-action/);
    expect(page.url()).toMatch(own.served.origin);
  });
});
