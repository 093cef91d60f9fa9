import { type KeyObject, generateKeyPairSync as pair, randomBytes, sign } from 'node:crypto';
import { inspect } from 'node:util';
import { type ForeignKeyPair, generateKey, importKey, type KeySource } from '@holdfast/signer';
import { describe, expect, it } from 'vitest';

const p256 = pair('ec', { namedCurve: 'P-256' });
const other = pair('ec', { namedCurve: 'P-256' });
const rsa = pair('rsa', { modulusLength: 2048 }).privateKey;
const ed25519 = pair('ed25519').privateKey;

const jwk = (key: KeyObject, members: object = {}) => ({ ...key.export({ format: 'jwk' }), ...members });
const pem = (key: KeyObject, options: object = {}) =>
  String(key.export({ format: 'pem', type: key.type === 'public' ? 'spki' : 'pkcs8', ...options } as never));
const without = (member: string) => ({ ...jwk(p256.privateKey), [member]: undefined });
const webKey = (algorithm: object, usages: string[]) =>
  crypto.subtle.generateKey(algorithm as never, true, usages as never) as Promise<ForeignKeyPair>;
const publicJwk = jwk(p256.publicKey);

const RSA = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' };
const ecdsa = await webKey({ name: 'ECDSA', namedCurve: 'P-256' }, ['sign', 'verify']);
const another = await webKey({ name: 'ECDSA', namedCurve: 'P-256' }, ['sign', 'verify']);
const ecdh = await webKey({ name: 'ECDH', namedCurve: 'P-256' }, ['deriveBits']);
const oaep = await webKey({ name: 'RSA-OAEP', ...RSA }, ['encrypt', 'decrypt']);
const pkcs1 = await webKey({ name: 'RSASSA-PKCS1-v1_5', ...RSA }, ['sign', 'verify']);

const refused: [string, unknown, string?][] = [
  // of a kind that signs no proof
  ['RSA with 1024 bits', pair('rsa', { modulusLength: 1024 }).privateKey],
  ['RSA with exponent 3', pair('rsa', { modulusLength: 2048, publicExponent: 3 }).privateKey],
  ['RSA-PSS by its own identifier', pair('rsa-pss', { modulusLength: 2048 }).privateKey],
  ['Ed448', pair('ed448').privateKey],
  ['X25519', pair('x25519').privateKey],
  ['secp256k1', pair('ec', { namedCurve: 'secp256k1' }).privateKey],
  ['secp256k1 for ES256', pair('ec', { namedCurve: 'secp256k1' }).privateKey, 'ES256'],
  ['P-521', pair('ec', { namedCurve: 'P-521' }).privateKey],
  ['brainpool', pair('ec', { namedCurve: 'brainpoolP256r1' }).privateKey],
  ['DSA', pair('dsa', { modulusLength: 1024 }).privateKey],
  ['oct', { kty: 'oct', k: randomBytes(32).toString('base64url') }],
  ['oct that says ES256', { kty: 'oct', k: randomBytes(32).toString('base64url'), alg: 'ES256' }],
  // the wrong half, or two halves of different keys
  ['a public JWK', publicJwk],
  ['a public PEM', pem(p256.publicKey)],
  ['a public KeyObject', p256.publicKey],
  ['a public CryptoKey', ecdsa.publicKey],
  ['a JWK with the x of another key', jwk(p256.privateKey, { x: jwk(other.publicKey).x })],
  ['a JWK with the public half of another key', jwk(p256.privateKey, jwk(other.publicKey))],
  ['an Ed25519 JWK with the x of another key', jwk(ed25519, { x: jwk(pair('ed25519').publicKey).x })],
  ['an RSA JWK with the n of another key', jwk(rsa, { n: jwk(pair('rsa', { modulusLength: 2048 }).publicKey).n })],
  ['a pair of halves that differ', { privateKey: ecdsa.privateKey, publicKey: another.publicKey }],
  ['a pair with its halves swapped', { privateKey: ecdsa.publicKey, publicKey: ecdsa.privateKey }],
  ['a pair with the private half twice', { privateKey: ecdsa.privateKey, publicKey: ecdsa.privateKey }],
  ['a pair with a half missing', { privateKey: ecdsa.privateKey }],
  // for another purpose
  ['a JWK for encryption', jwk(p256.privateKey, { use: 'enc' })],
  ['a JWK that may not sign', jwk(p256.privateKey, { key_ops: ['deriveBits'] })],
  ['a JWK for RS256', jwk(rsa, { alg: 'RS256' })],
  ['a JWK for ES384 on P-256', jwk(p256.privateKey, { alg: 'ES384' })],
  ['a JWK for another alg than asked', jwk(rsa, { alg: 'PS384' }), 'PS256'],
  ['an ES256 key for Ed25519', p256.privateKey, 'Ed25519'],
  ['a CryptoKey for key agreement', ecdh.privateKey],
  ['a CryptoKey for encryption', oaep.privateKey],
  ['a CryptoKey for RS256', pkcs1.privateKey],
  ['a pair for RS256', pkcs1],
  ['a CryptoKey for ECDSA as PS256', ecdsa.privateKey, 'PS256'],
  // a signer elsewhere that does not do what it says
  ['a KMS that signs with another key', { publicJwk, sign: (input: Uint8Array) => p1363(input, other.privateKey) }],
  ['a KMS that returns DER', { publicJwk, sign: (input: Uint8Array) => sign('sha256', input, p256.privateKey) }],
  ['a KMS that returns nothing', { publicJwk, sign: () => undefined }],
  ['a KMS that throws', { publicJwk, sign: () => Promise.reject(new Error('no access')) }],
  ['a KMS whose publicJwk is private', { publicJwk: jwk(p256.privateKey), sign: (input: Uint8Array) => p1363(input) }],
  ['a KMS without a publicJwk', { sign: (input: Uint8Array) => p1363(input) }],
  // not a key
  ['an encrypted PEM', pem(p256.privateKey, { cipher: 'aes-128-cbc', passphrase: 'secret' })],
  ['half a PEM', pem(p256.privateKey).slice(0, 100)],
  ['text', 'not a key'],
  ['nothing', ''],
  ['an empty object', {}],
  ['a JWK without y', without('y')],
  ['a JWK whose kty is missing', without('kty')],
];

