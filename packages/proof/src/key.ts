import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  KeyObject,
  sign as signWithKey,
  type webcrypto,
} from 'node:crypto';
import { promisify } from 'node:util';
import { type Algorithm, algorithms, verifySignature } from './algorithms.ts';
import { HoldfastError } from './errors.ts';
import { importPublicJwk } from './jwk.ts';
import { type ExternalKey, type ForeignKeyPair, fromExternal, fromForeignPair, isForeign } from './key-elsewhere.ts';
import { agree, checkAlgorithm, type PublicHalf, publicHalf, unusable } from './public-half.ts';

export type { ExternalKey, ForeignKeyPair } from './key-elsewhere.ts';
export { readPublicHalf } from './public-half.ts';

/** A key that signs. The private half is behind `sign` and nowhere else, so it cannot be printed or serialised. */
export interface ProofKey extends PublicHalf {
  /** JWS signature (RFC 7515 §5.1; raw r and s for ECDSA) over an ASCII signing input. */
  sign(input: string): Uint8Array | Promise<Uint8Array>;
}

/** A private key as a JWK (RFC 7517 §4, RFC 7518 §6). */
export type PrivateJwk = Readonly<Record<string, unknown>>;

export type KeySource = PrivateJwk | string | KeyObject | CryptoKey | ForeignKeyPair | ExternalKey;

const generate = promisify(generateKeyPair);

/** A new key pair. RSA keys have 2048 bits. Throws `key_unusable` for an algorithm that signs no proof. */
export async function generateKey(alg: Algorithm = 'ES256'): Promise<ProofKey> {
  checkAlgorithm(alg);
  const { kty, crv } = algorithms[alg];
  switch (kty) {
    case 'EC':
      return fromKeyObject((await generate('ec', { namedCurve: crv ?? '' })).privateKey, alg);
    case 'OKP':
      return fromKeyObject((await generate('ed25519')).privateKey, alg);
    case 'RSA':
      return fromKeyObject((await generate('rsa', { modulusLength: 2048 })).privateKey, alg);
    case 'AKP':
      return fromKeyObject((await generate(alg === 'ML-DSA-44' ? 'ml-dsa-44' : 'ml-dsa-65')).privateKey, alg);
  }
}

/**
 * Takes a private JWK, a PEM (PKCS#8, SEC 1, PKCS#1), a KeyObject, a CryptoKey, a key pair of a Web Cryptography
 * implementation, or `{ publicJwk, sign }`. `alg` is needed where the key leaves a choice (RSA: PS256 unless given).
 * Signs once to prove that both halves belong together. Throws `key_unusable`; the message never holds key material. So does
 * `sign` of a key elsewhere whenever that fails: what the other side said is left out, but for the name of the fault.
 */
export async function importKey(source: KeySource, alg?: Algorithm): Promise<ProofKey> {
  const key = await read(source, alg).catch((thrown: unknown) => {
    // The cause is left out: it may quote what it could not read
    throw unusable((thrown instanceof HoldfastError ? thrown.detail : undefined) ?? 'not a private key');
  });
  await checkHalves(key);
  return key;
}

async function read(source: KeySource, alg: Algorithm | undefined): Promise<ProofKey> {
  if (typeof source === 'string') return fromKeyObject(createPrivateKey(source), alg);
  if (source instanceof KeyObject) return fromKeyObject(source, alg);
  if (source instanceof CryptoKey) return fromWebKey(source, await publicJwkOf(source), alg);
  if ('sign' in source && typeof source.sign === 'function') return fromExternal(source as ExternalKey, alg);
  if ('privateKey' in source) return fromPair(source as ForeignKeyPair, alg);
  if (isForeign(source)) throw unusable(NEEDS_CRYPTO);
  return fromJwk(source as PrivateJwk, alg);
}

// RFC 8725 §3.1: what the key says about its own use agrees with how it is used
function fromJwk(jwk: PrivateJwk, alg: Algorithm | undefined): ProofKey {
  const { alg: stated, use, key_ops: operations } = jwk;
  if (use !== undefined && use !== 'sig') throw unusable('use');
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('sign'))) {
    throw unusable('key_ops');
  }
  const key = fromKeyObject(createPrivateKey({ key: { ...jwk }, format: 'jwk' }), agree(alg, stated));
  // Node before 26 takes the private member of an Ed25519 key and ignores what the JWK says its public half is
  if (Object.entries(key.publicJwk).some(([member, value]) => jwk[member] !== value))
    throw unusable('the halves differ');
  return key;
}

function fromKeyObject(key: KeyObject, wanted: Algorithm | undefined): ProofKey {
  const half = publicHalf(createPublicKey(key).export({ format: 'jwk' }), wanted);
  const { digest, options } = algorithms[half.alg];
  const signing = { key, ...options };
  return { ...half, sign: (input) => signWithKey(digest, Buffer.from(input, 'latin1'), signing) };
}

async function fromPair(pair: ForeignKeyPair, wanted: Algorithm | undefined): Promise<ProofKey> {
  const { privateKey, publicKey, crypto = globalThis.crypto } = pair;
  const { subtle } = crypto;
  if (subtle !== globalThis.crypto.subtle) return fromForeignPair(pair, subtle, wanted);
  if (isForeign(privateKey) || isForeign(publicKey)) throw unusable(NEEDS_CRYPTO);
  return fromWebKey(privateKey, await subtle.exportKey('jwk', publicKey), wanted);
}

const NEEDS_CRYPTO = 'a CryptoKey of another implementation comes as { privateKey, publicKey, crypto }';

function fromWebKey(key: CryptoKey, jwk: object, wanted: Algorithm | undefined): ProofKey {
  const half = publicHalf(jwk, wanted);
  const { subtle } = globalThis.crypto;
  const { subtle: algorithm } = algorithms[half.alg];
  return {
    ...half,
    sign: async (input) => new Uint8Array(await subtle.sign(algorithm, key, Buffer.from(input, 'latin1'))),
  };
}

async function publicJwkOf(key: CryptoKey): Promise<object> {
  const { subtle } = globalThis.crypto;
  if (key.extractable) {
    const jwk: webcrypto.JsonWebKey & { pub?: string } = await subtle.exportKey('jwk', key);
    const { kty, crv, x, y, n, e, alg, pub } = jwk;
    return { kty, crv, x, y, n, e, alg, pub };
  }
  // Node 22 has no getPublicKey; later ones deprecate the way that it has. A pair needs neither.
  const isOld = typeof subtle.getPublicKey !== 'function';
  return isOld
    ? createPublicKey(KeyObject.from(key)).export({ format: 'jwk' })
    : subtle.exportKey('jwk', await subtle.getPublicKey(key, ['verify']));
}

async function checkHalves(key: ProofKey): Promise<void> {
  const probe = 'holdfast key check';
  const publicKey = importPublicJwk(key.publicJwk, 'key_unusable');
  if (!verifySignature(key.alg, publicKey, probe, await signProbe(key, probe))) {
    throw unusable('the private and the public half differ');
  }
}

async function signProbe(key: ProofKey, probe: string): Promise<Uint8Array> {
  try {
    return await key.sign(probe);
  } catch (cause) {
    throw cause instanceof HoldfastError
      ? cause
      : new HoldfastError('key_unusable', { detail: 'it does not sign', cause });
  }
}
