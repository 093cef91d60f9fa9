import { describe, expect, it } from 'vitest';
import { makeKey } from './forge.ts';
import { JWTS, outcomeOf, type Rewriting } from './rewritten.ts';
import { Scene } from './scene.ts';

const leading = (members: string) => (text: string) => text.replace('{', `{${members},`);
const trailing = (members: string) => (text: string) => text.replace(/\}$/, `,${members}}`);
const octets = (...parts: (string | number[])[]) => Buffer.concat(parts.map((part) => Buffer.from(part as string)));

describe.each(JWTS)('RFC 7515, the %s', (jwt) => {
  const judge = (rewriting: Rewriting, scene = new Scene()) => outcomeOf(scene, jwt, rewriting);
  const malformed = `${jwt}_malformed`;

  it('is taken as it is written by these tests', async () => {
    expect(await judge({})).toBe('accepted');
  });

  it.each([
    ['alg', '"none"', `${jwt}_alg`],
    ['alg', '"HS256"', `${jwt}_alg`],
    ['typ', '"JWT"', `${jwt}_typ`],
  ])('JOSE-7515-4-01: of two %s in the header the last one counts', async (name, value, refused) => {
    expect(await judge({ header: leading(`"${name}":${value}`) })).toBe('accepted');
    expect(await judge({ header: trailing(`"${name}":${value}`) })).toBe(refused);
  });

  it.each([
    ['an empty list', '"crit":[]'],
    ['an unknown extension', '"crit":["urn:example:x"],"urn:example:x":1'],
    ['a name that is not there', '"crit":["exp"]'],
    ['a standard name', '"crit":["alg"]'],
    ['b64', '"crit":["b64"],"b64":true'],
    ['no list', '"crit":"exp"'],
    ['null', '"crit":null'],
  ])('JOSE-7515-4.1.11-01: refuses a crit of %s', async (_what, members) => {
    expect(await judge({ header: trailing(members) })).toBe(malformed);
  });

  it.each(['false', 'true', 'null'])('JOSE-7797-3-01: refuses b64 of %s, in crit or not', async (value) => {
    expect(await judge({ header: trailing(`"b64":${value}`) })).toBe(malformed);
    expect(await judge({ header: trailing(`"b64":${value},"crit":["b64"]`) })).toBe(malformed);
  });

  const spellings: readonly (readonly [string, (segment: string) => string])[] = [
    ['padding', (segment) => `${segment}=`],
    ['a line break', (segment) => `${segment.slice(0, 8)}\n${segment.slice(8)}`],
    ['a space', (segment) => `${segment.slice(0, 8)} ${segment.slice(8)}`],
    ['a tab behind it', (segment) => `${segment}\t`],
    ['the other alphabet', (segment) => `+/${segment.slice(2)}`],
    ['a character of none', (segment) => `${segment.slice(0, 8)}!${segment.slice(8)}`],
  ];

  it.each(spellings)(
    'JOSE-7515-5.2-01: refuses %s in its segments, although its sender signed that',
    async (_, respell) => {
      // White space and stray characters make the whole credential malformed before anybody sees a token in it
      const refused = [malformed, 'credentials_malformed'];
      for (const of of ['header', 'payload'] as const)
        expect(refused).toContain(await judge({ segment: { of, respell } }));
      expect(refused).toContain(await judge({ signature: respell }));
    },
  );

  it('JOSE-7515-5.2-01: refuses a last character whose loose bits are not zero', async () => {
    for (const of of ['header', 'payload'] as const) {
      const loose = (respell: (segment: string) => string) =>
        judge({ [of]: twoCharactersOver, segment: { of, respell } });
      expect(await loose((segment) => segment)).toBe('accepted');
      expect(await loose(nextCharacter)).toBe(malformed);
    }
    expect(await judge({ signature: nextCharacter })).toBe(malformed); // 64 octets leave two characters over
  });

  const texts: readonly (readonly [string, (text: string) => string | Uint8Array])[] = [
    ['an array', (text) => `[${text}]`],
    ['a string', (text) => JSON.stringify(text)],
    ['null', () => 'null'],
    ['no JSON', (text) => text.slice(0, -1)],
    ['two objects', (text) => text + text],
    ['a byte order mark before it', (text) => octets([0xef, 0xbb, 0xbf], text)],
  ];

  it.each(texts)('JOSE-7515-5.2-02: refuses %s as header or payload', async (_what, rewrite) => {
    expect(await judge({ header: rewrite })).toBe(malformed);
    expect(await judge({ payload: rewrite })).toBe(malformed);
  });

  const encodings: readonly (readonly [string, (text: string) => Uint8Array])[] = [
    ['UTF-16', (text) => Buffer.from(text, 'utf16le')],
    ['Latin-1', (text) => Buffer.from(leading('"desk":"\u00e9"')(text), 'latin1')],
    ['an overlong slash', (text) => octets('{"desk":"', [0xc0, 0xaf], '",', text.slice(1))],
    ['half a surrogate pair', (text) => octets('{"desk":"', [0xed, 0xa0, 0x80], '",', text.slice(1))],
    ['a sequence that is cut', (text) => octets('{"desk":"', [0xe2, 0x82], '",', text.slice(1))],
  ];

  it.each(encodings)('JOSE-8725-3.7-01: refuses %s, which is not UTF-8', async (_what, encode) => {
    expect(await judge({ header: encode })).toBe(malformed);
    expect(await judge({ payload: encode })).toBe(malformed);
  });

  it('JOSE-8725-3.7-01: takes UTF-8 beyond ASCII', async () => {
    expect(await judge({ header: leading('"desk":"鍵"'), payload: leading('"desk":"ключ 🔑"') })).toBe('accepted');
  });
});

it('JOSE-7515-4-01: of two keys in a proof the last one is the key of thumbprint and signature alike', async () => {
  const scene = new Scene();
  const thief = JSON.stringify(makeKey().publicJwk);
  expect(await outcomeOf(scene, 'proof', { header: leading(`"jwk":${thief}`) })).toBe('accepted');
  expect(await outcomeOf(scene, 'proof', { header: trailing(`"jwk":${thief}`) })).toBe('key_mismatch');
});

/** White space behind the text until its last octet takes two characters, of which the second has four loose bits. */
function twoCharactersOver(text: string): string {
  return text + ' '.repeat((4 - (Buffer.byteLength(text) % 3)) % 3);
}

function nextCharacter(segment: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return segment.slice(0, -1) + alphabet[alphabet.indexOf(segment.at(-1) ?? '') + 1];
}
