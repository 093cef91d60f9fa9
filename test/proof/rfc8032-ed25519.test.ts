import { generateKeyPairSync } from 'node:crypto';
import { readPublicJwk } from '@holdfast/proof';
import { describe, expect, it } from 'vitest';
import { forge, keys } from './forge.ts';
import { outcome, verdict } from './judge.ts';

const P = 2n ** 255n - 19n;
const power = (base: bigint, exponent: bigint): bigint => {
  let result = 1n;
  for (let b = base % P, e = exponent; e > 0n; e >>= 1n, b = (b * b) % P) if (e & 1n) result = (result * b) % P;
  return result;
};
const inverse = (a: bigint): bigint => power(((a % P) + P) % P, P - 2n);
const D = (((-121665n * inverse(121666n)) % P) + P) % P;

/** y of the double of a point with this y: RFC 8032 §5.1.4, from y alone, since x² = (y² - 1) / (dy² + 1). */
const doubled = (y: bigint): bigint => {
  const y2 = (y * y) % P;
  const x2 = ((y2 - 1n + P) * inverse(D * y2 + 1n)) % P;
  return ((y2 + x2) * inverse(1n - D * x2 * y2)) % P;
};

const encoded = (y: bigint, sign: 0 | 1): Buffer => {
  const octets = Buffer.from(y.toString(16).padStart(64, '0'), 'hex').reverse();
  octets[31] = (octets[31] ?? 0) | (sign << 7);
  return octets;
};
const jwk = (octets: Uint8Array) => ({ kty: 'OKP', crv: 'Ed25519', x: Buffer.from(octets).toString('base64url') });
const read = (octets: Uint8Array): string => outcome(() => readPublicJwk(jwk(octets), 'Ed25519'));

const HEX = {
  orderEight: '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  orderEightToo: 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
};
const y = (hex: string): bigint => BigInt(`0x${Buffer.from(hex, 'hex').reverse().toString('hex')}`);

const SMALL: [string, bigint][] = [
  ['1', 1n],
  ['2', P - 1n],
  ['4', 0n],
  ['8', y(HEX.orderEight)],
  ['8', y(HEX.orderEightToo)],
];

describe('points of small order', () => {
  it.each(SMALL)('of order %s, y = %d: eight times such a point is the neutral one', (_, value) => {
    expect(doubled(doubled(doubled(value)))).toBe(1n);
  });

  it.each(SMALL)('JOSE-8725-3.4-01 of order %s, y = %d, are refused with either sign', (_, value) => {
    expect([read(encoded(value, 0)), read(encoded(value, 1))]).toEqual(['proof_jwk', 'proof_jwk']);
  });

  it('JOSE-8725-3.4-01 are refused with the one signature that OpenSSL 3.0 verifies for every message', () => {
    const neutral = encoded(1n, 0);
    const signature = Buffer.concat([neutral, Buffer.alloc(32)]); // R is the neutral point, S is zero
    const key = { alg: 'Ed25519', jwk: jwk(neutral), privateJwk: {}, sign: () => signature };
    expect(verdict(forge({ key }))).toBe('proof_jwk');
  });
});

describe('y beyond the field', () => {
  const beyond = Array.from({ length: 19 }, (_, i) => P + BigInt(i));
  it('JKT-7-01 is refused in all 38 encodings, since it would give one point two thumbprints', () => {
    const verdicts = beyond.flatMap((value) => [read(encoded(value, 0)), read(encoded(value, 1))]);
    expect(verdicts).toEqual(Array.from({ length: 38 }, () => 'proof_jwk'));
  });

  it.each([2n, 3n, P - 2n, P - 3n, P - 256n, 2n ** 254n])('is not y = %d, which is read', (value) => {
    expect([read(encoded(value, 0)), read(encoded(value, 1))]).toEqual(['accepted', 'accepted']);
  });

  it('is told apart by every octet but the first, which has more of them', () => {
    for (let i = 0; i < 32; i += 1) {
      const octets = encoded(P, 0);
      octets[i] = (octets[i] ?? 0) ^ 0x10;
      expect([i, read(octets)]).toEqual([i, i === 0 ? 'proof_jwk' : 'accepted']);
    }
  });
});

describe('keys that are keys', () => {
  it('JKT-8037-2-01 are read, all of them', () => {
    for (let i = 0; i < 200; i += 1) {
      const exported = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' });
      expect(readPublicJwk(exported, 'EdDSA')).toEqual(exported);
    }
  });

  it('JOSE-8725-3.4-01 beside the curve verify nothing', () => {
    // Half of all y have no x; Node imports them all the same
    const outside = [2n, 7n, 8n, 11n].map((value) => encoded(value, 0)).filter((octets) => !hasPoint(octets));
    expect(outside.length).toBeGreaterThan(0);
    for (const octets of outside) {
      expect(verdict(forge({ key: { ...keys.Ed25519, jwk: jwk(octets) } }))).toBe('proof_signature');
    }
  });
});

function hasPoint(octets: Uint8Array): boolean {
  const value = y(Buffer.from(octets).toString('hex'));
  const y2 = (value * value) % P;
  const x2 = ((y2 - 1n + P) * inverse(D * y2 + 1n)) % P;
  return power(x2, (P - 1n) / 2n) === 1n;
}
