import { createPrivateKey, createPublicKey, generateKeyPair, KeyObject, sign as signWithKey } from 'node:crypto';
import { promisify } from 'node:util';
import {
  type Algorithm,
  algorithms,
  HoldfastError,
  importPublicJwk,
  isAlgorithm,
  type PublicJwk,
  readPublicJwk,
  thumbprint,
  verifySignature,
} from '@holdfast/proof';

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

/** A new key pair. RSA keys have 2048 bits. */
export async function generateKey(alg: Algorithm = 'ES256'): Promise<ProofKey> {
  const { kty, crv } = algorithms[alg];
  switch (kty) {
    case 'EC':
      return fromKeyObject((await generate('ec', { namedCurve: crv ?? '' })).privateKey, alg);
    case 'OKP':
      return fromKeyObject((await generate('ed25519')).privateKey, alg);
    case 'RSA':
      return fromKeyObject((await generate('rsa', { modulusLength: 2048 })).privateKey, alg);
  }
}

/**
 * Takes a private JWK, a PEM (PKCS#8, SEC 1, PKCS#1), a KeyObject, a CryptoKey, a key pair of a Web Cryptography
 * implementation, or `{ publicJwk, sign }`. `alg` is needed where the key leaves a choice (RSA: PS256 unless given).
 * Signs once to prove that both halves belong together. Throws `key_unusable`; the message never holds key material.
 */
export async function importKey(source: KeySource, alg?: Algorithm): Promise<ProofKey> {
  const key = await read(source, alg);
  const probe = 'holdfast key check';
  const signature = await key.sign(probe);
  if (!verifySignature(key.alg, importPublicJwk(key.publicJwk, 'key_unusable'), probe, signature)) {
    throw new HoldfastError('key_unusable', { detail: 'the private and the public half differ' });
  }
  return key;
}

async function read(source: KeySource, alg: Algorithm | undefined): Promise<ProofKey> {
  if (typeof source === 'string') return fromKeyObject(privateKey(source), alg);
  if (source instanceof KeyObject) return fromKeyObject(source, alg);
  if (source instanceof CryptoKey) return fromKeyObject(KeyObject.from(source), alg);
  if ('sign' in source && typeof source.sign === 'function') return fromExternal(source as ExternalKey, alg);
  if ('privateKey' in source) return fromPair(source as ForeignKeyPair, alg);
  const jwk = source as PrivateJwk;
  const stated = isAlgorithm(jwk['alg']) ? jwk['alg'] : undefined;
  if (alg !== undefined && stated !== undefined && alg !== stated)
    throw new HoldfastError('key_unusable', { detail: 'alg' });
  return fromKeyObject(privateKey({ key: { ...jwk }, format: 'jwk' }), alg ?? stated);
}

function privateKey(source: Parameters<typeof createPrivateKey>[0]): KeyObject {
  try {
    return createPrivateKey(source);
  } catch {
    // The cause is left out: it may quote what it could not parse
    throw new HoldfastError('key_unusable', { detail: 'not a private key' });
  }
}

function fromKeyObject(key: KeyObject, alg: Algorithm | undefined): ProofKey {
  if (key.type !== 'private') throw new HoldfastError('key_unusable', { detail: 'not a private key' });
  const jwk = createPublicKey(key).export({ format: 'jwk' });
  const chosen = alg ?? defaultAlgorithm(jwk);
  const { digest, options } = algorithms[chosen];
  return describe(jwk, chosen, (input) => signWithKey(digest, Buffer.from(input, 'latin1'), { key, ...options }));
}

function fromExternal({ publicJwk, sign }: ExternalKey, alg: Algorithm | undefined): ProofKey {
  return describe(publicJwk, alg ?? defaultAlgorithm(publicJwk), (input) => sign(Buffer.from(input, 'latin1')));
}

async function fromPair(pair: ForeignKeyPair, alg: Algorithm | undefined): Promise<ProofKey> {
  const { subtle } = pair.crypto ?? globalThis.crypto;
  const { key_ops: _, ext: __, ...jwk } = await subtle.exportKey('jwk', pair.publicKey);
  const chosen = alg ?? defaultAlgorithm(jwk);
  return describe(jwk, chosen, async (input) => {
    return new Uint8Array(await subtle.sign(algorithms[chosen].subtle, pair.privateKey, Buffer.from(input, 'latin1')));
  });
}

function describe(jwk: object, alg: Algorithm, sign: ProofKey['sign']): ProofKey {
  const { alg: _, ...members } = jwk as Record<string, unknown>; // Web Cryptography names RSA keys by its own algorithm
  const publicJwk = readPublicJwk(members, alg, 'key_unusable');
  return { alg, publicJwk, jkt: thumbprint(publicJwk), sign };
}

function defaultAlgorithm(jwk: { kty?: unknown; crv?: unknown }): Algorithm {
  if (jwk.kty === 'RSA') return 'PS256';
  if (jwk.crv === 'P-256') return 'ES256';
  if (jwk.crv === 'P-384') return 'ES384';
  if (jwk.crv === 'Ed25519') return 'Ed25519';
  throw new HoldfastError('key_unusable', { detail: 'no algorithm for this kind of key' });
}
