import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { keys } from '../proof/forge.ts';
import { claims, ISSUER, NOW, VENUE } from './forge.ts';
import { createScene, expectToken, TRADER } from './scene.ts';

const DESK = 'https://desk.example';
const resources = [
  { resource: VENUE, scope: 'orders:read orders:write' },
  { resource: DESK, scope: 'reports:read orders:read' },
];
const clients = [{ ...TRADER, scope: 'orders:read orders:write reports:read' }];

describe('RFC 9068 §2 access tokens', () => {
  it.each(['ES256', 'PS256', 'Ed25519', 'EdDSA'] as const)(
    'AT-2.1-01 AT-2.1-02 AT-2.1-04 AT-4-01 %s: an at+jwt that the published keys verify',
    async (alg) => {
      const scene = await createScene({ signing_keys: [{ ...keys[alg].privateJwk, alg, kid: 'k' }] });
      const token = expectToken(await scene.prove());
      expect(decodeProtectedHeader(token)).toEqual({ typ: 'at+jwt', alg, kid: 'k' });
      const options = { currentDate: new Date(NOW * 1000), issuer: ISSUER, audience: VENUE, typ: 'at+jwt' };
      await jwtVerify(token, createLocalJWKSet(JSON.parse(scene.issuer.jwks().body)), options);
    },
  );

  it('AT-2.2-01 AT-2.2-02 hold every claim that RFC 9068 names, and sub is the client', async () => {
    const scene = await createScene({ access_token_lifetime: 120 });
    const answer = await scene.prove();
    expect(claims(expectToken(answer))).toEqual({
      iss: ISSUER,
      aud: VENUE,
      sub: 'trader',
      client_id: 'trader',
      iat: NOW,
      exp: NOW + 120,
      jti: expect.any(String),
      scope: TRADER.scope,
      cnf: { jkt: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/) },
    });
    expect(answer.body).toMatchObject({ expires_in: 120, scope: TRADER.scope });
  });

  it('C056 no refresh token, no id token, nothing that is not in RFC 6749 §5.1', async () => {
    const { body } = await (await createScene()).prove();
    expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'scope', 'token_type']);
  });

  it('FAPI2-5.4.1-06 jti has 128 bits or more, and never comes twice', async () => {
    const scene = await createScene();
    const seen = new Set<unknown>();
    const flipped = Buffer.alloc(16);
    let first: Buffer | undefined;
    for (let i = 0; i < 200; i++) {
      const { jti } = claims(expectToken(await scene.prove()));
      seen.add(jti);
      const octets = Buffer.from(String(jti), 'base64url');
      expect(octets.length).toBeGreaterThanOrEqual(16);
      first ??= octets;
      for (let at = 0; at < 16; at++) flipped[at] = (flipped[at] ?? 0) | ((first[at] ?? 0) ^ (octets[at] ?? 0));
    }
    expect(seen.size).toBe(200);
    // Every one of the 128 bits changes now and then: none of them is fixed
    expect(flipped.toString('hex')).toBe('ff'.repeat(16));
  });

  it('AT-2.2.3-01 scope is what was asked for', async () => {
    const scene = await createScene();
    const nonce = await scene.nonce();
    const { assertion, proof } = await import('./forge.ts');
    for (const scope of ['orders:read', 'orders:write orders:read']) {
      const answer = await scene.send({
        assertion: assertion(),
        proof: proof({ payload: { nonce } }),
        form: { scope },
      });
      expect(claims(expectToken(answer))['scope']).toBe(scope);
      expect(answer.body['scope']).toBe(scope);
    }
  });
});

describe('RFC 9068 §3, RFC 8707: one audience, and scopes that mean something to it', async () => {
  const { assertion, proof } = await import('./forge.ts');
  const scene = await createScene({ resources, clients });
  const ask = async (form: Record<string, string>) =>
    scene.send({ assertion: assertion(), proof: proof({ payload: { nonce: await scene.nonce() } }), form });

  it.each<[string, Record<string, string>, string, string]>([
    [
      'AT-3-01 RI-2-03 the resource that was asked for',
      { resource: DESK, scope: 'reports:read' },
      DESK,
      'reports:read',
    ],
    ['AT-2.2.3-02 RI-2.2-02 only its scopes', { resource: DESK }, DESK, 'orders:read reports:read'],
    ['AT-2.2.3-02 RI-2.2-02 only its scopes', { resource: VENUE }, VENUE, 'orders:read orders:write'],
    ['AT-3-02 the one that the scope points to', { scope: 'reports:read' }, DESK, 'reports:read'],
    ['AT-3-02 the one that the scope points to', { scope: 'orders:write' }, VENUE, 'orders:write'],
    [
      'AT-3-02 the only one that has all scopes',
      { scope: 'orders:read orders:write' },
      VENUE,
      'orders:read orders:write',
    ],
    ['a scope that is asked for twice', { scope: 'orders:write orders:write' }, VENUE, 'orders:write'],
  ])('AT-5-01 %s: %j', async (_name, form, audience, scope) => {
    const answer = await ask(form);
    expect(claims(expectToken(answer))).toMatchObject({ aud: audience, scope });
    expect(answer.body['scope']).toBe(scope);
  });

  it.each<[string, Record<string, string>, string]>([
    ['AT-3-03 RI-2.1-01 nothing asked for and two resources', {}, 'invalid_target'],
    ['AT-3-03 a scope that two resources have', { scope: 'orders:read' }, 'invalid_target'],
    ['AT-3-04 scopes of different resources', { scope: 'orders:write reports:read' }, 'invalid_scope'],
    [
      'AT-2.2.3-02 a scope that the resource does not have',
      { resource: VENUE, scope: 'reports:read' },
      'invalid_scope',
    ],
    ['AT-2.2.3-02 one of them', { resource: VENUE, scope: 'orders:read reports:read' }, 'invalid_scope'],
    ['RI-2-04 an unknown resource', { resource: 'https://elsewhere.example' }, 'invalid_target'],
    ['RI-2-04 a resource with a slash more', { resource: `${VENUE}/` }, 'invalid_target'],
    ['RI-2-04 a resource in another letter case', { resource: VENUE.toUpperCase() }, 'invalid_target'],
    ['RI-2-04 a resource with a fragment', { resource: `${VENUE}#a` }, 'invalid_target'],
    ['RI-2-04 a relative resource', { resource: '/orders' }, 'invalid_target'],
  ])('%s: no token', async (_name, form, error) => {
    const { status, body } = await ask(form);
    expect({ status, error: body['error'] }).toEqual({ status: 400, error });
    expect(body).not.toHaveProperty('access_token');
  });

  it('a client without any scope of the resource gets no token for it', async () => {
    const other = await createScene({ resources, clients: [{ ...TRADER, scope: 'reports:read' }] });
    const nonce = await other.nonce();
    const answer = await other.send({
      assertion: assertion(),
      proof: proof({ payload: { nonce } }),
      form: { resource: VENUE },
    });
    expect(answer.body['error']).toBe('invalid_scope');
  });
});
