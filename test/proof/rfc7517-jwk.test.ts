import { type Algorithm, importPublicJwk, type PublicJwk, readProof, readPublicJwk } from '@holdfast/proof';
import { describe, expect, it } from 'vitest';
import { type ForgedKey, forge, keys, type Members, otherKeys } from './forge.ts';
import { ALL, outcome, refusal, verdict } from './judge.ts';

/** The verdict on a proof by a good key that is spelt or described otherwise, with the member that is to blame. */
const blamed = (key: ForgedKey, changes: Members): [string | undefined, string | undefined] => {
  const refused = refusal(() => readProof(forge({ key, header: { jwk: { ...key.jwk, ...changes } } }), ALL));
  return [refused?.code, refused?.detail];
};
const respelt = (text: unknown, respell: (octets: Buffer) => Uint8Array): string =>
  Buffer.from(respell(Buffer.from(String(text), 'base64url'))).toString('base64url');

describe('a key is an object', () => {
  it.each([null, [], [keys.ES256.jwk], 'key', 1, true, ''])('DPOP-4.3-03 refuses jwk of %j', (jwk) => {
    expect(verdict(forge({ header: { jwk } }))).toBe('proof_jwk');
  });

  it('DPOP-4.3-03 refuses a key without members, and a set of keys', () => {
    expect(verdict(forge({ header: { jwk: {} } }))).toBe('proof_jwk');
    expect(verdict(forge({ header: { jwk: { keys: [keys.ES256.jwk] } } }))).toBe('proof_jwk');
  });
});

describe('kty and crv fit the algorithm', () => {
  const algorithms = Object.keys(keys) as Algorithm[];
  const crossed = algorithms.flatMap((alg) => algorithms.map((other) => [alg, other] as const));
  it.each(crossed)('JKT-8037-4-01 JOSE-8725-3.1-01 alg %s with the key of %s', (alg, other) => {
    const family = (name: Algorithm): string => ({ EdDSA: 'Ed25519', PS384: 'PS256' })[name as string] ?? name;
    const code = outcome(() => readPublicJwk(keys[other].jwk, alg));
    expect(code).toBe(family(alg) === family(other) ? 'accepted' : 'proof_jwk');
  });

  it.each<[string, ForgedKey]>([
    ['JKT-8037-3.1-01 Ed448 under EdDSA', otherKeys.ed448],
    ['JOSE-7518-3.4-01 P-384 under ES256', otherKeys.es256WithP384],
    ['JOSE-7518-3.4-01 P-521 under ES384', { ...otherKeys.es512, alg: 'ES384' }],
    ['JOSE-7518-3.4-01 secp256k1 under ES256', { ...otherKeys.es256k, alg: 'ES256' }],
  ])('%s is refused', (_, key) => {
    expect(blamed(key, {})).toEqual(['proof_jwk', 'crv']);
  });

  it.each(['X25519', 'ed25519', 'Ed448', undefined, null, ''])(
    'JKT-8037-3.1-01 refuses crv %j of an OKP key',
    (crv) => {
      expect(blamed(keys.Ed25519, { crv })).toEqual(['proof_jwk', 'crv']);
    },
  );

  it.each(['p-256', 'P256', 'secp256r1', 'P-384', undefined])('JOSE-7518-3.4-01 refuses crv %j of an EC key', (crv) => {
    expect(blamed(keys.ES256, { crv })).toEqual(['proof_jwk', 'crv']);
  });

  it.each(['ec', 'oct', 'OKP', 'RSA', undefined, null])('JKT-8037-4-01 refuses kty %j of an EC key', (kty) => {
    expect(blamed(keys.ES256, { kty })).toEqual(['proof_jwk', 'kty']);
  });
});

describe('what a key says about its use', () => {
  it.each<[Members, string | undefined]>([
    [{ use: 'sig' }, undefined],
    [{ use: 'enc' }, 'use'],
    [{ use: 'SIG' }, 'use'],
    [{ use: null }, 'use'],
    [{ key_ops: ['verify'] }, undefined],
    [{ key_ops: ['verify', 'wrapKey'] }, undefined],
    [{ key_ops: [] }, 'key_ops'],
    [{ key_ops: ['verify', 'verify'] }, 'key_ops'],
    [{ key_ops: ['verify', 1] }, 'key_ops'],
    [{ key_ops: ['sign'] }, 'key_ops'],
    [{ key_ops: ['encrypt'] }, 'key_ops'],
    [{ key_ops: 'verify' }, 'key_ops'],
    [{ key_ops: null }, 'key_ops'],
    [{ use: 'sig', key_ops: ['deriveKey'] }, 'key_ops'],
  ])('JOSE-7517-4.2-01 %j', (members, detail) => {
    expect(blamed(keys.ES256, members)).toEqual(detail === undefined ? [undefined, undefined] : ['proof_jwk', detail]);
  });

  it.each<[Algorithm, unknown, boolean]>([
    ['ES256', 'ES256', true],
    ['ES256', 'ES384', false],
    ['ES256', 'es256', false],
    ['ES256', null, false],
    ['PS256', 'RS256', false],
    ['PS256', 'PS384', false],
    ['EdDSA', 'Ed25519', true],
    ['Ed25519', 'EdDSA', true],
    ['Ed25519', 'Ed448', false],
  ])('JOSE-8725-3.1-01 a proof by %s with a key for %j is accepted: %j', (alg, stated, accepted) => {
    expect(blamed(keys[alg], { alg: stated })).toEqual(accepted ? [undefined, undefined] : ['proof_jwk', 'alg']);
  });
});

