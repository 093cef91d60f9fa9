import { readJws } from '@holdfast/proof';
import { describe, expect, it } from 'vitest';
import { encode, forge, keys, type Members, signed, texts } from './forge.ts';
import { judge, refusal, verdict } from './judge.ts';

const { header, payload } = texts();

describe('header and payload are JSON objects in UTF-8', () => {
  const bom = Buffer.from([0xef, 0xbb, 0xbf]);
  const join = (...parts: (string | number[] | Buffer)[]): Buffer =>
    Buffer.concat(parts.map((part) => (Array.isArray(part) ? Buffer.from(part) : Buffer.from(part as string))));
  // "jti":"a…: an octet sequence that is not UTF-8 where a string was
  const within = (octets: number[]): ((text: string) => Buffer) => {
    return (text) => join(`{"spoilt":"`, octets, `",`, text.slice(1));
  };

  const spoilt: [string, (text: string) => string | Buffer][] = [
    ['nothing', () => ''],
    ['an array', (text) => `[${text}]`],
    ['a string', (text) => JSON.stringify(text)],
    ['a number', () => '1'],
    ['true', () => 'true'],
    ['null', () => 'null'],
    ['two objects', (text) => text + text],
    ['an object and a comma', (text) => `${text},`],
    ['a trailing comma', (text) => text.replace(/\}$/, ',}')],
    ['a comment', (text) => `/**/${text}`],
    ['single quotes', (text) => text.replaceAll('"', "'")],
    ['names without quotes', (text) => text.replace(/"(typ|jti)"/, '$1')],
    ['a raw newline in a string', (text) => text.replace(/:"/, ':"\n')],
    ['a byte order mark', (text) => join(bom, text)],
    ['UTF-16', (text) => Buffer.from(text, 'utf16le')],
    ['a NUL behind', (text) => `${text}\0`],
    ['a stray continuation octet', within([0x80])],
    ['an overlong slash', within([0xc0, 0xaf])],
    ['an encoded surrogate', within([0xed, 0xa0, 0x80])],
    ['a cut sequence', within([0xe2, 0x82])],
    ['a code point beyond Unicode', within([0xf4, 0x90, 0x80, 0x80])],
  ];

  it.each(spoilt)('JOSE-7515-5.2-02 JOSE-8725-3.7-01 refuses %s as the header', (_, spoil) => {
    expect(verdict(signed(spoil(header), payload))).toBe('proof_malformed');
  });

  it.each(spoilt)('JOSE-7515-5.2-02 JOSE-8725-3.7-01 refuses %s as the payload', (_, spoil) => {
    expect(verdict(signed(header, spoil(payload)))).toBe('proof_malformed');
  });

  it('JOSE-7515-5.2-02 takes white space and escapes, which JSON allows', () => {
    expect(verdict(signed(` ${header}\r\n`, payload.replace('"htm"', '\n"\\u0068tm" \t')))).toBe('accepted');
  });

  it('JOSE-7515-5.2-02 takes octets beyond ASCII', () => {
    expect(judge(forge({ payload: { jti: 'ключ-鍵-🔑' } })).jti).toBe('ключ-鍵-🔑');
  });

  it('JOSE-7515-5.2-02 is not upset by depth', () => {
    const deep = '['.repeat(1000) + ']'.repeat(1000);
    expect(verdict(signed(header, payload.replace('{', `{"deep":${deep},`)))).toBe('accepted');
    expect(verdict(signed(header, '['.repeat(3000)))).toBe('proof_malformed');
  });
});

describe('a member that occurs twice', () => {
  it.each<[string, (text: string) => string, string]>([
    ['alg', (text) => text.replace('{', '{"alg":"none",'), 'accepted'],
    ['alg', (text) => text.replace(/\}$/, ',"alg":"none"}'), 'proof_alg'],
    ['typ', (text) => text.replace('{', '{"typ":"JWT",'), 'accepted'],
    ['typ', (text) => text.replace(/\}$/, ',"typ":"JWT"}'), 'proof_typ'],
    ['jwk', (text) => text.replace('{', '{"jwk":{"kty":"oct","k":"AA"},'), 'accepted'],
    ['jwk', (text) => text.replace(/\}$/, ',"jwk":{"kty":"oct","k":"AA"}}'), 'proof_jwk_private'],
  ])('JOSE-7515-4-01 counts with its last value: %s in the header', (_, twice, expected) => {
    expect(verdict(signed(twice(header), payload))).toBe(expected);
  });

  it('JOSE-7515-4-01 is never mixed: the last key is the key of thumbprint and signature alike', () => {
    const two = header.replace('{', `{"jwk":${JSON.stringify(keys.Ed25519.jwk)},`);
    expect(judge(signed(two, payload)).jkt).toBe(judge(forge()).jkt);
  });

  it('JOSE-7517-4-01 counts with its last value: x of a key', () => {
    const { x } = keys.ES256.jwk as { x: string };
    const before = header.replace('"x":', `"x":"${'A'.repeat(43)}","x":`);
    expect(judge(signed(before, payload)).jkt).toBe(judge(forge()).jkt);
    const after = header.replace(`"x":"${x}"`, `"x":"${x}","x":"AA"`);
    expect(verdict(signed(after, payload))).toBe('proof_jwk');
  });

  it.each([
    ['htm', '"GET"', 'proof_htm'],
    ['htu', '"https://evil.example/"', 'proof_htu'],
    ['iat', '1', 'proof_iat'],
    ['jti', 'null', 'proof_claims'],
  ])('JOSE-7519-4-01 counts with its last value: %s', (claim, value, code) => {
    expect(verdict(signed(header, payload.replace('{', `{"${claim}":${value},`)))).toBe('accepted');
    expect(verdict(signed(header, payload.replace(/\}$/, `,"${claim}":${value}}`)))).toBe(code);
  });
});

describe('extensions', () => {
  it.each<[string, Members]>([
    ['an empty crit', { crit: [] }],
    ['a crit of null', { crit: null }],
    ['a crit that is no array', { crit: 'exp' }],
    ['an unknown extension', { crit: ['urn:example:x'], 'urn:example:x': 1 }],
    ['a name that is not in the header', { crit: ['absent'] }],
    ['a standard name', { crit: ['alg'] }],
    ['b64 in crit', { crit: ['b64'], b64: false }],
  ])('JOSE-7515-4.1.11-01 refuses %s', (_, extension) => {
    const refused = refusal(() => judge(forge({ header: extension })));
    expect([refused?.code, refused?.detail]).toEqual(['proof_malformed', 'crit']);
  });

  it.each([false, true, null, 'false'])('JOSE-7797-3-01 refuses b64 of %j', (b64) => {
    const refused = refusal(() => judge(forge({ header: { b64 } })));
    expect([refused?.code, refused?.detail]).toEqual(['proof_malformed', 'b64']);
  });

  it('crit and b64 in the payload mean nothing', () => {
    expect(verdict(forge({ payload: { crit: ['x'], b64: false } }))).toBe('accepted');
  });
});

describe('readJws', () => {
  it('gives the parts and what the signature is over', () => {
    const input = `${encode('{"alg":"x"}')}.${encode('{"a":1}')}`;
    expect(readJws(`${input}.AQID`, 'token_malformed')).toEqual({
      header: { alg: 'x' },
      payload: { a: 1 },
      signingInput: input,
      signature: Buffer.from([1, 2, 3]),
    });
  });

  it.each(['token_malformed', 'assertion_malformed'] as const)('refuses with the code of its caller: %s', (code) => {
    expect(refusal(() => readJws('..', code))?.code).toBe(code);
  });
});
