import { HoldfastError, type Store } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { describe, expect, it } from 'vitest';
import { claims, NOW } from './forge.ts';
import { CALLBACK, createPeople, DESK, type People, RIVAL, VERIFIER } from './people.ts';
import { ask, VENUE_SERVER } from './questions.ts';
import { expectRefusal, expectToken } from './scene.ts';

const OPAQUE = { resource_servers: [VENUE_SERVER], clients: [{ ...DESK, access_token_format: 'opaque' }, RIVAL] };

describe('RFC 6749 §4.1.4 what a code gives', async () => {
  const people = await createPeople();

  it('C032 an access token, a refresh token of 256 bits, and JSON that nobody keeps', async () => {
    const { status, headers, body } = await people.redeem(await people.code());
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    expect(body).toEqual({
      access_token: expect.any(String),
      token_type: 'DPoP',
      expires_in: 300,
      scope: 'orders:read orders:write',
      refresh_token: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
    });
  });

  it('FAPI2-5.4.1-06 C026 a code has 256 bits and none comes twice', async () => {
    const codes = new Set<string>();
    for (let i = 0; i < 20; i++) codes.add(await people.code());
    expect(codes.size).toBe(20);
    for (const code of codes) expect(code).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it('FAPI2-5.3.2.3-01 C032 an ID token where openid was granted, about who logged in, and where it was not none', async () => {
    const { body } = await people.redeem(await people.code({ scope: 'openid orders:read', nonce: 'n' }));
    expect(claims(body['id_token'])).toMatchObject({ sub: 'person-anna', aud: 'trader', nonce: 'n', auth_time: NOW });
    expect((await people.redeem(await people.code({ nonce: 'n' }))).body).not.toHaveProperty('id_token');
  });

  it('BCP-2.3-01 FAPI2-5.3.2.1-14 a token for what was asked for, at one audience', async () => {
    const { body } = await people.redeem(await people.code({ scope: 'orders:read' }));
    expect(claims(body['access_token'])).toMatchObject({ aud: 'https://venue.example', scope: 'orders:read' });
  });

  it('no refresh token to a client that is not registered for it', async () => {
    const once = { ...RIVAL, grant_types: ['authorization_code'] };
    const both = await createPeople({ clients: [DESK, once] });
    const code = await both.code({}, { client: 'rival' });
    const answer = await both.redeem(code, {}, { client: 'rival' });
    expectToken(answer);
    expect(answer.body).not.toHaveProperty('refresh_token');
  });
});

describe('RFC 6749 §4.1.3 who gets it', async () => {
  const people = await createPeople();

  it('C035 not another client, and the code is still good for its own', async () => {
    const code = await people.code();
    expectRefusal(await people.redeem(code, {}, { client: 'rival' }), 'invalid_grant', 'code_client');
    expectToken(await people.redeem(code));
  });

  it.each([
    ...[undefined, '', DESK.redirect_uris[1], `${CALLBACK}/`, CALLBACK.slice(0, -1), 'https://evil.example/callback'],
    ...[CALLBACK.replace('desk.example', 'DESK.example'), CALLBACK.replace('?desk=7', '')],
  ])('C035 not with the redirect_uri %j', async (redirectUri) => {
    const code = await people.code();
    const answer = await people.redeem(code, { redirect_uri: redirectUri });
    expectRefusal(answer, 'invalid_grant', 'code_redirect_uri');
    expectToken(await people.redeem(code));
  });

  it('not without client authentication', async () => {
    const code = await people.code();
    const answer = await people.redeem(code, { client_id: 'trader' }, { assertion: undefined });
    expectRefusal(answer, 'invalid_client', 'client_unauthenticated');
    expectToken(await people.redeem(code));
  });

  it('FAPI2-5.3.2.1-04 not without a proof', async () => {
    const code = await people.code({}, { proof: 'none' });
    expectRefusal(await people.redeem(code, {}, { proof: 'none' }), 'invalid_dpop_proof', 'proof_missing');
    expectToken(await people.redeem(code));
  });

  it.each([undefined, ''])('not without a code: %j', async (code) => {
    const form = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: VERIFIER };
    expectRefusal(await people.send('token', { form }), 'invalid_request', 'form_malformed');
  });

  it('not for a code that was never given', async () => {
    const code = await people.code();
    for (const wrong of [
      'a',
      'A'.repeat(43),
      `${code}A`,
      code.slice(1),
      code.toUpperCase(),
      `${code}\n`,
      'a'.repeat(9000),
    ]) {
      expectRefusal(await people.redeem(wrong), 'invalid_grant', 'code_unknown');
    }
  });

  it('not as a refresh token, nor a refresh token as a code', async () => {
    expectRefusal(await people.refresh(await people.code()), 'invalid_grant', 'refresh_unknown');
    const { body } = await people.redeem(await people.code());
    expectRefusal(await people.redeem(String(body['refresh_token'])), 'invalid_grant', 'code_unknown');
  });

  it.each(['orders:read positions:read', 'openid', 'everything'])(
    'not for more than was allowed: %s',
    async (scope) => {
      const code = await people.code({ scope: 'orders:read' });
      expectRefusal(await people.redeem(code, { scope }), 'invalid_scope', 'scope_invalid');
      expectToken(await people.redeem(code));
    },
  );

  it('not a client that is no longer registered for the grant', async () => {
    const machine = { ...RIVAL, grant_types: ['client_credentials'] };
    const both = await createPeople({ clients: [DESK, machine] });
    const answer = await both.redeem(await both.code(), {}, { client: 'rival' });
    expectRefusal(answer, 'unauthorized_client', 'grant_not_allowed');
  });
});

describe('FAPI2-5.3.2.1-11 RFC 6749 §4.1.2 a code expires', () => {
  it.each([
    [60, undefined],
    [60, 60],
    [10, 10],
  ])('C034 after %d s where %j is configured', async (seconds, lifetime) => {
    const people = await createPeople(lifetime === undefined ? {} : { code_lifetime: lifetime });
    const [live, late, later] = [await people.code(), await people.code(), await people.code()];
    people.now = NOW + seconds - 1;
    expectToken(await people.redeem(live));
    people.now = NOW + seconds;
    expectRefusal(await people.redeem(late), 'invalid_grant', 'code_unknown');
    people.now = NOW + seconds + 2;
    expectRefusal(await people.redeem(later), 'invalid_grant', 'code_unknown');
  });

  it.each([61, 0, 600])('can never be made to live %d s', async (lifetime) => {
    await expect(createPeople({ code_lifetime: lifetime })).rejects.toThrow(/code_lifetime/);
  });
});

describe('RFC 6749 §4.1.2 a code is good once', () => {
  async function redeemed(people: People, form = {}) {
    const code = await people.code(form);
    const { body } = await people.redeem(code);
    expect(body).toHaveProperty('access_token');
    return { code, access: body['access_token'], refresh: String(body['refresh_token']) };
  }

  it('FAPI2-5.3.2.2-09 BCP-4.2-01 C033 a second later it is refused', async () => {
    const people = await createPeople();
    const { code } = await redeemed(people);
    people.now += 1;
    expectRefusal(await people.redeem(code), 'invalid_grant', 'code_used');
  });

  it.each([
    ['opaque', OPAQUE],
    ['a JWT', { resource_servers: [VENUE_SERVER] }],
  ])('BCP-4.2-01 C033 when it comes again what it gave ends; the access token is %s', async (_form, changes) => {
    const people = await createPeople(changes);
    const { code, access, refresh } = await redeemed(people);
    const { body } = await people.refresh(refresh);
    expect((await ask(people, access)).body).toMatchObject({ active: true, sub: 'person-anna' });
    expectRefusal(await people.redeem(code), 'invalid_grant', 'code_used');
    for (const token of [access, body['access_token']])
      expect((await ask(people, token)).body).toEqual({ active: false });
    expectRefusal(await people.refresh(refresh), 'invalid_grant', 'grant_revoked');
  });

  it.each([60, 3600, 86_400])('BCP-4.2-01 also %d seconds later, when the code has long expired', async (seconds) => {
    const people = await createPeople(OPAQUE);
    const { code, refresh } = await redeemed(people);
    people.now += seconds;
    const { body } = await people.refresh(refresh);
    expect((await ask(people, body['access_token'])).body).toMatchObject({ active: true });
    expectRefusal(await people.redeem(code), 'invalid_grant', 'code_used');
    expect((await ask(people, body['access_token'])).body).toEqual({ active: false });
    expectRefusal(await people.refresh(refresh), 'invalid_grant', 'grant_revoked');
  });

  it('another client that shows it ends nothing, neither soon nor late', async () => {
    const people = await createPeople(OPAQUE);
    const { code, refresh } = await redeemed(people);
    expectRefusal(await people.redeem(code, {}, { client: 'rival' }), 'invalid_grant', 'code_client');
    people.now += 100;
    expectRefusal(await people.redeem(code, {}, { client: 'rival' }), 'invalid_grant', 'code_unknown');
    expectToken(await people.refresh(refresh));
  });

  it('only what it gave ends: what the same person allowed the same client before stays', async () => {
    const people = await createPeople();
    const before = await redeemed(people);
    const { code, refresh } = await redeemed(people);
    await people.redeem(code);
    expectRefusal(await people.refresh(refresh), 'invalid_grant', 'grant_revoked');
    expectToken(await people.refresh(before.refresh));
  });

  it('what was refused does not use it up', async () => {
    const people = await createPeople();
    const code = await people.code();
    for (const form of [
      { code_verifier: 'b'.repeat(43) },
      { redirect_uri: 'a' },
      { scope: 'everything' },
      { resource: 'a:b' },
    ]) {
      expect((await people.redeem(code, form)).status).toBe(400);
    }
    expectRefusal(await people.redeem(code, {}, { proof: 'none' }), 'invalid_dpop_proof');
    expectRefusal(await people.redeem(code, {}, { proof: { payload: { nonce: undefined } } }), 'use_dpop_nonce');
    expectToken(await people.redeem(code));
  });

  it('at whatever step the store fails, it gives nothing', async () => {
    const store = memoryStore({ clock: () => NOW * 1000 });
    let left = Number.POSITIVE_INFINITY;
    const add: Store['add'] = (key, value, expiresAt) => {
      if (left-- <= 0) throw new HoldfastError('store_full');
      return store.add(key, value, expiresAt);
    };
    const people = await createPeople({}, { store: { ...store, add } });
    const statuses: number[] = [];
    for (let steps = 0; statuses.at(-1) !== 200 && steps < 20; steps++) {
      const [code, nonce] = [await people.code(), await people.nonce()];
      left = steps;
      const { status, body } = await people.redeem(code, {}, { proof: { payload: { nonce } } });
      left = Number.POSITIVE_INFINITY;
      statuses.push(status);
      if (status !== 200) expect(Object.keys(body)).toEqual(['error', 'error_description', 'code']);
    }
    // The jti of proof and assertion, that the code was used, the refresh token
    expect(statuses).toEqual([503, 503, 503, 503, 200]);
  });
});
