import { constants, generateKeyPairSync, type KeyObject, type SigningOptions, sign } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';

export const ALGORITHMS = ['ES256', 'Ed25519', 'PS256', 'EdDSA', 'ES384', 'PS384'] as const;
export type Alg = (typeof ALGORITHMS)[number];
export type Members = Record<string, unknown>;

export interface Key {
  readonly alg: Alg;
  readonly jwk: Members;
  readonly privateJwk: Members;
  readonly privateKey: KeyObject;
  readonly jkt: string;
}

const pss = (saltLength: number): SigningOptions => ({ padding: constants.RSA_PKCS1_PSS_PADDING, saltLength });
const P1363: SigningOptions = { dsaEncoding: 'ieee-p1363' };

/** How each algorithm signs (RFC 7518 §3, RFC 8037 §3.1). */
const SIGNING: Record<Alg, { digest: string | null; options: SigningOptions; generate: () => KeyObject }> = {
  ES256: { digest: 'sha256', options: P1363, generate: () => ec('P-256') },
  ES384: { digest: 'sha384', options: P1363, generate: () => ec('P-384') },
  Ed25519: { digest: null, options: {}, generate: () => generateKeyPairSync('ed25519').privateKey },
  EdDSA: { digest: null, options: {}, generate: () => generateKeyPairSync('ed25519').privateKey },
  PS256: { digest: 'sha256', options: pss(32), generate: () => rsa(2048) },
  PS384: { digest: 'sha384', options: pss(48), generate: () => rsa(2048) },
};

function ec(namedCurve: string): KeyObject {
  return generateKeyPairSync('ec', { namedCurve }).privateKey;
}

function rsa(modulusLength: number, publicExponent = 65537): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength, publicExponent }).privateKey;
}

export async function keyOf(alg: Alg, privateKey = SIGNING[alg].generate()): Promise<Key> {
  const privateJwk = privateKey.export({ format: 'jwk' }) as Members;
  const { kty, crv, x, y, e, n } = privateJwk;
  const jwk = JSON.parse(JSON.stringify({ kty, crv, x, y, e, n })) as Members;
  return { alg, jwk, privateJwk, privateKey, jkt: await calculateJwkThumbprint(jwk) };
}

export function signature({ alg, privateKey }: Key, input: string, options?: SigningOptions, digest?: string): Buffer {
  const { digest: own, options: usual } = SIGNING[alg];
  return sign(digest ?? own, Buffer.from(input), { key: privateKey, ...(options ?? usual) });
}

/** Keys of PS256 that `jose` takes and that we do not. */
export type OddKey = 'exponent 3' | 'long modulus';

/** Two clients for each algorithm, and two issuers. */
export interface Cast {
  readonly clients: Readonly<Record<Alg, Key>>;
  readonly thieves: Readonly<Record<Alg, Key>>;
  readonly issuers: readonly Key[];
  readonly oddKeys: Readonly<Record<OddKey, Key>>;
}

export async function createCast(): Promise<Cast> {
  const all = async (): Promise<Record<Alg, Key>> =>
    Object.fromEntries(await Promise.all(ALGORITHMS.map(async (alg) => [alg, await keyOf(alg)]))) as Record<Alg, Key>;
  return {
    clients: await all(),
    thieves: await all(),
    issuers: [await keyOf('ES256'), await keyOf('Ed25519')],
    oddKeys: { 'exponent 3': await keyOf('PS256', rsa(2048, 3)), 'long modulus': await keyOf('PS256', rsa(4104)) },
  };
}
