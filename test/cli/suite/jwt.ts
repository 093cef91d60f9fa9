import { constants, createHmac, createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

/** A key at the side of who tests, as private JWK, and what of it may be told. */
export interface SuiteKey {
  readonly alg: string;
  readonly privateJwk: JWK;
  /** With `kid`, `alg` and `use`. */
  readonly publicJwk: JWK;
}

/** Members put over the good ones; undefined leaves one out. */
export type Members = Readonly<Record<string, unknown>>;

export async function suiteKey(alg = 'PS256', kid: string = crypto.randomUUID()): Promise<SuiteKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 });
  const common = { kid, alg, use: 'sig' };
  return {
    alg,
    privateJwk: { ...(await exportJWK(privateKey)), ...common },
    publicJwk: { ...(await exportJWK(publicKey)), ...common },
  };
}

/** A sound JWS, made by jose. */
export async function signed(header: Members, claims: Members, { alg, privateJwk }: SuiteKey): Promise<string> {
  return await new SignJWT(present(claims)).setProtectedHeader({ ...present(header), alg }).sign(privateJwk);
}

/** A JWS that jose would not make: any header, and a signature by whatever `alg` says, or by `by`. */
export function forged(header: Members, claims: Members, { privateJwk }: SuiteKey, by = String(header['alg'])): string {
  const input = `${segment(header)}.${segment(claims)}`;
  return `${input}.${signatureOf(by, Buffer.from(input), createPrivateKey({ key: privateJwk, format: 'jwk' }))}`;
}

/** The same JWS with one bit of its signature turned. */
export function broken(jws: string): string {
  const [header, payload, signature = ''] = jws.split('.');
  const octets = Buffer.from(signature, 'base64url');
  octets[7] = (octets[7] ?? 0) ^ 1;
  return `${header}.${payload}.${octets.toString('base64url')}`;
}

/** The claims of a JWT; nothing is verified. */
export function claimsOf(jwt: unknown): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(jwt).split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;
}

export const seconds = () => Math.floor(Date.now() / 1000);

function present(members: Members): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}

function segment(members: Members): string {
  return Buffer.from(JSON.stringify(members)).toString('base64url');
}

function signatureOf(alg: string, input: Buffer, key: KeyObject): string {
  switch (alg) {
    case 'none':
      return '';
    case 'HS256': {
      // RFC 8725 §2.1: what everybody knows, as a secret
      const secret = createPublicKey(key).export({ type: 'spki', format: 'pem' });
      return createHmac('sha256', secret).update(input).digest('base64url');
    }
    case 'RS256':
      return sign('sha256', input, key).toString('base64url');
    case 'ES256':
      return sign('sha256', input, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
    default: {
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      return sign('sha256', input, { key, padding, saltLength: 32 }).toString('base64url');
    }
  }
}
