import { createHmac, generateKeyPairSync } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { dpopClient } from './clients.ts';
import {
  type Claims,
  type GrantIssuer,
  type GrantScript,
  grantIssuer,
  jwks,
  KID,
  REDIRECT_URI,
  type Signing,
} from './scripted-grants.ts';
import { ACCESS_TOKEN, granted } from './scripted-issuer.ts';
import type { Answer } from './tls-server.ts';

const NOW = 1_790_000_000;
const clock = () => NOW * 1000;
const plain = { redirectUri: REDIRECT_URI, scope: 'openid orders:read' };
const { publicKey: rsaPublic, privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const { privateKey: stranger } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsaJwk = (changes: object) => ({ ...rsaPublic.export({ format: 'jwk' }), kid: 'rsa', ...changes });

type Forgery = (sound: Claims, server: GrantIssuer) => Claims;

interface Told extends GrantScript {
  /** Changes the claims of a sound ID token. */
  readonly claims?: Forgery;
  readonly signing?: Signing;
  /** Instead of one that is signed. */
  readonly raw?: (claims: Claims) => string | undefined;
}

/** What becomes of a request that is answered with this ID token. */
async function finished({ claims = (sound) => sound, signing, raw, ...script }: Told) {
  await using server: GrantIssuer = await grantIssuer({
    ...script,
    async token(): Promise<Answer> {
      const nonce = server.pushes[0]?.form.get('nonce');
      const sound = { iss: server.issuer, sub: 'anna', aud: 'trader', exp: NOW + 300, iat: NOW, nonce };
      const told = claims(sound, server);
      return granted({
        id_token: raw === undefined ? await server.sign(told, signing) : raw(told),
        refresh_token: 'REFRESH',
      });
    },
  });
  const client = dpopClient({ issuer: server.issuer, clock, issuerTimeout: 300 });
  const request = await client.authorize(plain);
  const outcome = await request.finish(server.answer()).then(
    (session) => session.idToken,
    (thrown: unknown) => thrown,
  );
  const givenBack = server.revocations.map(({ form }) => form.get('token'));
  return { outcome, tokenRequests: server.tokenRequests.length, givenBack };
}

const unsigned = (header: object, claims: Claims) =>
  [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');

describe('OIDC Core §3.1.3.7: an ID token', () => {
  it.each<[string, Told]>([
    ['FAPIMS-5.6.2-01 as it should be', {}],
    ['an aud that is a list of the client alone', { claims: (sound) => ({ ...sound, aud: ['trader'] }) }],
    ['azp the client', { claims: (sound) => ({ ...sound, azp: 'trader' }) }],
    ['claims that nobody knows', { claims: (sound) => ({ ...sound, acr: 'mfa', extra: { a: 1 } }) }],
    ['a clock that is 8 seconds ahead', { claims: (sound) => ({ ...sound, iat: NOW + 8, nbf: NOW + 8 }) }],
    ['no kid, where the issuer has one key', { signing: { header: { kid: undefined } } }],
    [
      'PS256',
      {
        signing: { header: { alg: 'PS256', kid: 'rsa' }, key: rsa },
        jwks: () => ({ body: { keys: [...jwks.keys, rsaJwk({ alg: 'PS256' })] } }),
      },
    ],
  ])('C097 %s is taken', async (_, told) => {
    expect((await finished(told)).outcome).toMatchObject({ sub: 'anna' });
  });

  const wrong: [string, string, Told][] = [
    ['iss of another', 'iss', { claims: (sound) => ({ ...sound, iss: 'https://evil.example' }) }],
    ['iss with a slash more', 'iss', { claims: (sound) => ({ ...sound, iss: `${sound['iss']}/` }) }],
    ['no iss', 'iss', { claims: (sound) => ({ ...sound, iss: undefined }) }],
    ['aud of another', 'aud', { claims: (sound) => ({ ...sound, aud: 'rival' }) }],
    ['no aud', 'aud', { claims: (sound) => ({ ...sound, aud: undefined }) }],
    ['an empty aud', 'aud', { claims: (sound) => ({ ...sound, aud: [] }) }],
    ['an aud more', 'aud', { claims: (sound) => ({ ...sound, aud: ['trader', 'rival'] }) }],
    [
      'an aud more, and azp the client',
      'aud',
      { claims: (sound) => ({ ...sound, aud: ['trader', 'rival'], azp: 'trader' }) },
    ],
    ['azp of another', 'azp', { claims: (sound) => ({ ...sound, azp: 'rival' }) }],
    ['exp that is past', 'exp', { claims: (sound) => ({ ...sound, exp: NOW - 11 }) }],
    ['no exp', 'exp', { claims: (sound) => ({ ...sound, exp: undefined }) }],
    ['exp that is text', 'exp', { claims: (sound) => ({ ...sound, exp: '2100000000' }) }],
    ['nbf that is to come', 'nbf', { claims: (sound) => ({ ...sound, nbf: NOW + 60 }) }],
    ['no iat', 'iat', { claims: (sound) => ({ ...sound, iat: undefined }) }],
    ['another nonce', 'nonce', { claims: (sound) => ({ ...sound, nonce: 'x'.repeat(22) }) }],
    ['no nonce', 'nonce', { claims: (sound) => ({ ...sound, nonce: undefined }) }],
    ['no sub', 'sub', { claims: (sound) => ({ ...sound, sub: undefined }) }],
    ['an empty sub', 'sub', { claims: (sound) => ({ ...sound, sub: '' }) }],
    ['a sub that is a number', 'sub', { claims: (sound) => ({ ...sound, sub: 7 }) }],
    ['a false signature', 'signature', { signing: { key: stranger } }],
    ['a kid that is unknown', 'key', { signing: { header: { kid: 'issuer-2' } } }],
    [
      'RS256',
      'alg',
      { signing: { header: { alg: 'RS256', kid: 'rsa' }, key: rsa }, jwks: () => ({ body: { keys: [rsaJwk({})] } }) },
    ],
    ['a key that is for encryption', 'key', { jwks: () => ({ body: { keys: [{ ...jwks.keys[0], use: 'enc' }] } }) }],
    ['two keys of one kid', 'key', { jwks: () => ({ body: { keys: [...jwks.keys, ...jwks.keys] } }) }],
    ['no keys at all', 'key', { jwks: () => ({ body: { keys: [] } }) }],
    ['alg none', 'alg', { raw: (claims) => `${unsigned({ alg: 'none' }, claims)}.` }],
    [
      'HS256 by the public key',
      'alg',
      {
        raw: (claims) => {
          const input = unsigned({ alg: 'HS256', kid: KID }, claims);
          return `${input}.${createHmac('sha256', JSON.stringify(jwks.keys[0])).update(input).digest('base64url')}`;
        },
      },
    ],
    ['two parts', 'not a JWT', { raw: (claims) => unsigned({ alg: 'ES256' }, claims) }],
    ['no JWT', 'not a JWT', { raw: () => 'SECRET' }],
    ['none, though openid was asked for', 'missing', { raw: () => undefined }],
  ];
  it.each(wrong)('C097 %s: there is no session, and nothing is left of it', async (_, detail, told) => {
    const { outcome, givenBack } = await finished(told);
    expect(givenBack).toEqual(['REFRESH']);
    expect(outcome).toMatchObject({ code: 'id_token', detail });
    expect(inspect(outcome, { depth: 10, showHidden: true })).not.toMatch(/anna|SECRET|REFRESH|eyJ/);
  });

  it.each([undefined, 'REFRESH'])(
    'C097 is refused all the same when nothing can be given back (%j)',
    async (refresh_token) => {
      await using server = await grantIssuer({
        token: () => granted({ refresh_token }),
        revoke: () => ({ status: 503 }),
      });
      const request = await dpopClient({ issuer: server.issuer }).authorize(plain);
      await expect(request.finish(server.answer())).rejects.toMatchObject({ code: 'id_token', detail: 'missing' });
      expect(server.revocations.map(({ form }) => form.get('token'))).toEqual([refresh_token ?? ACCESS_TOKEN]);
    },
  );

  it('is nothing to look for where openid was not asked for', async () => {
    await using server = await grantIssuer({ token: () => granted({ id_token: 'whatever' }) });
    const request = await dpopClient({ issuer: server.issuer }).authorize({ ...plain, scope: 'orders:read' });
    expect((await request.finish(server.answer())).idToken).toBeUndefined();
  });
});

describe('the keys of the issuer', () => {
  const body = (size: number) => ({ body: { keys: jwks.keys, padding: 'x'.repeat(size) } });

  it.each<[string, GrantScript['jwks'] | undefined, object]>([
    ['are too large a document', () => body(300_000), { code: 'issuer_metadata', detail: 'too large' }],
    ['are refused', () => ({ status: 503, ...body(0) }), { code: 'issuer_metadata', detail: 'jwks_uri' }],
    ['are no JSON', () => ({ body: '<html>' }), { code: 'issuer_metadata' }],
    ['are a list', () => ({ body: [] }), { code: 'issuer_metadata', detail: 'jwks_uri' }],
    ['are no keys', () => ({ body: { keys: ['a'] } }), { code: 'issuer_metadata', detail: 'jwks_uri' }],
    ['are elsewhere', () => ({ status: 302, headers: { location: 'https://localhost:1/' } }), { name: 'TypeError' }],
    ['do not come', () => undefined, { name: 'TimeoutError' }],
  ])('C097 when they %s, the code is not used up', async (_, answer, expected) => {
    let isBroken = true;
    await using server: GrantIssuer = await grantIssuer({
      jwks: (...request) => (isBroken ? answer?.(...request) : { body: jwks }),
      async token(): Promise<Answer> {
        const nonce = server.pushes[0]?.form.get('nonce');
        const claims = { iss: server.issuer, sub: 'anna', aud: 'trader', exp: NOW + 300, iat: NOW, nonce };
        return granted({ id_token: await server.sign(claims) });
      },
    });
    const client = dpopClient({ issuer: server.issuer, clock, issuerTimeout: 300 });
    const request = await client.authorize(plain);
    await expect(request.finish(server.answer())).rejects.toMatchObject(expected);
    expect(server.tokenRequests).toHaveLength(0);
    isBroken = false;
    expect((await request.finish(server.answer())).idToken).toMatchObject({ sub: 'anna' });
  });

  it.each([
    ['nowhere', undefined],
    ['without TLS', 'http://localhost/jwks'],
  ])('FAPI2-5.4.2-01 C097 when they are %s, there is no session', async (_, jwks_uri) => {
    const { outcome, tokenRequests } = await finished({ metadata: () => ({ jwks_uri }) });
    expect(outcome).toMatchObject({ code: expect.stringMatching(/^(issuer_metadata|url_refused)$/) });
    expect(tokenRequests).toBe(0);
  });
});
