import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  KeyObject,
  sign as signWithKey,
  type webcrypto,
} from 'node:crypto';
import { promisify } from 'node:util';
import { type Algorithm, algorithms, isAlgorithm, isAvailable, verifySignature } from './algorithms.ts';
import { HoldfastError } from './errors.ts';
import { importPublicJwk, type PublicJwk, readPublicJwk, thumbprint } from './jwk.ts';

/** A key that signs. The private half is behind `sign` and nowhere else, so it cannot be printed or serialised. */
export interface ProofKey {
  readonly alg: Algorithm;
  readonly publicJwk: PublicJwk;
  /** RFC 7638 thumbprint. */
  readonly jkt: string;
  /** JWS signature (RFC 7515 §5.1; raw r and s for ECDSA) over an ASCII signing input. */
  sign(input: string): Uint8Array | Promise<Uint8Array>;
}

/** A key elsewhere: a KMS, an HSM. `sign` gets the octets of the signing input and returns a JWS signature. */
export interface ExternalKey {
  readonly publicJwk: Readonly<Record<string, unknown>>;
  sign(input: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** A private key as a JWK (RFC 7517 §4, RFC 7518 §6). */
export type PrivateJwk = Readonly<Record<string, unknown>>;

/** A key pair of any Web Cryptography implementation. The private key may be non-extractable. */
export interface ForeignKeyPair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  /** The implementation that made the keys. Default: Node's. */
  readonly crypto?: Pick<Crypto, 'subtle'>;
}

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
 * Signs once to prove that both halves belong together. Throws `key_unusable`; the message never holds key material.
 */
export async function importKey(source: KeySource, alg?: Algorithm): Promise<ProofKey> {
  const key = await read(source, alg).catch((thrown: unknown) => {
    // The cause is left out: it may quote what it could not read
    throw unusable((thrown instanceof HoldfastError ? thrown.detail : undefined) ?? 'not a private key');
  });
  await checkHalves(key);
  return key;
}

/** RFC 9449 §4.3 (5) and (7), on our own side: an algorithm that signs proofs, and a key for it that holds nothing private. */
export function readPublicHalf(jwk: unknown, alg: unknown): PublicJwk {
  checkAlgorithm(alg);
  try {
    return readPublicJwk(jwk, alg, 'key_unusable');
  } catch (thrown) {
    throw unusable((thrown instanceof HoldfastError ? thrown.detail : undefined) ?? 'not a public key');
  }
}

async function read(source: KeySource, alg: Algorithm | undefined): Promise<ProofKey> {
  if (typeof source === 'string') return fromKeyObject(createPrivateKey(source), alg);
  if (source instanceof KeyObject) return fromKeyObject(source, alg);
  if (source instanceof CryptoKey) return fromWebKey(source, await publicJwkOf(source), globalThis.crypto, alg);
  if ('sign' in source && typeof source.sign === 'function') return fromExternal(source as ExternalKey, alg);
  if ('privateKey' in source) {
    const { privateKey, publicKey, crypto = globalThis.crypto } = source as ForeignKeyPair;
    return fromWebKey(privateKey, await crypto.subtle.exportKey('jwk', publicKey), crypto, alg);
  }
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
  return { ...half, sign: (input) => signWithKey(digest, Buffer.from(input, 'latin1'), { key, ...options }) };
}

function fromExternal(external: ExternalKey, wanted: Algorithm | undefined): ProofKey {
  const half = publicHalf(external.publicJwk, wanted);
  return { ...half, sign: (input) => external.sign(Buffer.from(input, 'latin1')) };
}

function fromWebKey(
  key: CryptoKey,
  jwk: object,
  { subtle }: Pick<Crypto, 'subtle'>,
  wanted: Algorithm | undefined,
): ProofKey {
  const half = publicHalf(jwk, wanted);
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

function publicHalf(jwk: object, wanted: Algorithm | undefined): Pick<ProofKey, 'alg' | 'publicJwk' | 'jkt'> {
  const alg = agree(wanted, (jwk as { alg?: unknown }).alg) ?? defaultAlgorithm(jwk);
  const publicJwk = readPublicHalf(jwk, alg);
  return { alg, publicJwk, jkt: thumbprint(publicJwk) };
}

/** A key serves the algorithm it names and no other. EdDSA and Ed25519 share their row: RFC 9864 §2.2. */
function agree(wanted: Algorithm | undefined, stated: unknown): Algorithm | undefined {
  if (stated === undefined) return wanted;
  checkAlgorithm(stated);
  if (wanted !== undefined && algorithms[wanted] !== algorithms[stated]) throw unusable('alg');
  return wanted ?? stated;
}

function defaultAlgorithm({ kty, crv }: { kty?: unknown; crv?: unknown }): Algorithm {
  if (kty === 'RSA') return 'PS256';
  if (crv === 'P-256') return 'ES256';
  if (crv === 'P-384') return 'ES384';
  if (crv === 'Ed25519') return 'Ed25519';
  throw unusable('no algorithm for this kind of key');
}

async function checkHalves(key: ProofKey): Promise<void> {
  const probe = 'holdfast key check';
  const publicKey = importPublicJwk(key.publicJwk, 'key_unusable');
  const signature: unknown = await signProbe(key, probe);
  if (!(signature instanceof Uint8Array && verifySignature(key.alg, publicKey, probe, signature))) {
    throw unusable('the private and the public half differ');
  }
}

async function signProbe(key: ProofKey, probe: string): Promise<unknown> {
  try {
    return await key.sign(probe);
  } catch (cause) {
    throw new HoldfastError('key_unusable', { detail: 'it does not sign', cause });
  }
}

function checkAlgorithm(alg: unknown): asserts alg is Algorithm {
  if (!isAlgorithm(alg)) throw unusable('alg');
  if (!isAvailable(alg)) throw unusable('this Node does not have the algorithm');
}

function unusable(detail: string): HoldfastError {
  return new HoldfastError('key_unusable', { detail });
}
