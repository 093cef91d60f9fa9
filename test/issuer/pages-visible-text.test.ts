import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quotedText, visibleText } from '../../packages/issuer/src/pages/visible-text.ts';

const runs = { numRuns: 1000 };
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom(
      'a',
      'Я',
      '\u202E',
      '\u2066',
      '\u200B',
      '\uFEFF',
      '\u0301',
      '\u00AD',
      '\uD800',
      '\u{E0041}',
      '“',
      '⟨',
      ' ',
    ),
  }),
);

describe('text of a stranger', () => {
  it.each([
    ['right-to-left override', 'pay\u202Eexe.', 'pay⟨U+202E⟩exe.'],
    ['isolates', '\u2066a\u2069', '⟨U+2066⟩a⟨U+2069⟩'],
    ['zero-width space', 'BTC\u200B-USD', 'BTC⟨U+200B⟩-USD'],
    ['byte order mark', '\uFEFFa', '⟨U+FEFF⟩a'],
    ['soft hyphen', 'a\u00ADb', 'a⟨U+00AD⟩b'],
    ['line feed and escape', 'a\nb\u001B[2J', 'a⟨U+000A⟩b⟨U+001B⟩[2J'],
    ['line separator', 'a\u2028b', 'a⟨U+2028⟩b'],
    ['no-break and em space', 'a\u00A0b\u2003c', 'a⟨U+00A0⟩b⟨U+2003⟩c'],
    ['letters that are blank', '\u3164\u2800', '⟨U+3164⟩⟨U+2800⟩'],
    ['tags', '\u{E0041}', '⟨U+E0041⟩'],
    ['variation selector', 'a\uFE0F', 'a⟨U+FE0F⟩'],
    ['half a surrogate pair', 'a\uD800b', 'a⟨U+D800⟩b'],
    ['private use', '\uE000', '⟨U+E000⟩'],
    ['marks that pile up', `a${'\u0301'.repeat(6)}`, `a${'\u0301'.repeat(4)}⟨U+0301⟩⟨U+0301⟩`],
    ['Cyrillic in a Latin word', 'B\u0422C-USD', 'B\u0422⟨U+0422⟩C-USD'],
    ['Greek in a Latin word', '\u0391APL', '\u0391⟨U+0391⟩APL'],
    ['names as people have them', 'Zoë Ångström · Владимир · 李小龍 · O’Neil & Søn', undefined],
    ['what markup is made of', '<b>&amp;"', undefined],
  ])('RAR-12-02 %s', (_what, given, shown) => {
    expect(visibleText(given)).toBe(shown ?? given);
  });

  it('RAR-12-02 nothing invisible is left, whatever comes', () => {
    const invisible = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}|\p{M}{5}/u;
    fc.assert(
      fc.property(text, (given) => {
        expect(visibleText(given)).not.toMatch(invisible);
        expect(visibleText(given).isWellFormed()).toBe(true);
      }),
      runs,
    );
  });

  it('RAR-12-02 what is shown of one is what is shown of no other, unless it is written so', () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        fc.pre(one !== other && !/⟨/.test(one + other));
        expect(visibleText(one)).not.toBe(visibleText(other));
      }),
      runs,
    );
  });

  it('RAR-12-02 what is too long is cut at a whole character, and how much is cut is said', () => {
    expect(visibleText('x'.repeat(300))).toBe('x'.repeat(300));
    expect(visibleText('x'.repeat(10_000))).toBe(`${'x'.repeat(300)}… (9700 more characters)`);
    expect(visibleText('😀😀😀', 2)).toBe('😀😀… (1 more characters)');
    expect(quotedText('abc', 2)).toBe('“ab”… (1 more characters)');
  });

  it('RAR-12-02 quotation marks cannot be closed from inside', () => {
    expect(quotedText('a” and more')).toBe('“a⟨U+201D⟩ and more”');
    fc.assert(
      fc.property(text, (given) => {
        expect(quotedText(given)).toMatch(/^“[^“”]*”$/);
      }),
      runs,
    );
  });

  it('RAR-12-02 takes time in proportion to what is shown', () => {
    const hostile = [`${'\u0301'.repeat(200_000)}`, 'aЯ'.repeat(100_000), '\u202E'.repeat(200_000)];
    const begun = performance.now();
    for (const each of hostile) visibleText(each);
    expect(performance.now() - begun).toBeLessThan(500);
  });
});
