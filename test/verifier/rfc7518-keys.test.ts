import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type ForgedKey, forgedKey, keys, otherKeys } from '../proof/forge.ts';
import type { Members } from './forge.ts';
import { ACCEPTED, clientWith, expectVerdicts, NO_ALGORITHM, NO_KEY, NO_SIGNATURE, respelt } from './odd-keys.ts';

const p1363 = { dsaEncoding: 'ieee-p1363' } as const;
const rsa = (modulusLength: number) => generateKeyPairSync('rsa', { modulusLength }).privateKey;
const ps256 = (key: KeyObject) => ({
  ...keys.PS256,
  ...forgedKey('PS256', key, 'sha256', { padding: 6, saltLength: 32 }),
});
const zero = Buffer.alloc(1);
const withZero = (octets: Buffer) => Buffer.concat([zero, octets]);

describe('algorithms', () => {
  it.each(['ES256', 'PS256', 'Ed25519', 'EdDSA'] as const)('FAPI2-5.4.1-02: takes %s', async (alg) => {
    await expectVerdicts(ACCEPTED, keys[alg]);
  });

  it.each([
    ['RS256', otherKeys.rs256],
    ['ES384', keys.ES384],
    ['PS384', keys.PS384],
    ['ES512', otherKeys.es512],
    ['ES256K', otherKeys.es256k],
  ])('FAPI2-5.4.1-02: refuses %s with a sound key and signature', async (_alg, key) => {
    await expectVerdicts(NO_ALGORITHM, key);
  });

  it('FAPI2-5.4.1-02, JKT-8037-3.1-01: refuses EdDSA with Ed448', async () => {
    await expectVerdicts(NO_KEY, otherKeys.ed448);
  });

  it('JKT-8037-3.1-01: refuses X25519, which signs nothing', async () => {
    const { x } = generateKeyPairSync('x25519').publicKey.export({ format: 'jwk' });
    for (const key of [keys.EdDSA, keys.Ed25519]) await expectVerdicts(NO_KEY, key, { kty: 'OKP', crv: 'X25519', x });
  });

  it.each([
    ['ES256 with an Ed25519 key', 'ES256', keys.Ed25519],
    ['ES256 with an RSA key', 'ES256', keys.PS256],
    ['EdDSA with a P-256 key', 'EdDSA', keys.ES256],
    ['PS256 with a P-256 key', 'PS256', keys.ES256],
    ['ES256 with the octets of a P-256 key called Ed25519', 'ES256', renamed(keys.ES256, { crv: 'Ed25519' })],
    ['EdDSA with the octets of an Ed25519 key called Ed448', 'EdDSA', renamed(keys.EdDSA, { crv: 'Ed448' })],
  ])('JKT-8037-4-01: refuses %s', async (_what, alg, key) => {
    await expectVerdicts(NO_KEY, { ...key, alg });
  });
});

describe('RSA', () => {
  it.each([1024, 2040])('JOSE-7518-3.3-01, FAPI2-5.4.1-04: refuses %i bits', async (bits) => {
    await expectVerdicts(NO_KEY, ps256(rsa(bits)));
  });

  it('JOSE-7518-3.3-01, FAPI2-5.4.1-04: takes 2048 bits', async () => {
    await expectVerdicts(ACCEPTED, ps256(rsa(2048)));
  });

  it.each([
    ['no salt', otherKeys.pssWithoutSalt],
    ['a salt of 20 octets', otherKeys.pssWithShortSalt],
    ['the longest salt', otherKeys.pssWithLongSalt],
    ['the padding of RS256', otherKeys.pkcs1AsPs256],
    ['SHA-384 and its salt', { ...keys.PS256, sign: keys.PS384.sign }],
  ])('JOSE-7518-3.5-01: refuses PS256 with %s', async (_what, key) => {
    await expectVerdicts(NO_SIGNATURE, key);
  });

  it.each<[string, Members]>([
    ['e of 65537 with a zero octet before it', { e: 'AAEAAQ' }],
    ['e with padding', { e: 'AQAB==' }],
    ['n with a zero octet before it', { n: respelt(keys.PS256.jwk['n'], withZero) }],
    ['n with padding', { n: `${keys.PS256.jwk['n']}==` }],
  ])('JOSE-7518-6.3.1-01, JKT-7-01: refuses %s, also in a token bound to that spelling', async (_what, spelling) => {
    await expectVerdicts(NO_KEY, keys.PS256, { ...keys.PS256.jwk, ...spelling });
  });
});

