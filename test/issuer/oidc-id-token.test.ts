import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { keys } from '../proof/forge.ts';
import { claims, ISSUER, NOW } from './forge.ts';
import { browser, createPeople, DESK, type Fields, type People } from './people.ts';
import { verified } from './questions.ts';

const ALGORITHMS = ['ES256', 'PS256', 'Ed25519'] as const;
const signing_keys = ALGORITHMS.map((alg) => ({ ...keys[alg].privateJwk, alg, kid: `key for ${alg}` }));
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

const people = await createPeople({
  signing_keys,
  clients: [{ ...DESK, grant_types: [...DESK.grant_types, EXCHANGE] }],
});

async function redeemed(form: Fields = {}, its: People = people): Promise<Record<string, unknown>> {
  const { status, body } = await its.redeem(await its.code({ scope: 'openid orders:read', ...form }));
  expect(status).toBe(200);
  return body;
}

const open = (body: Record<string, unknown>, its: People = people) =>
  verified(its, body['id_token'], { audience: 'trader', requiredClaims: ['exp', 'iat', 'sub', 'auth_time'] });

describe('OIDC Core §3.1.3.3 the ID token', () => {
  it('C032 says who logged in, to the client, and no more', async () => {
    const body = await redeemed();
    const { payload, protectedHeader } = await open(body);
    expect(protectedHeader).toEqual({ typ: 'JWT', alg: 'ES256', kid: 'key for ES256' });
    expect(payload).toEqual({
      iss: ISSUER,
      sub: 'person-anna',
      aud: 'trader',
      iat: NOW,
      exp: NOW + 300,
      auth_time: NOW,
    });
    expect(claims(body['access_token'])).toMatchObject({ sub: 'person-anna' });
  });

  it.each<[string, Fields]>([
    ['scope orders:read', { scope: 'orders:read' }],
    ['scope offline_access', { scope: 'orders:read offline_access' }],
    ['no scope but a nonce', { scope: 'orders:read', nonce: 'a nonce' }],
  ])('C032 is not given without openid: %s', async (_what, form) => {
    expect(await redeemed(form)).not.toHaveProperty('id_token');
  });

  it('C032 C056 is given with the code alone: not to a client for itself, with a refresh or an exchange', async () => {
    const body = await redeemed();
    const others = [
      await people.send('token', { form: { grant_type: 'client_credentials' } }),
      await people.refresh(String(body['refresh_token'])),
      await people.send('token', {
        form: {
          grant_type: EXCHANGE,
          subject_token: String(body['access_token']),
          subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        },
      }),
    ];
    for (const { status, body: other } of others) {
      expect(status).toBe(200);
      expect(other).not.toHaveProperty('id_token');
    }
  });

  it('is for nobody who is not registered for openid', async () => {
    const its = await createPeople({ clients: [{ ...DESK, scope: 'orders:read' }] });
    const { status, body } = await its.push({ scope: 'openid orders:read' });
    expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'invalid_scope' });
  });

  it('C028 has the nonce exactly as it was sent, and none when none was sent', async () => {
    const nonces = ['n', 'ö “€” \\ " \u{1F511}', 'A'.repeat(43), 'a'.repeat(64), '+/ &=%'.repeat(64), 'x'.repeat(512)];
    for (const nonce of nonces) expect((await open(await redeemed({ nonce }))).payload['nonce']).toBe(nonce);
    expect((await open(await redeemed())).payload).not.toHaveProperty('nonce');
    expect((await open(await redeemed({ nonce: '' }))).payload).not.toHaveProperty('nonce');
    const { status, body } = await people.push({ nonce: 'x'.repeat(513) });
    expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'invalid_request' });
  });

  it('says when the person logged in, not when the code was redeemed', async () => {
    const its = await createPeople({ signing_keys });
    const [tab, requestUri] = [browser(), await its.pushed({ scope: 'openid orders:read' })];
    const path = await its.open(tab, requestUri);
    its.now = NOW + 40;
    await its.logIn(tab, path);
    its.now = NOW + 70;
    const { headers } = await its.decide(tab, path, 'approve');
    its.now = NOW + 100;
    const { body } = await its.redeem(new URL(headers['Location'] ?? '').searchParams.get('code') ?? '');
    expect((await open(body, its)).payload).toMatchObject({ auth_time: NOW + 40, iat: NOW + 100, exp: NOW + 400 });
  });

  it.each([...ALGORITHMS, 'EdDSA'] as const)(
    'FAPI2-5.4.1-02 is signed by what the client registered: %s',
    async (id_token_signed_response_alg) => {
      const its = await createPeople({ signing_keys, clients: [{ ...DESK, id_token_signed_response_alg }] });
      const { protectedHeader } = await open(await redeemed({}, its), its);
      const alg = id_token_signed_response_alg === 'EdDSA' ? 'Ed25519' : id_token_signed_response_alg;
      expect(protectedHeader).toMatchObject({ alg, kid: `key for ${alg}` });
    },
  );

  it.each(['RS256', 'none', 'HS256'])('FAPI2-5.4.1-02 nobody registers for %s', async (alg) => {
    await expect(createPeople({ clients: [{ ...DESK, id_token_signed_response_alg: alg }] })).rejects.toThrow(
      'id_token_signed_response_alg',
    );
  });

  it('is for one client and for five minutes', async () => {
    const { id_token } = await redeemed();
    await expect(verified(people, id_token, { audience: 'rival' })).rejects.toThrow('aud');
    await expect(verified(people, id_token, { currentDate: new Date((NOW + 300) * 1000) })).rejects.toThrow('exp');
    const { iss, aud } = decodeJwt(String(id_token));
    expect({ iss, aud }).toEqual({ iss: ISSUER, aud: 'trader' });
  });
});
