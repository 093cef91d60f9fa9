import { decodeBase64url } from '@holdfast/proof';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forge } from './forge.ts';
import { verdict } from './judge.ts';

const ALPHABET = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'];
const octets = fc.uint8Array({ maxLength: 100 });

describe('decodeBase64url', () => {
  it('JOSE-7515-5.2-01 gives back the octets of any encoding', () => {
    fc.assert(
      fc.property(octets, (original) => {
        const text = Buffer.from(original).toString('base64url');
        expect(decodeBase64url(text)).toEqual(Buffer.from(original));
      }),
    );
  });

  it('JOSE-7515-5.2-01 takes one spelling of a value and no other', () => {
    const words = fc.string({ unit: fc.constantFrom(...ALPHABET), maxLength: 40 });
    fc.assert(
      fc.property(words, (text) => {
        const isCanonical = Buffer.from(text, 'base64url').toString('base64url') === text;
        expect(decodeBase64url(text) !== undefined).toBe(isCanonical);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['A', 0],
    ['AA', 4],
    ['AAA', 16],
    ['AAAA', 64],
    ['AAAAA', 0],
  ])('JOSE-7515-5.2-01 as the last character of %s, %d are canonical', (text, count) => {
    const last = ALPHABET.filter((character) => decodeBase64url(text.slice(0, -1) + character) !== undefined);
    expect(last).toHaveLength(count);
  });

  it.each([
    ['padding of one', 'AAA='],
    ['padding of two', 'AA=='],
    ['padding only', '='],
    ['the plus of the standard alphabet', 'AA+A'],
    ['the slash of the standard alphabet', 'AA/A'],
    ['a space within', 'AA AA'],
    ['a space behind', 'AAAA '],
    ['a newline behind', 'AAAA\n'],
    ['a carriage return', '\rAAAA'],
    ['a tab', 'AA\tAA'],
    ['a NUL', 'AAAA\0'],
    ['a dot', 'AA.AA'],
    ['a letter beyond ASCII', 'AAA\u00e9'],
    ['a letter that folds to ASCII', 'AAA\u212a'],
    ['a full-width letter', 'AAA\uff21'],
    ['half an emoji', 'AAA\ud83d'],
  ])('JOSE-7515-5.2-01 refuses %s', (_, text) => {
    expect(decodeBase64url(text)).toBeUndefined();
  });

  it('JOSE-7515-5.2-01 takes no text as no octets', () => {
    expect(decodeBase64url('')).toEqual(Buffer.alloc(0));
  });
});

describe('a proof in another spelling of base64url', () => {
  const proof = forge();
  // Octets that leave bits over, so that the last character has more than one spelling in a lax decoder
  const respelt = (text: string): string[] => {
    const last = ALPHABET.indexOf(text.at(-1) ?? '');
    const loose = [0, 0, 4, 2][text.length % 4] ?? 0; // bits that carry nothing
    const spellings = Array.from({ length: 1 << loose }, (_, bits) => ((last >> loose) << loose) | bits);
    return spellings.filter((value) => value !== last).map((value) => text.slice(0, -1) + ALPHABET[value]);
  };

  it('JOSE-7515-5.2-01 is refused: in its signature', () => {
    const at = proof.lastIndexOf('.') + 1;
    const others = respelt(proof.slice(at));
    expect(others).toHaveLength(15);
    for (const other of others) {
      expect(Buffer.from(other, 'base64url')).toEqual(Buffer.from(proof.slice(at), 'base64url'));
      expect(verdict(proof.slice(0, at) + other)).toBe('proof_malformed');
    }
  });

  it('JOSE-7515-5.2-01 is refused: in its header and payload, whoever signed that', () => {
    for (const padding of ['', 'x', 'xx']) {
      const [header = '', payload = '', signature] = forge({ header: { padding }, payload: { padding } }).split('.');
      for (const other of respelt(header)) expect(verdict(`${other}.${payload}.${signature}`)).toBe('proof_malformed');
      for (const other of respelt(payload)) expect(verdict(`${header}.${other}.${signature}`)).toBe('proof_malformed');
    }
  });
});
