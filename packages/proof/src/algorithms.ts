import { constants, createPublicKey, type KeyObject, type SigningOptions, verify } from 'node:crypto';
import { promisify } from 'node:util';
import { isSmallOrder, verifyEd25519 } from './ed25519.ts';

interface Row {
  readonly kty: 'EC' | 'OKP' | 'RSA' | 'AKP';
  readonly crv?: 'P-256' | 'P-384' | 'Ed25519';
  /** Characters in base64url of each member that makes the key: x and y of EC, x of OKP, pub of AKP. */
  readonly keyLength?: number;
  /** Digest for node:crypto; null where the algorithm hashes by itself. */
  readonly digest: 'sha256' | 'sha384' | null;
  /** Octets of a signature; for RSA it is the modulus length, which OpenSSL checks. */
  readonly signatureLength?: number;
  readonly options: SigningOptions;
  /** Parameters of the same signature in the Web Cryptography API. */
  readonly subtle: { readonly name: string; readonly hash?: string; readonly saltLength?: number };
}

const ecdsa = (crv: 'P-256' | 'P-384', keyLength: number, bits: 256 | 384) =>
  ({
    kty: 'EC',
    crv,
    keyLength,
    digest: `sha${bits}`,
    signatureLength: bits / 4,
    options: { dsaEncoding: 'ieee-p1363' }, // RFC 7518 §3.4: raw r and s
    subtle: { name: 'ECDSA', hash: `SHA-${bits}` },
  }) as const;

// RFC 7518 §3.5: the salt is as long as the digest. Node's default would accept a salt of any length.
const pss = (bits: 256 | 384) =>
  ({
    kty: 'RSA',
    digest: `sha${bits}`,
    options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: bits / 8 },
    subtle: { name: 'RSA-PSS', saltLength: bits / 8 },
  }) as const;

const ED25519 = {
  kty: 'OKP',
  crv: 'Ed25519',
  keyLength: 43,
  digest: null,
  signatureLength: 64,
  options: {},
  subtle: { name: 'Ed25519' },
} as const;

// RFC 9964 §5: what is signed is the input itself, under the empty context, which is Node's default.
const mlDsa = (name: `ML-DSA-${44 | 65}`, keyLength: number, signatureLength: number) =>
  ({ kty: 'AKP', keyLength, digest: null, signatureLength, options: {}, subtle: { name } }) as const;

/**
 * The one table of signature algorithms: RFC 7518 §3, RFC 8037 §3.1, RFC 9864 §2.2, RFC 9964 §5. Nothing else enumerates
 * them.
 */
const TABLE = {
  ES256: ecdsa('P-256', 43, 256),
  ES384: ecdsa('P-384', 64, 384),
  Ed25519: ED25519,
  EdDSA: ED25519,
  PS256: pss(256),
  PS384: pss(384),
  'ML-DSA-44': mlDsa('ML-DSA-44', 1750, 2420),
  'ML-DSA-65': mlDsa('ML-DSA-65', 2603, 3309),
} as const satisfies Record<string, Row>;

export type Algorithm = keyof typeof TABLE;

export const algorithms: Readonly<Record<Algorithm, Row>> = TABLE;

/** FAPI 2.0 Security Profile §5.4.1: PS256, ES256, EdDSA with Ed25519 (RFC 9864 also names it Ed25519). */
export const FAPI_ALGORITHMS: readonly Algorithm[] = ['ES256', 'PS256', 'Ed25519', 'EdDSA'];

export function isAlgorithm(value: unknown): value is Algorithm {
  return typeof value === 'string' && Object.hasOwn(TABLE, value);
}

/** Whether this runtime has the algorithm. Node has ML-DSA from 24.7 on; everything else it always has. */
export function isAvailable(alg: Algorithm): boolean {
  const { kty, keyLength } = algorithms[alg];
  if (kty !== 'AKP') return true;
  try {
    const jwk = { kty, alg, pub: 'A'.repeat(keyLength ?? 0) };
    createPublicKey({ key: jwk, format: 'jwk' }); // any octets are a key
    return true;
  } catch {
    return false;
  }
}

/** True when `signature` over the ASCII `input` verifies. False for any signature that cannot, never an exception for one. */
export function verifySignature(alg: Algorithm, key: KeyObject, input: string, signature: Uint8Array): boolean {
  const row: Row = algorithms[alg];
  if (!isSoundSignature(row, signature)) return false;
  const octets = Buffer.from(input, 'latin1');
  return row.crv === 'Ed25519'
    ? verifyEd25519(key, octets, signature)
    : verify(row.digest, octets, { key, ...row.options }, signature);
}

const verifyLater = promisify(verify);

/** What `verifySignature` answers, from Node's thread pool: the caller's thread is free while it is worked out. */
export async function verifySignatureOnPool(
  alg: Algorithm,
  key: KeyObject,
  input: string,
  signature: Uint8Array,
): Promise<boolean> {
  const row: Row = algorithms[alg];
  if (!isSoundSignature(row, signature)) return false;
  return await verifyLater(row.digest, Buffer.from(input, 'latin1'), { key, ...row.options }, signature);
}

// An R of small order says nothing about who signed. libsodium and Node 24 refuse it, Node 22 does not: nowhere accepted.
function isSoundSignature({ crv, signatureLength }: Row, signature: Uint8Array): boolean {
  if (signatureLength !== undefined && signature.length !== signatureLength) return false;
  return crv !== 'Ed25519' || !isSmallOrder(signature.subarray(0, 32));
}