describe('elliptic curves', () => {
  it.each([
    ['a DER signature', otherKeys.derSignature],
    ['63 octets', cut(keys.ES256, (octets) => octets.subarray(1))],
    ['65 octets', cut(keys.ES256, withZero)],
  ])('JOSE-7518-3.4-01: refuses %s under ES256', async (_what, key) => {
    await expectVerdicts(NO_SIGNATURE, key);
  });

  it.each([
    ['P-384', otherKeys.es256WithP384],
    ['P-521', { ...otherKeys.es512, alg: 'ES256' }],
    ['secp256k1', { ...otherKeys.es256k, alg: 'ES256' }],
  ])('JOSE-7518-3.4-01: refuses ES256 with a key on %s', async (_curve, key) => {
    await expectVerdicts(NO_KEY, key);
  });

  it.each([
    ['prime192v1', 24],
    ['secp160r1', 20],
    ['secp192k1', 24],
  ])('FAPI2-5.4.1-05: refuses a key on %s', async (curve, coordinate) => {
    const key = shortKey(curve, coordinate);
    await expectVerdicts(NO_KEY, key);
    await expectVerdicts(NO_KEY, key, { ...key.jwk, crv: 'P-256' });
  });

  it('JOSE-7518-6.2.1-01: takes a leading zero octet of a coordinate, and refuses the key without it', async () => {
    const key = keyWithLeadingZero();
    await expectVerdicts(ACCEPTED, key);
    const short = { ...key.jwk, x: respelt(key.jwk['x'], (octets) => octets.subarray(1)) };
    await expectVerdicts(NO_KEY, key, short);
  });

  it.each(['x', 'y'])('JOSE-7518-6.2.1-01, JKT-7-01: refuses 33 octets of %s', async (member) => {
    const { jwk } = keys.ES256;
    await expectVerdicts(NO_KEY, keys.ES256, { ...jwk, [member]: respelt(jwk[member], withZero) });
  });

  it.each<[string, Members]>([
    ['beside the curve', { x: keys.ES256.jwk['x'], y: keys.ES256.jwk['x'] }],
    ['at the origin', { x: 'A'.repeat(43), y: 'A'.repeat(43) }],
    ['beyond the field', { x: `${'_'.repeat(42)}8`, y: `${'_'.repeat(42)}8` }],
  ])('JOSE-8725-3.4-01: refuses a point %s', async (_where, point) => {
    await expectVerdicts(NO_KEY, keys.ES256, { ...keys.ES256.jwk, ...point });
  });

  it('JOSE-8725-3.4-01: refuses the neutral point of Ed25519, under which one signature is good for everything', async () => {
    const neutral = Buffer.alloc(32);
    neutral[0] = 1;
    const signature = Buffer.concat([neutral, Buffer.alloc(32)]);
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: neutral.toString('base64url') };
    for (const alg of ['Ed25519', 'EdDSA']) {
      await expectVerdicts(NO_KEY, { alg, jwk, privateJwk: {}, sign: () => signature });
    }
  });
});

describe('private keys', () => {
  it.each(['ES256', 'PS256', 'Ed25519', 'EdDSA'] as const)(
    'DPOP-4.3-07: refuses a proof that shows that of %s',
    async (alg) => {
      expect(await clientWith(keys[alg], keys[alg].privateJwk)).toBe('proof_jwk_private');
    },
  );

  it.each(['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'])(
    'DPOP-4.3-07: refuses a key with %s, even an empty one',
    async (member) => {
      for (const value of ['AQ', '', null, []]) {
        expect(await clientWith(keys.ES256, { ...keys.ES256.jwk, [member]: value })).toBe('proof_jwk_private');
      }
    },
  );
});

function renamed(key: ForgedKey, members: Members): ForgedKey {
  return { ...key, jwk: { ...key.jwk, ...members } };
}

function cut(key: ForgedKey, change: (signature: Buffer) => Buffer): ForgedKey {
  return { ...key, sign: (input) => change(key.sign(input)) };
}

/** A key on a curve that JWK has no name for. */
function shortKey(namedCurve: string, coordinate: number): ForgedKey {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const point = spki.subarray(-2 * coordinate);
  const [x, y] = [point.subarray(0, coordinate), point.subarray(coordinate)].map((octets) =>
    octets.toString('base64url'),
  );
  const jwk = { kty: 'EC', crv: namedCurve, x, y };
  return {
    alg: 'ES256',
    jwk,
    privateJwk: {},
    sign: (input) => sign('sha256', Buffer.from(input), { key: privateKey, ...p1363 }),
  };
}

function keyWithLeadingZero(): ForgedKey {
  for (;;) {
    const key = forgedKey('ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, 'sha256', p1363);
    if (/^A[A-D]/.test(String(key.jwk['x'])) && Buffer.from(String(key.jwk['x']), 'base64url')[0] === 0) return key;
  }
}
