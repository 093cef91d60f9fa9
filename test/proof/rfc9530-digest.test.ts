import { contentDigest, matchContent, matchContentDigest } from '@holdfast/proof';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import rfc9530 from '../vectors/rfc9530.json' with { type: 'json' };
import { outcome } from './judge.ts';

const octetsOf = ({ utf8, hex }: { readonly utf8?: string; readonly hex?: string }) =>
  hex === undefined ? Buffer.from(utf8 ?? '') : Buffer.from(hex, 'hex');

const vectors = rfc9530.cases.map(({ content, ...vector }) => ({ ...vector, octets: octetsOf(content) }));
const sound = vectors.filter(({ malformed }) => !malformed);

describe('RFC 9530', () => {
  it.each(sound)('DIG-2-01 $section $field is the digest of its content', ({ field, octets }) => {
    expect(outcome(() => matchContentDigest(field, octets))).toBe('accepted');
    expect(outcome(() => matchContentDigest(field, Buffer.concat([octets, Buffer.of(0)])))).toBe('digest_mismatch');
  });

  it.each(sound.filter(({ field }) => field.startsWith('sha-256')))(
    'DIG-5-01 $section $field is what we make',
    (vector) => {
      expect(contentDigest(vector.octets)).toBe(vector.field);
    },
  );

  it.each(vectors.filter(({ malformed }) => malformed))(
    'DIG-2-01 $section $field is malformed',
    ({ field, octets }) => {
      expect(outcome(() => matchContentDigest(field, octets))).toBe('digest_malformed');
    },
  );
});

describe('a digest', () => {
  it('DIG-2-01 of a text is that of its UTF-8', () => {
    expect(contentDigest('caf\u00e9')).toBe(contentDigest(Buffer.from('caf\u00e9')));
  });

  it('DIG-2-01 fits its content and none with an octet changed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), fc.nat(), fc.integer({ min: 1, max: 255 }), (content, at, by) => {
        const field = contentDigest(content);
        matchContentDigest(field, content);
        const altered = Uint8Array.from(content);
        altered[at % content.length] = (altered[at % content.length] ?? 0) ^ by;
        expect(outcome(() => matchContentDigest(field, altered))).toBe('digest_mismatch');
      }),
    );
  });

  it('FAPISIG-5.3.1.2-08 is needed for a body, and for nothing else', () => {
    expect(outcome(() => matchContent({ contentDigest: undefined }, new Uint8Array()))).toBe('accepted');
    expect(outcome(() => matchContent({ contentDigest: undefined }, Buffer.from('x')))).toBe('digest_missing');
    expect(outcome(() => matchContent({ contentDigest: contentDigest('x') }, new Uint8Array()))).toBe(
      'digest_mismatch',
    );
  });

  it('DIG-2-02 whatever the field says, the answer is a refusal that blames it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^sha-(256|512)=[:"A-Za-z0-9+/=;, -]*$/)), (field) => {
        expect(outcome(() => matchContentDigest(field, Buffer.from('x')))).toMatch(/^digest_/);
      }),
    );
  });
});