describe('coordinates', () => {
  const coordinates = [
    ['ES256', 'x'],
    ['ES256', 'y'],
    ['ES384', 'x'],
    ['ES384', 'y'],
    ['Ed25519', 'x'],
    ['EdDSA', 'x'],
  ] as const;
  const zeros = Buffer.alloc(1);

  describe.each(coordinates)('%s %s', (alg, member) => {
    const good = String(keys[alg].jwk[member]);
    it.each<[string, unknown]>([
      ['missing', undefined],
      ['null', null],
      ['a number', 1],
      ['empty', ''],
      ['an array', [good]],
      ['one octet short', respelt(good, (octets) => octets.subarray(1))],
      ['one octet long', respelt(good, (octets) => Buffer.concat([zeros, octets]))],
      ['twice as long', respelt(good, (octets) => Buffer.concat([octets, octets]))],
      ['padded', `${good}=`],
      ['in the standard alphabet', `${good.slice(0, 20)}+${good.slice(21)}`],
      ['with a space', `${good.slice(0, 20)} ${good.slice(20)}`],
      ['with a newline behind', `${good}\n`],
      ['in hexadecimal', Buffer.from(good, 'base64url').toString('hex')],
    ])('JOSE-7518-6.2.1-01 JKT-7-01 refuses one that is %s', (_, value) => {
      expect(blamed(keys[alg], { [member]: value })).toEqual(['proof_jwk', member]);
    });
  });

  it('JKT-7-01 refuses bits that carry nothing in the last character', () => {
    const { y } = keys.ES256.jwk as { y: string };
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const loose = y.slice(0, -1) + alphabet[alphabet.indexOf(y.at(-1) ?? '') + 1];
    expect(Buffer.from(loose, 'base64url')).toEqual(Buffer.from(y, 'base64url'));
    expect(blamed(keys.ES256, { y: loose })).toEqual(['proof_jwk', 'y']);
  });

  const b64u = (value: bigint): string =>
    Buffer.from(value.toString(16).padStart(64, '0'), 'hex').toString('base64url');
  const p = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
  const x = 5n; // a point of P-256 whose x has a second spelling in 32 octets
  const y = 31468013646237722594854082025316614106172411895747863909393730389177298123724n;
  const imported = (jwk: { x: string; y: string }): string =>
    outcome(() => importPublicJwk(readPublicJwk({ kty: 'EC', crv: 'P-256', ...jwk }, 'ES256') as PublicJwk));

  it('JOSE-8725-3.4-01 takes a point on the curve', () => {
    expect(imported({ x: b64u(x), y: b64u(y) })).toBe('accepted');
    expect(imported({ x: b64u(x), y: b64u(p - y) })).toBe('accepted');
  });

  it.each([
    ['beside the curve', b64u(x), b64u(y + 1n)],
    ['with its coordinates exchanged', b64u(y), b64u(x)],
    ['at the origin', b64u(0n), b64u(0n)],
    ['with x beyond the field', b64u(x + p), b64u(y)],
    ['with x at the field', b64u(p), b64u(y)],
    ['with the highest coordinates', b64u(2n ** 256n - 1n), b64u(2n ** 256n - 1n)],
  ])('JOSE-8725-3.4-01 refuses a point %s', (_, badX, badY) => {
    expect(imported({ x: badX, y: badY })).toBe('proof_jwk');
    expect(verdict(forge({ header: { jwk: { ...keys.ES256.jwk, x: badX, y: badY } } }))).toBe('proof_jwk');
  });
});

describe('other members', () => {
  it('JKT-3.2-01 are dropped', () => {
    const jwk = { ...keys.ES256.jwk, kid: 'k', x5c: ['AA'], x5u: 'https://evil.example/', ext: true, n: 'AA' };
    expect(readPublicJwk(jwk, 'ES256')).toEqual(keys.ES256.jwk);
    expect(verdict(forge({ header: { jwk } }))).toBe('accepted');
  });

  it('are refused with the code of the caller', () => {
    expect(refusal(() => readPublicJwk({}, 'ES256', 'key_unusable'))?.code).toBe('key_unusable');
    expect(refusal(() => importPublicJwk({ kty: 'EC', crv: 'P-256', x: 'A', y: 'A' }, 'key_unusable'))?.code).toBe(
      'key_unusable',
    );
  });
});
