import { generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { clientSecretBasic, type PrivateKeyJwtOptions, privateKeyJwt, tlsClientAuth } from '@holdfast/verifier';
import { importJWK, type JWTVerifyOptions, jwtVerify } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from './certificates.ts';
import { makeKey, type SigningAlg } from './forge.ts';
import { CLIENT_ID, IntrospectionScene } from './introspection-scene.ts';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await makeCertificates();
});

const ALGORITHMS = ['ES256', 'PS256', 'Ed25519', 'EdDSA'] as const satisfies readonly SigningAlg[];
const key = makeKey('ES256', 'rs-1');

/** What the issuer got from a resource server that authenticates in this way. */
async function asked(authenticate: ReturnType<typeof privateKeyJwt>, times = 1) {
  await using scene = await IntrospectionScene.open(certificates, { authenticate, ttl: 0 });
  const token = scene.issue();
  for (let i = 0; i < times; i += 1) await scene.send({ token });
  return { questions: scene.questions, issuer: scene.server.issuer, now: scene.now };
}

describe('RFC 7523 private_key_jwt', () => {
  it.each(ALGORITHMS)(
    'CA-2.2-01 CA-3-01 CA-3-02 FAPI2-5.3.3.1-05: sends one assertion by %s, which jose verifies',
    async (alg) => {
      const { privateKey, publicJwk } = makeKey(alg);
      const { questions, issuer, now } = await asked(privateKeyJwt({ key: privateKey, alg, kid: 'rs-1' }));
      const form = Object.fromEntries(questions[0]?.form ?? []);
      expect(form).toMatchObject({
        client_id: CLIENT_ID,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      });
      const expected: JWTVerifyOptions = { algorithms: [alg], currentDate: new Date(now * 1000), issuer: CLIENT_ID };
      const { payload, protectedHeader } = await jwtVerify(
        form['client_assertion'] ?? '',
        await importJWK(publicJwk as object, alg),
        expected,
      );
      expect(protectedHeader).toEqual({ typ: 'client-authentication+jwt', alg, kid: 'rs-1' });
      const jti = expect.stringMatching(/^[\w-]{22}$/);
      expect(payload).toEqual({ iss: CLIENT_ID, sub: CLIENT_ID, aud: issuer, jti, iat: now, exp: now + 60 });
    },
  );

  it('CA-3-08: never sends an assertion twice', async () => {
    const { questions } = await asked(privateKeyJwt({ key: key.privateKey, alg: 'ES256' }), 20);
    const jtis = questions.map(({ form }) => jtiOf(form.get('client_assertion')));
    expect(new Set(jtis).size).toBe(20);
  });

  it('is for another audience where the issuer wants that', async () => {
    const audience = 'https://issuer.example/introspect';
    const { questions } = await asked(privateKeyJwt({ key: key.privateKey, alg: 'ES256', audience }));
    const [, payload = ''] = questions[0]?.form.get('client_assertion')?.split('.') ?? [];
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({ aud: audience });
  });

  it('takes a private JWK, and a CryptoKey that cannot be exported', async () => {
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
    const cryptoKey = await crypto.subtle.importKey('jwk', key.privateJwk as object, algorithm, false, ['sign']);
    for (const each of [key.privateJwk, cryptoKey]) {
      const { questions } = await asked(privateKeyJwt({ key: each, alg: 'ES256' }));
      const assertion = questions[0]?.form.get('client_assertion') ?? '';
      const options = { currentDate: new Date(Date.UTC(2026, 10, 20, 12, 0, 30)) };
      await jwtVerify(assertion, await importJWK(key.publicJwk as object, 'ES256'), options);
    }
  });

  it.each<[string, () => Promise<PrivateKeyJwtOptions> | object]>([
    ['no key', () => ({ alg: 'ES256' })],
    ['a public JWK', () => ({ key: key.publicJwk, alg: 'ES256' })],
    ['a public KeyObject', () => ({ key: generateKeyPairSync('ed25519').publicKey, alg: 'Ed25519' })],
    ['a symmetric JWK', () => ({ key: { kty: 'oct', k: 'c2VjcmV0U2VjcmV0' }, alg: 'ES256' })],
    ['a private JWK with another point', () => ({ key: { ...key.privateJwk, x: 'AA' }, alg: 'ES256' })],
    ['a key for another alg', () => ({ key: key.privateKey, alg: 'PS256' })],
    ['a key on another curve', () => ({ key: makeKey('ES384').privateKey, alg: 'ES256' })],
    ['a short RSA key', () => ({ key: generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey, alg: 'PS256' })],
    ['alg none', () => ({ key: key.privateKey, alg: 'none' })],
    ['alg HS256', () => ({ key: key.privateKey, alg: 'HS256' })],
    ['alg RS256', () => ({ key: makeKey('RS256').privateKey, alg: 'RS256' })],
    ['no alg', () => ({ key: key.privateKey })],
    [
      'a CryptoKey on another curve',
      async () => {
        const algorithm = { name: 'ECDSA', namedCurve: 'P-384' };
        const { privateKey } = await generateCryptoKeys(algorithm);
        return { key: privateKey, alg: 'ES256' };
      },
    ],
    [
      'a public CryptoKey',
      async () => {
        const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
        const { publicKey } = await generateCryptoKeys(algorithm);
        return { key: publicKey, alg: 'ES256' };
      },
    ],
    [
      'a CryptoKey for another padding',
      async () => {
        const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
        const jwk = makeKey('PS256').privateJwk as object;
        return { key: await crypto.subtle.importKey('jwk', jwk, algorithm, true, ['sign']), alg: 'PS256' };
      },
    ],
  ])('%s stops the start, and is not quoted', async (_what, options) => {
    const given = (await options()) as PrivateKeyJwtOptions;
    let thrown: unknown;
    try {
      privateKeyJwt(given);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(TypeError);
    expect(inspect(thrown, { depth: null, showHidden: true })).not.toContain(key.privateJwk['d']);
    expect((thrown as Error).cause).toBeUndefined();
  });
});

describe('RFC 6749 §2.3.1 client_secret_basic', () => {
  it.each([
    ['venue', 'secret', 'venue:secret'],
    ['a b', 'p:%+&=é/', 'a+b:p%3A%25%2B%26%3D%C3%A9%2F'],
    ['https://venue.example', "-._*~!'()", 'https%3A%2F%2Fvenue.example:-._*%7E%21%27%28%29'],
  ])('form-encodes %s and %s before base64', async (clientId, clientSecret, credentials) => {
    const authenticate = clientSecretBasic({ clientSecret });
    await using scene = await IntrospectionScene.open(certificates, { authenticate, clientId });
    await scene.send({ token: scene.issue() });
    const [question] = scene.questions;
    expect(question?.headers.authorization).toBe(`Basic ${Buffer.from(credentials).toString('base64')}`);
    expect(question?.form.has('client_secret')).toBe(false);
  });

  it.each(['', undefined, 7])('a secret that is none stops the start: %j', (clientSecret) => {
    expect(() => clientSecretBasic({ clientSecret: clientSecret as string })).toThrow(TypeError);
  });
});

it('MTLS-2-02: tls_client_auth names the client; the certificate is that of the connection', async () => {
  const { questions } = await asked(tlsClientAuth());
  expect(questions[0]?.form.get('client_id')).toBe(CLIENT_ID);
  expect(questions[0]?.headers.authorization).toBeUndefined();
});

async function generateCryptoKeys(algorithm: { readonly name: string; readonly namedCurve: string }) {
  const keys = await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
  return keys as unknown as { readonly publicKey: CryptoKey; readonly privateKey: CryptoKey };
}

function jtiOf(assertion: string | null): unknown {
  const [, payload = ''] = assertion?.split('.') ?? [];
  return JSON.parse(Buffer.from(payload, 'base64url').toString()).jti;
}
