import { createPrivateKey, type KeyObject, generateKeyPairSync as pair, sign } from 'node:crypto';
import { createSigner, type ForeignKeyPair, importKey, type KeySource, type ProofKey } from '@holdfast/signer';
import { Crypto as PeculiarCrypto } from '@peculiar/webcrypto';
import { calculateJwkThumbprint, EmbeddedJWK, type JWK, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';

const p256 = pair('ec', { namedCurve: 'P-256' }).privateKey;
const p384 = pair('ec', { namedCurve: 'P-384' }).privateKey;
const rsa = pair('rsa', { modulusLength: 2048 }).privateKey;
const ed25519 = pair('ed25519').privateKey;

const jwk = (key: KeyObject, members: object = {}) => ({ ...key.export({ format: 'jwk' }), ...members });
const pem = (key: KeyObject, type: 'pkcs8' | 'sec1' | 'pkcs1') => String(key.export({ format: 'pem', type } as never));
const peculiar = new PeculiarCrypto() as unknown as Crypto;

const EC = { name: 'ECDSA', namedCurve: 'P-256' };
const RSA = { name: 'RSA-PSS', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };

async function webKeys(algorithm: object, { subtle }: Crypto = crypto): Promise<ForeignKeyPair> {
  return (await subtle.generateKey(algorithm as never, false, ['sign', 'verify'])) as ForeignKeyPair;
}

/** A proof by the key, checked by `jose` alone. */
async function algorithmOfProof(key: ProofKey): Promise<string> {
  const proof = await createSigner({ key }).proof({ method: 'GET', url: 'https://venue.example/' });
  const { protectedHeader } = await jwtVerify(proof, EmbeddedJWK, { typ: 'dpop+jwt' });
  expect(key.jkt).toBe(await calculateJwkThumbprint(protectedHeader.jwk as JWK));
  return protectedHeader.alg;
}

describe('a key is imported', () => {
  const sources: [string, KeySource, string][] = [
    ['a private JWK, P-256', jwk(p256), 'ES256'],
    ['a private JWK, P-384', jwk(p384), 'ES384'],
    ['a private JWK, RSA', jwk(rsa), 'PS256'],
    ['a private JWK, Ed25519', jwk(ed25519), 'Ed25519'],
    ['a private JWK that names its alg', jwk(rsa, { alg: 'PS384' }), 'PS384'],
    ['a private JWK that says EdDSA', jwk(ed25519, { alg: 'EdDSA' }), 'EdDSA'],
    ['a private JWK with kid, use and key_ops', jwk(p256, { kid: '1', use: 'sig', key_ops: ['sign'] }), 'ES256'],
    ['PKCS#8, P-256', pem(p256, 'pkcs8'), 'ES256'],
    ['PKCS#8, RSA', pem(rsa, 'pkcs8'), 'PS256'],
    ['PKCS#8, Ed25519', pem(ed25519, 'pkcs8'), 'Ed25519'],
    ['SEC 1', pem(p384, 'sec1'), 'ES384'],
    ['PKCS#1', pem(rsa, 'pkcs1'), 'PS256'],
    ['a KeyObject', p256, 'ES256'],
    ['a CryptoKey', p256.toCryptoKey(EC, true, ['sign']), 'ES256'],
    ['a CryptoKey, Ed25519', ed25519.toCryptoKey('Ed25519', true, ['sign']), 'Ed25519'],
    ['a CryptoKey for SHA-384', rsa.toCryptoKey({ ...RSA, hash: 'SHA-384' }, true, ['sign']), 'PS384'],
    ['a CryptoKey that cannot be exported', p256.toCryptoKey(EC, false, ['sign']), 'ES256'],
  ];
  it.each(sources)('from %s', async (_, source, alg) => {
    expect(await algorithmOfProof(await importKey(source))).toBe(alg);
  });

  it('for the algorithm that the caller chooses', async () => {
    expect(await algorithmOfProof(await importKey(jwk(rsa), 'PS384'))).toBe('PS384');
    expect(await algorithmOfProof(await importKey(ed25519, 'EdDSA'))).toBe('EdDSA');
    // RFC 9864 §2.2: two names of one algorithm
    expect(await algorithmOfProof(await importKey(jwk(ed25519, { alg: 'EdDSA' }), 'Ed25519'))).toBe('Ed25519');
  });
});

describe('a pair of Web Cryptography, non-extractable', () => {
  const algorithms: [string, object][] = [
    ['ES256', EC],
    ['ES384', { name: 'ECDSA', namedCurve: 'P-384' }],
    ['Ed25519', { name: 'Ed25519' }],
    ['PS256', { ...RSA, hash: 'SHA-256' }],
    ['PS384', { ...RSA, hash: 'SHA-384' }],
  ];
  it.each(algorithms)('of Node, %s', async (alg, algorithm) => {
    const keys = await webKeys(algorithm);
    await expect(crypto.subtle.exportKey('pkcs8', keys.privateKey)).rejects.toThrow();
    expect(await algorithmOfProof(await importKey(keys))).toBe(alg);
  });

  it.each(algorithms)('of @peculiar/webcrypto, %s', async (alg, algorithm) => {
    const keys = await webKeys(algorithm, peculiar);
    await expect(peculiar.subtle.exportKey('pkcs8', keys.privateKey)).rejects.toThrow();
    expect(await algorithmOfProof(await importKey({ ...keys, crypto: peculiar }))).toBe(alg);
  });

  it('of another implementation needs that implementation', async () => {
    const keys: ForeignKeyPair = await webKeys(EC, peculiar);
    await expect(importKey(keys)).rejects.toMatchObject({ code: 'key_unusable' });
  });
});

describe('a key elsewhere', () => {
  class Kms {
    readonly #key = p256;
    readonly publicJwk = { kty: 'EC', crv: 'P-256', x: jwk(p256).x, y: jwk(p256).y };
    seen: unknown;
    sign(input: Uint8Array): Promise<Uint8Array> {
      this.seen = input;
      return Promise.resolve(sign('sha256', input, { key: this.#key, dsaEncoding: 'ieee-p1363' }));
    }
  }

  it('signs as a method of its object', async () => {
    const kms = new Kms();
    expect(await algorithmOfProof(await importKey(kms))).toBe('ES256');
    expect(kms.seen).toBeInstanceOf(Uint8Array);
  });

  it('signs by a function alone, sync or async', async () => {
    const { publicJwk } = new Kms();
    const der = createPrivateKey(pem(p256, 'pkcs8'));
    const key = await importKey({
      publicJwk,
      sign: (input) => sign('sha256', input, { key: der, dsaEncoding: 'ieee-p1363' }),
    });
    expect(await algorithmOfProof(key)).toBe('ES256');
  });
});
