import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { html, type Insert } from '../../packages/issuer/src/pages/html.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...'<>&"\'`= \0\r\n/;#x3clt') }),
  fc.constantFrom(
    '</p><script>alert(1)</script>',
    '" autofocus onfocus="alert(1)',
    "'><img src=x>",
    '&lt;b&gt;',
    '<!--',
    ']]>',
  ),
);

/** What a browser reads from markup in which nothing is special but entities. */
function decoded(markup: string): string {
  const names: Record<string, string> = {
    '&lt;': '<',
    '&gt;': '>',
    '&quot;': '"',
    '&#39;': "'",
    '&#13;': '\r',
    '&amp;': '&',
  };
  return markup.replace(/&(?:lt|gt|quot|#39|#13|amp);/g, (entity) => names[entity] ?? '');
}

describe('html', () => {
  it('RAR-12-02 text never becomes markup, in an attribute or between tags, and is read back as it was', () => {
    fc.assert(
      fc.property(text, text, (attribute, content) => {
        const made = html`<p title="${attribute}">${content}</p>`.toString();
        const [, one = '', other = ''] = /^<p title="([^"<>]*)">([^<>"']*)<\/p>$/.exec(made) ?? [];
        expect([one, other].map(decoded)).toEqual([attribute, content].map((each) => each.replaceAll('\0', '\uFFFD')));
        expect(one + other).not.toMatch(/&(?!(?:lt|gt|quot|#39|#13|amp);)/);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes markup of its own as it is, also in lists, numbers as text, and undefined as nothing', () => {
    const items = ['<a>', '&'].map((each) => html`<li>${each}</li>`);
    expect(html`<ul>${items}</ul>${12}${undefined}${html`<br>`}`.toString()).toBe(
      '<ul><li>&lt;a&gt;</li><li>&amp;</li></ul>12<br>',
    );
  });

  it('RAR-12-02 takes nothing for markup that only looks like it', () => {
    const forged = [{ toString: () => '<b>' }, Object.create(Object.getPrototypeOf(html``)), new String('<b>')];
    for (const each of forged) {
      let made = '';
      try {
        made = html`${each as unknown as Insert}`.toString();
      } catch {
        // refused, which is as good
      }
      expect(made).not.toContain('<');
    }
  });
});
