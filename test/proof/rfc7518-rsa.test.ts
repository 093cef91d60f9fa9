import { readPublicJwk } from '@holdfast/proof';
import { describe, expect, it } from 'vitest';
import { forge, keys } from './forge.ts';
import { refusal, verdict } from './judge.ts';

/** A number of exactly so many bits, odd unless told, that stands in for a modulus: reading does no arithmetic. */
const modulus = (bits: number, last = 1): string => {
  const octets = Buffer.alloc(Math.ceil(bits / 8), 0xa5);
  octets[0] = ((octets[0] ?? 0) | 0x80) >> (octets.length * 8 - bits);
  octets[octets.length - 1] = 0xa4 | last;
  return octets.toString('base64url');
};

const blamed = (members: object): string | undefined => {
  return refusal(() => readPublicJwk({ kty: 'RSA', e: 'AQAB', n: modulus(2048), ...members }, 'PS256'))?.detail;
};

describe('the modulus', () => {
  it.each([512, 1024, 2040, 2041, 2047])('JOSE-7518-3.3-01 of %d bits is refused', (bits) => {
    expect(blamed({ n: modulus(bits) })).toBe('n');
  });

  it.each([2048, 2049, 2050, 2052, 2055, 2056, 3072, 3073, 4095, 4096])(
    'JOSE-7518-3.3-01 of %d bits is read',
    (bits) => {
      expect(blamed({ n: modulus(bits) })).toBeUndefined();
    },
  );

  it.each([4097, 4104, 8192, 16_384])('of %d bits is refused, since it would cost us, not its owner', (bits) => {
    expect(blamed({ n: modulus(bits) })).toBe('n');
  });

  it('JOSE-7518-6.3.1-01 JKT-7-01 with a zero octet before it is refused', () => {
    for (const bits of [2040, 2048, 3072, 4088]) {
      const octets = Buffer.concat([Buffer.alloc(1), Buffer.from(modulus(bits), 'base64url')]);
      expect(blamed({ n: octets.toString('base64url') })).toBe('n');
    }
  });

  it.each([
    ['even', modulus(2048, 0)],
    ['missing', undefined],
    ['null', null],
    ['empty', ''],
    ['a number', 2 ** 52],
    ['padded', `${modulus(2048)}==`],
    ['in the standard alphabet', `+${modulus(2048).slice(1)}`],
    ['with a newline within', `${modulus(2048).slice(0, 64)}\n${modulus(2048).slice(64)}`],
    ['zero', Buffer.alloc(256).toString('base64url')],
    ['a list', [modulus(2048)]],
    ['a character short', modulus(2048).slice(0, -1)],
    ['loose in its last bits', `${modulus(2048).slice(0, -1)}B`],
  ])('JOSE-7518-6.3.1-01 that is %s is refused', (_, n) => {
    expect(blamed({ n })).toBe('n');
  });
});

describe('the exponent', () => {
  it.each([
    ['65537 with a zero octet before it', 'AAEAAQ'],
    ['65537, padded', 'AQAB=='],
    ['1', 'AQ'],
    ['2', 'Ag'],
    ['3', 'Aw'],
    ['17', 'EQ'],
    ['65536', 'AQAA'],
    ['65539', 'AQAD'],
    ['a huge one', modulus(2048)],
    ['zero', 'AA'],
    ['nothing', ''],
    ['none', undefined],
    ['null', null],
    ['a number', 65537],
  ])('JKT-7-01 JOSE-7518-6.3.1-01 is not %s', (_, e) => {
    expect(blamed({ e })).toBe('e');
  });

  it('JKT-7-01 in another spelling refuses a proof that is sound otherwise', () => {
    const jwk = { ...keys.PS256.jwk, e: 'AAEAAQ' };
    expect(verdict(forge({ key: keys.PS256, header: { jwk } }))).toBe('proof_jwk');
  });

  it('JKT-3.3-01 is read as JSON, whose escapes are no other spelling', () => {
    expect(blamed(JSON.parse('{"e":"AQ\\u0041B"}'))).toBeUndefined();
  });
});
