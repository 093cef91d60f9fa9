import { beforeAll, expect, it } from 'vitest';
import { htmlReport } from '../../bench/report/html.ts';
import { newPerson, type Page } from '../browser/chromium.ts';
import { sampleReport } from './sample-report.ts';

const WIDTHS = [360, 1280];
const SCHEMES = ['light', 'dark'] as const;

let page: string;
beforeAll(() => {
  page = htmlReport(sampleReport());
});

it('can be read on a phone and on a screen, in the light and in the dark', async (context) => {
  const { page: tab } = await newPerson(context);
  await tab.setContent(page);
  for (const width of WIDTHS) {
    await tab.setViewportSize({ width, height: 800 });
    expect(await tab.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    expect(await tab.evaluate(NOT_ONCE)).toBe(0);
    expect(await tab.evaluate(TOO_SMALL)).toEqual([]);
    expect(await tab.evaluate(CUT_OFF)).toEqual([]);
    expect(await tab.evaluate(ONE_UPON_ANOTHER)).toEqual([]);
  }
  for (const colorScheme of SCHEMES) {
    await tab.emulateMedia({ colorScheme });
    expect(await contrasts(tab)).toEqual([]);
  }
});

it('shows on paper, in black on white, what is folded on a screen', async (context) => {
  const { page: tab } = await newPerson(context, { viewport: { width: 720, height: 1000 }, colorScheme: 'dark' });
  await tab.setContent(page);
  const folded = tab.locator('details table').first();
  expect(await folded.isVisible()).toBe(false);
  await tab.emulateMedia({ media: 'print', colorScheme: 'dark' });
  expect(await folded.isVisible()).toBe(true);
  expect(await tab.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
  expect(await contrasts(tab)).toEqual([]);
});

const SHOWN = `[...document.querySelectorAll('svg[role=img] text')].filter((text) => text.getBoundingClientRect().width > 0)`;
/** How many plots are not there in one of their two sizes, or in both. */
const NOT_ONCE = `[...document.querySelectorAll('.plot')].filter(
  (plot) => [...plot.children].filter((svg) => svg.getBoundingClientRect().width > 0).length !== 1,
).length`;
/** Words of plots that are smaller than 11 pixels after they were scaled. */
const TOO_SMALL = `${SHOWN}.filter((text) => 12 * text.getScreenCTM().d < 11).map((text) => text.textContent)`;
/** Words of plots that reach out of them by more than what a wide font takes. */
const CUT_OFF = `${SHOWN}.filter((text) => {
  const [inner, outer] = [text.getBoundingClientRect(), text.closest('svg').getBoundingClientRect()];
  return inner.left < outer.left - 8 || inner.right > outer.right + 8 || inner.bottom > outer.bottom + 2;
}).map((text) => text.textContent)`;

/** Words of a plot that cover each other. */
const ONE_UPON_ANOTHER = `[...document.querySelectorAll('svg[role=img]')].flatMap((svg) => {
  const all = [...svg.querySelectorAll('text')].map((text) => ({ text, box: text.getBoundingClientRect() }));
  const cover = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3;
  return all.flatMap((one, i) => all.slice(i + 1).filter((other) => cover(one.box, other.box)).map(({ text }) => text.textContent));
})`;

/** WCAG 2.2, 1.4.3 and 1.4.11: words have 4.5 to 1 before the ground, what is drawn 3 to 1; and lines over bars 3 to 1. */
const PAIRS: readonly (readonly [string, string, number])[] = [
  ...['ink', 'muted', 'link', 'ok', 'misses', 'unclear'].map((name) => [name, 'ground', 4.5] as const),
  ...['ours', 'peer', 'limit', 'p50', 'p90', 'p99', 'p999'].map((name) => [name, 'ground', 3] as const),
  ...['ours', 'peer', 'limit'].map((name) => ['ink', name, 3] as const),
];

/** The pairs of colours that are too near to each other. */
async function contrasts(tab: Page): Promise<string[]> {
  const names = [...new Set(PAIRS.flatMap((pair) => pair.slice(0, 2) as string[]))];
  const read = `((style) => ${JSON.stringify(names)}.map((name) => style.getPropertyValue('--' + name).trim()))(getComputedStyle(document.documentElement))`;
  const values = (await tab.evaluate(read)) as string[];
  const lightness = new Map(names.map((name, i) => [name, luminance(values[i] ?? '')]));
  const ratio = (one: string, other: string) => {
    const [a, b] = [lightness.get(one) ?? Number.NaN, lightness.get(other) ?? Number.NaN];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  return PAIRS.filter(([one, other, least]) => !(ratio(one, other) >= least)).map(
    ([one, other]) => `${one} on ${other}`,
  );
}

/** WCAG 2.2, relative luminance. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
