import { constants, createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/*
 * JWTs by hand, so that a test can say anything in them and shares no code with what it tests.
 */

const pss = (saltLength: number) => ({ padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
const raw = { dsaEncoding: 'ieee-p1363' } as const;

const SIGNING = {
  ES256: { digest: 'sha256', options: raw, generate: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }) },
  ES384: { digest: 'sha384', options: raw, generate: () => generateKeyPairSync('ec', { namedCurve: 'P-384' }) },
  Ed25519: { digest: null, options: {}, generate: () => generateKeyPairSync('ed25519') },
  EdDSA: { digest: null, options: {}, generate: () => generateKeyPairSync('ed25519') },
  Ed448: { digest: null, options: {}, generate: () => generateKeyPairSync('ed448') },
  PS256: { digest: 'sha256', options: pss(32), generate: () => generateKeyPairSync('rsa', { modulusLength: 2048 }) },
  PS384: { digest: 'sha384', options: pss(48), generate: () => generateKeyPairSync('rsa', { modulusLength: 2048 }) },
  RS256: { digest: 'sha256', options: {}, generate: () => generateKeyPairSync('rsa', { modulusLength: 2048 }) },
} as const;

export type SigningAlg = keyof typeof SIGNING;
export type Members = Readonly<Record<string, unknown>>;

export interface Key {
  readonly alg: SigningAlg;
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly publicJwk: Members;
  readonly privateJwk: Members;
  /** RFC 7638. */
  readonly jkt: string;
}

export function makeKey(alg: SigningAlg = 'ES256', kid = `${alg}-1`): Key {
  const { publicKey, privateKey } = SIGNING[alg].generate();
  const publicJwk: Members = { ...publicKey.export({ format: 'jwk' }) };
  const { crv, e, kty, n, x, y } = publicJwk;
  const required = JSON.stringify({ crv, e, kty, n, x, y }); // in code point order; absent ones are dropped
  const privateJwk = { ...privateKey.export({ format: 'jwk' }) };
  return { alg, kid, privateKey, publicJwk, privateJwk, jkt: sha256(required) };
}

/** The key as an issuer publishes it. */
export function published({ kid, alg, publicJwk }: Key): Members {
  return { ...publicJwk, kid, alg, use: 'sig' };
}

/** What a forged JWT says instead; `undefined` leaves a member out. */
export interface Forgery {
  readonly key?: Key;
  readonly header?: Members;
  readonly payload?: Members;
}

/** A compact JWS over whatever is given, signed by `key` in the key's own algorithm. */
export function forge(key: Key, header: Members, payload: Members): string {
  return forgeText(key, JSON.stringify(header), JSON.stringify(payload));
}

/** The same for texts that JSON.stringify would not write. */
export function forgeText(key: Key, header: string | Uint8Array, payload: string | Uint8Array): string {
  return signed(key, `${base64url(header)}.${base64url(payload)}`);
}

/** A compact JWS over header and payload as they are written, in whatever spelling. */
export function signed({ alg, privateKey }: Key, input: string): string {
  const { digest, options } = SIGNING[alg];
  return `${input}.${sign(digest, Buffer.from(input), { key: privateKey, ...options }).toString('base64url')}`;
}

export function base64url(octets: string | Uint8Array): string {
  return Buffer.from(octets as Uint8Array).toString('base64url');
}

export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('base64url');
}

/** The same JWT with one bit of its signature flipped. */
export function breakSignature(jwt: string): string {
  const [header, payload, signature = ''] = jwt.split('.');
  const octets = Buffer.from(signature, 'base64url');
  octets[7] = (octets[7] ?? 0) ^ 1;
  return `${header}.${payload}.${octets.toString('base64url')}`;
}
