import { constants, generateKeyPairSync, type KeyObject, type SigningOptions, sign } from 'node:crypto';

/**
 * Proofs made by hand with bare node:crypto, so that no test of reading leans on our own writing, and so that they can
 * be wrong in every way.
 */
export type Members = Readonly<Record<string, unknown>>;

export interface ForgedKey {
  readonly alg: string;
  readonly jwk: Members;
  readonly privateJwk: Members;
  sign(input: string): Buffer;
}

export const NOW = 1_700_000_000;
export const HTM = 'POST';
export const HTU = 'https://venue.example/orders';

const P1363: SigningOptions = { dsaEncoding: 'ieee-p1363' };
const pss = (saltLength: number): SigningOptions => ({ padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });

const ec = (namedCurve: string): KeyObject => generateKeyPairSync('ec', { namedCurve }).privateKey;
const rsa = (modulusLength: number): KeyObject => generateKeyPairSync('rsa', { modulusLength }).privateKey;

const PUBLIC = ['kty', 'crv', 'x', 'y', 'e', 'n', 'alg', 'pub'];

/** One key, to sign under `alg` with `digest` and `options`, which need not fit together. */
export function forgedKey(
  alg: string,
  privateKey: KeyObject,
  digest: string | null,
  options: SigningOptions = {},
): ForgedKey {
  const privateJwk = privateKey.export({ format: 'jwk' }) as Members;
  const isPublic = ([member]: [string, unknown]): boolean => PUBLIC.includes(member);
  return {
    alg,
    privateJwk,
    jwk: Object.fromEntries(Object.entries(privateJwk).filter(isPublic)),
    sign: (input) => sign(digest, Buffer.from(input), { key: privateKey, ...options }),
  };
}

const rsaKey = rsa(2048);
const edKey = generateKeyPairSync('ed25519').privateKey;
const p256 = ec('P-256');

/** Left out where Node has no ML-DSA, which is before 24.7. */
function mlDsaKeys(): { readonly 'ML-DSA-44': ForgedKey; readonly 'ML-DSA-65': ForgedKey } {
  const forged = (alg: 'ML-DSA-44' | 'ML-DSA-65', type: 'ml-dsa-44' | 'ml-dsa-65') =>
    forgedKey(alg, generateKeyPairSync(type).privateKey, null);
  try {
    return { 'ML-DSA-44': forged('ML-DSA-44', 'ml-dsa-44'), 'ML-DSA-65': forged('ML-DSA-65', 'ml-dsa-65') };
  } catch {
    return {} as never;
  }
}

/** One key for every algorithm that is accepted and that this Node has. */
export const keys = {
  ES256: forgedKey('ES256', p256, 'sha256', P1363),
  ES384: forgedKey('ES384', ec('P-384'), 'sha384', P1363),
  Ed25519: forgedKey('Ed25519', edKey, null),
  EdDSA: forgedKey('EdDSA', edKey, null),
  PS256: forgedKey('PS256', rsaKey, 'sha256', pss(32)),
  PS384: forgedKey('PS384', rsaKey, 'sha384', pss(48)),
  ...mlDsaKeys(),
} as const;

/** Keys that sign soundly by what they say and must be refused all the same. */
export const otherKeys = {
  derSignature: forgedKey('ES256', p256, 'sha256'),
  pssWithoutSalt: forgedKey('PS256', rsaKey, 'sha256', pss(0)),
  pssWithShortSalt: forgedKey('PS256', rsaKey, 'sha256', pss(20)),
  pssWithLongSalt: forgedKey('PS256', rsaKey, 'sha256', pss(constants.RSA_PSS_SALTLEN_MAX_SIGN)),
  pkcs1AsPs256: forgedKey('PS256', rsaKey, 'sha256'),
  rs256: forgedKey('RS256', rsaKey, 'sha256'),
  es512: forgedKey('ES512', ec('P-521'), 'sha512', P1363),
  es256k: forgedKey('ES256K', ec('secp256k1'), 'sha256', P1363),
  ed448: forgedKey('EdDSA', generateKeyPairSync('ed448').privateKey, null),
  es256WithP384: forgedKey('ES256', ec('P-384'), 'sha256', P1363),
} as const;

export interface Changes {
  readonly key?: ForgedKey;
  /** Members put over the good ones; undefined leaves one out. */
  readonly header?: Members;
  readonly payload?: Members;
}

/** A good proof for `POST https://venue.example/orders` at NOW, but for the changes. */
export function forge({ key = keys.ES256, header = {}, payload = {} }: Changes = {}): string {
  return signed(
    JSON.stringify({ typ: 'dpop+jwt', alg: key.alg, jwk: key.jwk, ...header }),
    JSON.stringify({ jti: 'a-jti', htm: HTM, htu: HTU, iat: NOW, ...payload }),
    key,
  );
}

/** A compact JWS over any octets. */
export function signed(header: string | Uint8Array, payload: string | Uint8Array, key: ForgedKey = keys.ES256): string {
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${key.sign(input).toString('base64url')}`;
}

export function encode(octets: string | Uint8Array): string {
  return Buffer.from(octets as Uint8Array).toString('base64url');
}

/** The texts of the header and the payload of a good proof, to be spoilt by text surgery. */
export function texts(changes: Changes = {}): { header: string; payload: string } {
  const [header = '', payload = ''] = forge(changes).split('.');
  return { header: decode(header), payload: decode(payload) };
}

function decode(segment: string): string {
  return Buffer.from(segment, 'base64url').toString();
}