function p1363(input: Uint8Array, key: KeyObject = p256.privateKey): Uint8Array {
  return sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' });
}

/** What must not be seen outside: the private members as they are written, and the lines of a PEM. */
const SECRETS = [p256.privateKey, rsa, ed25519].flatMap((key) => [
  ...['d', 'p', 'q', 'dp', 'dq', 'qi'].map((member) => (jwk(key) as Record<string, string>)[member] ?? ''),
  ...pem(key).split('\n').slice(1, -2),
]);

function expectNoSecret(text: string): void {
  for (const secret of SECRETS.filter((each) => each.length > 20)) expect(text).not.toContain(secret.slice(0, 20));
}

describe('importKey refuses', () => {
  it.each(refused)('%s', async (_, source, alg) => {
    const error: unknown = await importKey(source as KeySource, alg as 'ES256').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'HoldfastError', code: 'key_unusable' });
    expectNoSecret(`${inspect(error, { depth: 20, showHidden: true })} ${JSON.stringify(error)}`);
  });
});

describe('the private half of a ProofKey', () => {
  const sources: [string, KeySource][] = [
    ['JWK', jwk(p256.privateKey)],
    ['PEM', pem(rsa)],
    ['KeyObject', ed25519],
  ];
  it.each(sources)('is seen neither by inspect nor by JSON, when made from a %s', async (_, source) => {
    const key = await importKey(source);
    expectNoSecret(`${inspect(key, { depth: 20, showHidden: true, getters: true })} ${JSON.stringify(key)}`);
    expect(Object.keys(key).sort()).toEqual(['alg', 'jkt', 'publicJwk', 'sign']);
    expect(Object.keys(key.publicJwk)).not.toContain('d');
  });

  it('is a new one each time, for a generated key', async () => {
    const [one, two] = await Promise.all([generateKey(), generateKey()]);
    expect(one.jkt).not.toBe(two.jkt);
    expect(inspect(one, { depth: 20, showHidden: true })).not.toContain('PrivateKey');
  });
});
