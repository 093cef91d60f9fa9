import { describe, expect, it } from 'vitest';
import { STYLE, STYLE_HEADERS } from '../../packages/issuer/src/pages/style.ts';

type Colours = Record<string, string>;

const [light = {}, changed = {}] = [...STYLE.matchAll(/:root \{([^}]*)\}/g)].map(
  ([, body = '']): Colours =>
    Object.fromEntries(
      [...body.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/g)].map(([, name = '', hex = '']) => [name, hex]),
    ),
);
const schemes = { light, dark: { ...light, ...changed } };

/** WCAG 2.2, relative luminance and contrast ratio. */
function contrast(one: string | undefined, other: string | undefined): number {
  const luminance = (hex = '') => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
      return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [darker = 0, lighter = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}

describe.each(Object.entries(schemes))('colours of the %s scheme', (_name, colours) => {
  it.each([
    ['ink', 'card'],
    ['ink', 'panel'],
    ['muted', 'card'],
    ['muted', 'panel'],
    ['accent', 'card'],
    ['accent', 'panel'],
    ['on-accent', 'accent'],
    ['on-accent', 'accent-deep'],
    ['alarm', 'alarm-ground'],
    ['warning', 'warning-ground'],
  ])('%s on %s can be read: WCAG 2.2 1.4.3', (text, ground) => {
    expect(contrast(colours[text], colours[ground])).toBeGreaterThanOrEqual(4.5);
  });

  it.each([
    ['field', 'card'],
    ['accent', 'card'],
    ['accent', 'ground'],
    ['alarm', 'card'],
  ])('%s on %s can be seen: WCAG 2.2 1.4.11', (mark, ground) => {
    expect(contrast(colours[mark], colours[ground])).toBeGreaterThanOrEqual(3);
  });
});

it('every colour is of the scheme, both schemes have all of them, and nothing is fetched', () => {
  const rules = STYLE.replace(/:root \{[^}]*\}/g, '');
  expect(rules).not.toMatch(/#[0-9a-f]{3}|rgb|hsl|url\(|@import|expression/i);
  expect(Object.keys(changed).sort()).toEqual(Object.keys(light).sort());
  expect([...STYLE.matchAll(/var\(--([a-z-]+)\)/g)].filter(([, name = '']) => light[name] === undefined)).toEqual([]);
});

it('focus is always to be seen', () => {
  expect(STYLE).toMatch(/:focus-visible \{ outline: 3px solid/);
  expect(STYLE).not.toMatch(/outline: ?(?:0|none)/);
});

it('is served as a stylesheet and nothing else', () => {
  expect(STYLE_HEADERS).toMatchObject({
    'Content-Type': 'text/css; charset=utf-8',
    'X-Content-Type-Options': 'nosniff',
  });
});
