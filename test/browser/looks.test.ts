import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newPerson, type Page } from './chromium.ts';
import { createScene, logIn, type Scene } from './scene.ts';

const SIZES = { narrow: { width: 360, height: 740 }, wide: { width: 1440, height: 900 } };
const LOOKS = (['narrow', 'wide'] as const).flatMap((size) =>
  (['light', 'dark'] as const).map((colorScheme) => [size, colorScheme] as const),
);

let scene: Scene;
beforeAll(async () => {
  scene = await createScene({ client_name: 'Northwind Execution', client_uri: 'https://northwind.example/' });
});
afterAll(() => scene[Symbol.asyncDispose]());

describe.each(LOOKS)('on a %s screen, %s', (size, colorScheme) => {
  it('every page fits, and what is pressed is large enough', async (context) => {
    const { page } = await newPerson(context, { viewport: SIZES[size], colorScheme });
    const url = await scene.start();
    await page.goto(url);
    await expectFit(page, `login-${size}-${colorScheme}`);
    await logIn(page, 'wrong');
    await expectFit(page, `wrong-${size}-${colorScheme}`);
    await logIn(page);
    await page.waitForSelector('#approve');
    await expectFit(page, `consent-${size}-${colorScheme}`);
    await page.click('#deny');
    await page.waitForSelector('#desk');
    await page.goto(url);
    await page.waitForSelector('#oauth-error');
    await expectFit(page, `error-${size}-${colorScheme}`);
  });
});

/** Nothing is cut off at the side, buttons and fields are 44 pixels high (WCAG 2.2 2.5.5), and the style is there. */
async function expectFit(page: Page, name: string): Promise<void> {
  const folder = process.env['HOLDFAST_SCREENSHOTS']; // to be looked at
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
  expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  for (const each of await page.locator('button, input:not([type=hidden])').all()) {
    expect((await each.boundingBox())?.height).toBeGreaterThanOrEqual(44);
  }
  expect(await page.evaluate('getComputedStyle(document.querySelector("main")).borderRadius')).toBe('12px');
}
