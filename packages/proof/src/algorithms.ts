import { constants, type KeyObject, type SigningOptions, verify } from 'node:crypto';

interface Row {
  readonly kty: 'EC' | 'OKP' | 'RSA';
  readonly crv?: 'P-256' | 'P-384' | 'Ed25519';
  /** Characters of a coordinate in base64url: x and y of EC, x of OKP. */
  readonly coordinate?: number;
  /** Digest for node:crypto; null where the algorithm hashes by itself. */
  readonly digest: 'sha256' | 'sha384' | null;
  /** Octets of a signature; for RSA it is the modulus length, which OpenSSL checks. */
  readonly signatureLength?: number;
  readonly options: SigningOptions;
  /** Parameters of the same signature in the Web Cryptography API. */
  readonly subtle: { readonly name: string; readonly hash?: string; readonly saltLength?: number };
}

const ecdsa = (crv: 'P-256' | 'P-384', coordinate: number, bits: 256 | 384) =>
  ({
    kty: 'EC',
    crv,
    coordinate,
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
  coordinate: 43,
  digest: null,
  signatureLength: 64,
  options: {},
  subtle: { name: 'Ed25519' },
} as const;

/** The one table of signature algorithms: RFC 7518 §3, RFC 8037 §3.1, RFC 9864 §2.2. Nothing else enumerates them. */
const TABLE = {
  ES256: ecdsa('P-256', 43, 256),
  ES384: ecdsa('P-384', 64, 384),
  Ed25519: ED25519,
  EdDSA: ED25519,
  PS256: pss(256),
  PS384: pss(384),
} as const satisfies Record<string, Row>;

export type Algorithm = keyof typeof TABLE;

export const algorithms: Readonly<Record<Algorithm, Row>> = TABLE;

/** FAPI 2.0 Security Profile §5.4.1: PS256, ES256, EdDSA with Ed25519 (RFC 9864 also names it Ed25519). */
export const FAPI_ALGORITHMS: readonly Algorithm[] = ['ES256', 'PS256', 'Ed25519', 'EdDSA'];

export function isAlgorithm(value: unknown): value is Algorithm {
  return typeof value === 'string' && Object.hasOwn(TABLE, value);
}

/** True when `signature` over the ASCII `input` verifies. False for any signature that cannot, never an exception for one. */
export function verifySignature(alg: Algorithm, key: KeyObject, input: string, signature: Uint8Array): boolean {
  const { digest, options, signatureLength } = algorithms[alg];
  if (signatureLength !== undefined && signature.length !== signatureLength) return false;
  return verify(digest, Buffer.from(input, 'latin1'), { key, ...options }, signature);
}
