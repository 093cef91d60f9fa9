import { type ForeignKeyPair, generateKey, importKey } from '@holdfast/signer';
import { calculateJwkThumbprint, compactVerify, EmbeddedJWK, importJWK, type JWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { identities } from './authorities.ts';
import { assertionKey, dpopClient, mtlsClient, proofKey } from './clients.ts';
import { granted, nonceChallenge, scriptedIssuer } from './scripted-issuer.ts';
import { type Answer, asksForCertificate } from './tls-server.ts';

const clock = () => 1_790_000_000_999;
const now = 1_790_000_000;
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

describe('RFC 9449 §5: the proof of a token request', () => {
  it('DPOP-5-01 FAPI2-5.3.3.1-01 is for the token endpoint, by the key of the client, without ath', async () => {
    await using server = await scriptedIssuer();
    await dpopClient({ issuer: server.issuer, clock }).token();
    const [request] = server.tokenRequests;
    expect(request?.received.method).toBe('POST');
    expect(request?.proof?.payload).toEqual({
      jti: expect.any(String),
      htm: 'POST',
      htu: `${server.issuer}/token`,
      iat: now,
    });
    await compactVerify(request?.proof?.compact ?? '', EmbeddedJWK);
    expect(await calculateJwkThumbprint(request?.proof?.header.jwk as JWK)).toBe(proofKey.jkt);
  });

  it('DPOP-4.1-01 comes in one DPoP field', async () => {
    await using server = await scriptedIssuer();
    await dpopClient({ issuer: server.issuer }).token();
    const names = server.tokenRequests[0]?.received.rawHeaders.filter((_, i) => i % 2 === 0) ?? [];
    expect(names.filter((name) => name.toLowerCase() === 'dpop')).toHaveLength(1);
  });

  it('DPOP-4.2-09 C092 FAPI2-5.3.3.1-08 answers a nonce challenge with one new proof and one new assertion', async () => {
    await using server = await scriptedIssuer({
      token: (_, nth) => (nth === 1 ? nonceChallenge('nonce-1') : granted()),
    });
    await dpopClient({ issuer: server.issuer }).token();
    const [first, second, third] = server.tokenRequests;
    expect(first?.proof?.payload['nonce']).toBeUndefined();
    expect(second?.proof?.payload['nonce']).toBe('nonce-1');
    expect(second?.proof?.payload.jti).not.toBe(first?.proof?.payload.jti);
    expect(second?.assertion?.payload.jti).not.toBe(first?.assertion?.payload.jti);
    expect(third).toBeUndefined();
  });

  it('DPOP-8.2-01 uses the nonce of an earlier success for the next token', async () => {
    let time = clock();
    await using server = await scriptedIssuer({
      token: (_, nth) => ({ ...granted(), headers: { 'dpop-nonce': `after-${nth}` } }),
    });
    const client = dpopClient({ issuer: server.issuer, clock: () => time });
    for (let i = 0; i < 3; i += 1) {
      await client.token();
      time += 300_000;
    }
    expect(server.tokenRequests.map(({ proof }) => proof?.payload['nonce'])).toEqual([undefined, 'after-1', 'after-2']);
  });

  it('C092 gives up after one retry: a challenge without end ends', async () => {
    await using server = await scriptedIssuer({ token: (_, nth) => nonceChallenge(`nonce-${nth}`) });
    await expect(dpopClient({ issuer: server.issuer }).token()).rejects.toMatchObject({
      code: 'token_request_refused',
      detail: 'use_dpop_nonce',
    });
    expect(server.tokenRequests).toHaveLength(2);
  });

  const refusals: [string, Answer][] = [
    ['another error', { status: 400, body: { error: 'invalid_dpop_proof' } }],
    ['another status', { status: 401, body: { error: 'use_dpop_nonce' } }],
    ['no error', { status: 400, body: {} }],
  ];
  it.each(refusals)('C092 takes %s for no challenge, though a nonce comes with it', async (_, answer) => {
    await using server = await scriptedIssuer({ token: () => ({ ...answer, headers: { 'dpop-nonce': 'n-1' } }) });
    const client = dpopClient({ issuer: server.issuer });
    await expect(client.token()).rejects.toMatchObject({ code: 'token_request_refused' });
    expect(server.tokenRequests).toHaveLength(1);
  });

  it('C092 takes a challenge that brings no nonce for a refusal', async () => {
    await using server = await scriptedIssuer({ token: () => ({ status: 400, body: { error: 'use_dpop_nonce' } }) });
    await expect(dpopClient({ issuer: server.issuer }).token()).rejects.toMatchObject({ detail: 'use_dpop_nonce' });
    expect(server.tokenRequests).toHaveLength(1);
  });

  it('sends no proof where the certificate binds the token', async () => {
    await using server = await scriptedIssuer({
      token: () => granted({ token_type: 'Bearer' }),
      tls: asksForCertificate,
    });
    await mtlsClient({ issuer: server.issuer }).token();
    expect(server.tokenRequests[0]?.proof).toBeUndefined();
  });
});

describe('RFC 7523 §2.2, §3: private_key_jwt', () => {
  it('CA-2.2-01 FAPI2-5.3.3.1-02 sends one assertion of its type, in the form', async () => {
    await using server = await scriptedIssuer();
    await dpopClient({
      issuer: server.issuer,
      scope: 'orders:read orders:write',
      resource: 'https://v.example',
    }).token();
    const { form, received } = server.tokenRequests[0] ?? {};
    expect(form?.getAll('client_assertion_type')).toEqual([ASSERTION_TYPE]);
    expect(form?.getAll('client_assertion')).toHaveLength(1);
    expect([...(form?.keys() ?? [])].sort()).toEqual([
      'client_assertion',
      'client_assertion_type',
      'client_id',
      'grant_type',
      'resource',
      'scope',
    ]);
    expect(form?.get('scope')).toBe('orders:read orders:write');
    expect(received?.headers.get('content-type')).toBe('application/x-www-form-urlencoded');
    expect(received?.headers.get('authorization')).toBeNull();
  });

  it('CA-3-01 CA-3-02 C088 FAPI2-5.3.3.1-05 has iss and sub the client, aud the issuer as a string, a short exp', async () => {
    await using server = await scriptedIssuer({ path: '/realm' });
    await dpopClient({ issuer: server.issuer, clock }).token();
    const { payload } = server.tokenRequests[0]?.assertion ?? {};
    expect(payload).toEqual({
      iss: 'trader',
      sub: 'trader',
      aud: server.issuer,
      jti: expect.stringMatching(/^[\w-]{16,}$/),
      iat: now,
      exp: expect.any(Number),
    });
    expect(payload?.exp).toBeGreaterThan(now);
    expect(payload?.exp).toBeLessThanOrEqual(now + 300);
  });

  it('C088 never uses an assertion twice', async () => {
    let time = clock();
    await using server = await scriptedIssuer({ token: () => granted({ expires_in: 1 }) });
    const client = dpopClient({ issuer: server.issuer, clock: () => time });
    for (let i = 0; i < 5; i += 1, time += 1000) await client.token();
    const ids = server.tokenRequests.map(({ assertion }) => assertion?.payload.jti);
    expect(new Set(ids).size).toBe(5);
  });

  it.each(['ES256', 'PS256', 'Ed25519'] as const)('C088 signs with the registered key: %s', async (alg) => {
    await using server = await scriptedIssuer();
    const key = await generateKey(alg);
    await dpopClient({ issuer: server.issuer, auth: { method: 'private_key_jwt', key, kid: 'mine' } }).token();
    const { compact = '', header } = server.tokenRequests[0]?.assertion ?? {};
    expect(header).toMatchObject({ alg, kid: 'mine', typ: 'client-authentication+jwt' });
    await compactVerify(compact, await importJWK({ ...key.publicJwk } as JWK, alg));
  });

  it('names no kid unless told', async () => {
    await using server = await scriptedIssuer();
    await dpopClient({ issuer: server.issuer }).token();
    expect(server.tokenRequests[0]?.assertion?.header).not.toHaveProperty('kid');
    expect(server.tokenRequests[0]?.assertion?.header).not.toHaveProperty('jwk');
  });

  it('works with keys that never leave Web Cryptography', async () => {
    await using server = await scriptedIssuer();
    const pair = () => crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']);
    const [auth, binding] = await Promise.all([pair(), pair()]);
    await dpopClient({
      issuer: server.issuer,
      auth: { method: 'private_key_jwt', key: await importKey(auth as ForeignKeyPair) },
      binding: { method: 'dpop', key: await importKey(binding as ForeignKeyPair) },
    }).token();
    await compactVerify(server.tokenRequests[0]?.proof?.compact ?? '', EmbeddedJWK);
  });
});

describe('RFC 8705 §2: authentication by certificate', () => {
  it.each(['tls_client_auth', 'self_signed_tls_client_auth'] as const)(
    'MTLS-2-02 FAPI2-5.3.3.1-02 sends client_id and no assertion with %s',
    async (method) => {
      await using server = await scriptedIssuer({
        token: () => granted({ token_type: 'Bearer' }),
        tls: asksForCertificate,
      });
      await mtlsClient({ issuer: server.issuer, auth: { method }, tls: identities.selfSigned.tls }).token();
      const { form, received } = server.tokenRequests[0] ?? {};
      expect(Object.fromEntries(form ?? [])).toEqual({ grant_type: 'client_credentials', client_id: 'trader' });
      expect(received?.certificate).toEqual(identities.selfSigned.der);
    },
  );

  it('MTLS-2-02 sends client_id beside the assertion too, when the certificate only binds', async () => {
    await using server = await scriptedIssuer({
      token: () => granted({ token_type: 'Bearer' }),
      tls: asksForCertificate,
    });
    await mtlsClient({ issuer: server.issuer, auth: { method: 'private_key_jwt', key: assertionKey } }).token();
    expect(server.tokenRequests[0]?.form.get('client_id')).toBe('trader');
    expect(server.tokenRequests[0]?.assertion?.payload.sub).toBe('trader');
    expect(server.tokenRequests[0]?.received.certificate).toEqual(identities.trader.der);
  });

  it('a certificate and a proof together: authenticates with the one, binds with the other', async () => {
    await using server = await scriptedIssuer({ tls: asksForCertificate });
    const binding = { method: 'dpop', key: proofKey } as const;
    await mtlsClient({ issuer: server.issuer, binding }).token();
    expect(server.tokenRequests[0]?.received.certificate).toEqual(identities.trader.der);
    expect(server.tokenRequests[0]?.proof?.payload['htm']).toBe('POST');
  });

  it('shows the certificate to no issuer that it was not meant for', async () => {
    await using server = await scriptedIssuer({ tls: asksForCertificate });
    await dpopClient({ issuer: server.issuer, tls: identities.trader.tls }).token();
    expect(server.tokenRequests[0]?.received.certificate).toBeUndefined();
  });

  it.each([
    ['cert', { key: identities.trader.tls.key }],
    ['key', { cert: identities.trader.tls.cert }],
    ['cert and key', {}],
  ])('does not start without the %s of its certificate', (_, half) => {
    const tls = { ca: identities.trader.tls.ca, ...half };
    expect(() => mtlsClient({ issuer: 'https://as.example', tls })).toThrow(TypeError);
  });
});
