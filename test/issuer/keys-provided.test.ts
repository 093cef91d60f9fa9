import { generateKeyPairSync, type webcrypto } from 'node:crypto';
import { inspect } from 'node:util';
import { type KeyChange, type ProvidedKey, providedKeys, signJwt } from '@holdfast/issuer';
import { Crypto as PeculiarCrypto } from '@peculiar/webcrypto';
import { compactVerify, createLocalJWKSet } from 'jose';
import { describe, expect, it } from 'vitest';
import { kids, refusal, START, tokenBy, verified } from './keys-scene.ts';

const peculiar = new PeculiarCrypto() as unknown as Crypto;
const RSA = { name: 'RSA-PSS', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' };
const ALGORITHMS = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  PS256: RSA,
  Ed25519: { name: 'Ed25519' },
} as const;
type Alg = keyof typeof ALGORITHMS;

/** A key whose private half cannot be exported. */
async function provided(
  alg: Alg,
  key: Partial<ProvidedKey> = {},
  crypto: Crypto = globalThis.crypto,
): Promise<ProvidedKey> {
  const pair = (await crypto.subtle.generateKey(ALGORITHMS[alg] as never, false, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
  await expect(crypto.subtle.exportKey('pkcs8', pair.privateKey)).rejects.toThrow();
  return { kid: alg, alg, state: 'current', ...pair, crypto, ...key };
}

describe.each([
  ['Node', globalThis.crypto],
  ['@peculiar/webcrypto', peculiar],
] as const)('keys of %s', (_name, crypto) => {
  it.each(['ES256', 'PS256', 'Ed25519'] as const)(
    'FAPI2-5.4.1-02 %s, non-extractable, as jose verifies it',
    async (alg) => {
      const ring = await providedKeys([await provided(alg, {}, crypto)]);
      const token = await signJwt(ring.current(), { typ: 'at+jwt' }, { sub: 'trader' });
      const set = createLocalJWKSet({ keys: ring.jwks().keys.map((key) => ({ kty: '', ...key })) });
      const { protectedHeader } = await compactVerify(token, set);
      expect(protectedHeader).toEqual({ typ: 'at+jwt', alg, kid: alg });
      expect(await verified(await tokenBy(ring.current(), START), ring, START)).toBe('taken');
      expect(ring.jwks().keys).toMatchObject([{ kid: alg, alg, use: 'sig' }]);
      expect(Object.keys(ring.jwks().keys[0] ?? {})).not.toContain('key_ops');
    },
  );
});

it('a provider that makes one signature at a time is asked for one at a time', async () => {
  let isBusy = false;
  const { subtle } = globalThis.crypto;
  const session = {
    subtle: {
      exportKey: subtle.exportKey.bind(subtle),
      async sign(...asked: Parameters<SubtleCrypto['sign']>) {
        if (isBusy) throw new Error('CKR_OPERATION_ACTIVE');
        isBusy = true;
        return await subtle.sign(...asked).finally(() => {
          isBusy = false;
        });
      },
    },
  } as unknown as Crypto;
  const ring = await providedKeys([await provided('ES256', { crypto: session })]);
  const tokens = await Promise.all(Array.from({ length: 20 }, () => tokenBy(ring.current(), START)));
  for (const token of tokens) expect(await verified(token, ring, START)).toBe('taken');
});

describe('states that their owner gives', () => {
  it('FAPI2-6.8-01 C006 all are published, the current ones sign, and a change is told and seen at once', async () => {
    const [old, current, next, other] = [
      await provided('ES256', { kid: 'old', state: 'retiring' }),
      await provided('ES256', { kid: 'now' }),
      await provided('ES256', { kid: 'soon', state: 'next' }),
      await provided('PS256', { kid: 'other' }),
    ];
    const { privateKey: _gone, ...retiring } = old;
    const ring = await providedKeys([retiring, current, next, other]);
    const changes: KeyChange[] = [];
    ring.watch((change) => changes.push(change));
    expect(kids(ring)).toEqual(['old', 'now', 'soon', 'other']);
    expect([ring.current().kid, ring.current('ES256').kid, ring.current('PS256').kid]).toEqual(['now', 'now', 'other']);
    expect(() => ring.current('EdDSA')).toThrow(expect.objectContaining({ code: 'internal' }));
    const token = await tokenBy(ring.current(), START);
    await ring.replace([{ ...current, state: 'retiring' }, { ...next, state: 'current' }, other]);
    expect([kids(ring), ring.current().kid]).toEqual([['now', 'soon', 'other'], 'soon']);
    expect(changes.map(({ kid, state }) => [kid, state])).toEqual([
      ['now', 'retiring'],
      ['soon', 'current'],
      ['old', 'gone'],
    ]);
    expect(await verified(token, ring, START)).toBe('taken');
  });

  it('what is refused leaves the keys as they were', async () => {
    const [key, other] = [await provided('ES256'), await provided('ES256', { kid: 'other' })];
    const ring = await providedKeys([key]);
    const { privateKey: _none, ...withoutPrivate } = key;
    const refused: [ProvidedKey[], string][] = [
      [[], 'there is no current key'],
      [[{ ...key, state: 'next' }], 'there is no current key'],
      [[withoutPrivate], 'privateKey is missing'],
      [[{ ...key, publicKey: other.publicKey }], 'the halves differ'],
      [[key, { ...other, publicKey: key.publicKey, state: 'next' }], 'the halves differ'],
      [[{ ...key, privateKey: key.publicKey as CryptoKey }], 'it does not sign'],
      [[{ ...key, alg: 'PS256' }], 'kty'],
      [[{ ...key, alg: 'ES384' }], 'alg'],
      [[{ ...key, alg: 'none' as never }], 'alg'],
    ];
    for (const [keys, detail] of refused) {
      expect(await refusal(() => providedKeys(keys))).toBe(`key_unusable: ${detail}`);
      expect(await refusal(() => ring.replace(keys))).toBe(`key_unusable: ${detail}`);
    }
    await expect(providedKeys([key, { ...other, kid: key.kid }])).rejects.toThrow('kid');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = privateKey.export({ format: 'jwk' }) as Record<string, unknown>;
    expect(await refusal(() => providedKeys([{ ...key, publicKey: jwk }]))).toMatch('proof_jwk_private');
    expect([kids(ring), ring.current().kid]).toEqual([['ES256'], 'ES256']);
  });

  it('takes the public half as a JWK, and shows nothing of the private one', async () => {
    const key = await provided('ES256');
    const publicKey = { ...(await crypto.subtle.exportKey('jwk', key.publicKey as CryptoKey)) };
    const ring = await providedKeys([{ ...key, publicKey }]);
    expect(await verified(await tokenBy(ring.current(), START), ring, START)).toBe('taken');
    const pair = (await crypto.subtle.generateKey(ALGORITHMS.ES256, true, [
      'sign',
      'verify',
    ])) as webcrypto.CryptoKeyPair;
    const { d = '' } = await crypto.subtle.exportKey('jwk', pair.privateKey);
    const extractable = await providedKeys([{ ...key, ...pair }]);
    const seen = [extractable, extractable.current(), extractable.jwks()];
    expect(inspect(seen, { depth: null, showHidden: true }) + JSON.stringify(seen)).not.toContain(d);
    expect(d).toHaveLength(43);
  });
});
