import {
  FAPI_ALGORITHMS,
  importPublicJwk,
  isAvailable,
  readPublicJwk,
  thumbprint,
  verifySignature,
  verifySignatureOnPool,
} from '@holdfast/proof';
import { createSigner, generateKey, importKey, type KeySource } from '@holdfast/signer';
import { createVerifier } from '@holdfast/verifier';
import { calculateJwkThumbprint, EmbeddedJWK, type JWK, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import rfc9964 from '../vectors/rfc9964.json' with { type: 'json' };
import { forge, keys, type Members, NOW } from './forge.ts';
import { ALL, refusal, verdict } from './judge.ts';

const SIZES = [
  ['ML-DSA-44', 1312, 2420],
  ['ML-DSA-65', 1952, 3309],
] as const;
const clock = (): number => NOW * 1000;
const [header = '', payload = '', signature = ''] = rfc9964.jws.split('.');

describe.runIf(isAvailable('ML-DSA-44'))('where Node has ML-DSA', () => {
  const { kty, alg, pub } = rfc9964.privateJwk;

  it('JKT-3-01 the thumbprint of the example of RFC 9964', () => {
    expect(thumbprint(readPublicJwk({ kty, alg, pub }, 'ML-DSA-44'))).toBe(rfc9964.thumbprint);
  });

  it('DPOP-4.3-06 the signature of the example of RFC 9964 verifies, and only over its own input', async () => {
    const key = importPublicJwk(readPublicJwk({ kty, alg, pub }, 'ML-DSA-44'));
    const octets = Buffer.from(signature, 'base64url');
    for (const [input, expected] of [
      [`${header}.${payload}`, true],
      [`${header}.${payload}A`, false],
    ] as const) {
      expect(verifySignature('ML-DSA-44', key, input, octets)).toBe(expected);
      expect(await verifySignatureOnPool('ML-DSA-44', key, input, octets)).toBe(expected);
    }
  });

  it('JKT-3-01 the private key of the example is imported with its public half', async () => {
    expect((await importKey(rfc9964.privateJwk)).jkt).toBe(rfc9964.thumbprint);
  });

  describe.each(SIZES.filter(([name]) => isAvailable(name)))('%s', (name, keyOctets, signatureOctets) => {
    it('has keys and signatures of the length that FIPS 204 gives it', () => {
      expect(Buffer.from(String(keys[name].jwk['pub']), 'base64url')).toHaveLength(keyOctets);
      expect(keys[name].sign('')).toHaveLength(signatureOctets);
    });

    const { jwk, privateJwk } = keys[name];
    const good = String(jwk['pub']);
    const octets = Buffer.from(good, 'base64url');
    const other = name === 'ML-DSA-44' ? 'ML-DSA-65' : 'ML-DSA-44';
    it.each<[string, Members, string, string | undefined]>([
      ['no alg', { alg: undefined }, 'proof_jwk', 'alg'],
      ['alg null', { alg: null }, 'proof_jwk', 'alg'],
      ['the other alg', { alg: other }, 'proof_jwk', 'alg'],
      ['another kty', { kty: 'OKP', crv: name }, 'proof_jwk', 'kty'],
      ['no pub', { pub: undefined }, 'proof_jwk', 'pub'],
      ['a pub that is no string', { pub: [good] }, 'proof_jwk', 'pub'],
      ['a pub that lacks an octet', { pub: octets.subarray(1).toString('base64url') }, 'proof_jwk', 'pub'],
      [
        'a pub with an octet more',
        { pub: Buffer.concat([octets, octets.subarray(0, 1)]).toString('base64url') },
        'proof_jwk',
        'pub',
      ],
      ['the pub of the other size', { pub: keys[other].jwk['pub'] }, 'proof_jwk', 'pub'],
      ['a padded pub', { pub: `${good}=` }, 'proof_jwk', 'pub'],
      ['a pub in the standard alphabet', { pub: `${good.slice(0, 20)}+${good.slice(21)}` }, 'proof_jwk', 'pub'],
      ['use for encryption', { use: 'enc' }, 'proof_jwk', 'use'],
      ['its seed', { priv: privateJwk['priv'] }, 'proof_jwk_private', undefined],
      ['an empty seed', { priv: '' }, 'proof_jwk_private', undefined],
    ])('JKT-7-01 DPOP-4.3-07 refuses a key with %s', (_, members, code, detail) => {
      const refused = refusal(() => readPublicJwk({ ...jwk, ...members }, name));
      expect([refused?.code, refused?.detail]).toEqual([code, detail]);
      expect(verdict(forge({ key: keys[name], header: { jwk: { ...jwk, ...members } } }))).toBe(code);
    });

    it('JOSE-8725-3.1-01 refuses a proof whose alg is of the other size', () => {
      expect(verdict(forge({ key: keys[name], header: { alg: other } }))).toBe('proof_jwk');
    });

    it('DPOP-4.3-06 refuses another key, whose octets are all as good as these', () => {
      octets[7] = (octets[7] ?? 0) ^ 1;
      const changed = { ...jwk, pub: octets.toString('base64url') };
      expect(verdict(forge({ key: keys[name], header: { jwk: changed } }))).toBe('proof_signature');
    });

    it('DPOP-4.2-01 makes proofs that jose verifies and knows by the same thumbprint', async () => {
      const key = await generateKey(name);
      const proof = await createSigner({ key, clock }).proof({ method: 'GET', url: 'https://venue.example/' });
      const { protectedHeader } = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt', algorithms: [name] });
      expect(await calculateJwkThumbprint(protectedHeader.jwk as JWK)).toBe(key.jkt);
      expect(verdict(proof, { htm: 'GET', htu: 'https://venue.example/' })).toBe('accepted');
    });

    it('is imported from a JWK, and from a pair of Web Cryptography that is not extractable', async () => {
      expect((await importKey(privateJwk)).alg).toBe(name);
      const pair = await crypto.subtle.generateKey(name, false, ['sign', 'verify']);
      expect((await importKey(pair as KeySource)).alg).toBe(name);
      const extractable = await crypto.subtle.generateKey(name, true, ['sign', 'verify']);
      expect((await importKey((extractable as { privateKey: CryptoKey }).privateKey)).alg).toBe(name);
    });

    it('is imported with no other public half than its own', async () => {
      const halves = { ...privateJwk, pub: ((await generateKey(name)).publicJwk as { pub: string }).pub };
      await expect(importKey(halves)).rejects.toMatchObject({ code: 'key_unusable' });
      await expect(importKey(privateJwk, other)).rejects.toMatchObject({ code: 'key_unusable', detail: 'alg' });
      await expect(importKey({ ...privateJwk, alg: undefined })).rejects.toMatchObject({ code: 'key_unusable' });
    });
  });

  it('a proof by ML-DSA-65 for a long URI is within the length that is read', async () => {
    const signer = createSigner({ key: await generateKey('ML-DSA-65'), clock });
    const url = `https://venue.example/${'a'.repeat(1000)}`;
    const proof = await signer.proof({ method: 'GET', url, accessToken: 'token', nonce: 'n'.repeat(43) });
    expect(verdict(proof, { htm: 'GET', htu: url, accessToken: 'token' })).toBe('accepted');
  });
});

describe('ML-DSA is a choice', () => {
  it('JOSE-8725-3.1-01 which FAPI 2.0 does not make', () => {
    expect(FAPI_ALGORITHMS.filter((alg) => alg.startsWith('ML-DSA'))).toEqual([]);
    for (const [name] of SIZES) {
      if (!isAvailable(name)) continue;
      expect(verdict(forge({ key: keys[name] }), {}, new Set(FAPI_ALGORITHMS))).toBe('proof_alg');
      expect(ALL.has(name)).toBe(true);
    }
  });

  it.runIf(!isAvailable('ML-DSA-44'))('that a Node without it refuses at the start', async () => {
    for (const [alg] of SIZES) {
      const options = {
        issuer: 'https://issuer.example',
        audience: 'a',
        origin: 'https://venue.example',
        jwks: { keys: [] },
      };
      expect(() => createVerifier({ ...options, algorithms: ['ES256', alg] })).toThrow(TypeError);
      await expect(generateKey(alg)).rejects.toMatchObject({ code: 'key_unusable' });
      await expect(importKey(rfc9964.privateJwk)).rejects.toMatchObject({ code: 'key_unusable' });
    }
  });

  it('and every other algorithm is everywhere', () => {
    expect(['ES256', 'ES384', 'Ed25519', 'EdDSA', 'PS256', 'PS384'].every((alg) => isAvailable(alg as 'ES256'))).toBe(
      true,
    );
  });
});
