import { calculateJwkThumbprint } from 'jose';
import { describe, expect, it } from 'vitest';
import { claims, NOW, proofKey, thiefKey, traderKey, VENUE } from './forge.ts';
import { createPeople, DESK, type Fields, ORDER, ORDER_ENTRY, type People, RIVAL, type Sent } from './people.ts';
import { ask, VENUE_SERVER } from './questions.ts';
import { expectRefusal, expectToken } from './scene.ts';

const READ_WRITE = 'orders:read orders:write';

/** A refresh token of what was asked for. */
async function refreshable(people: People, form: Fields = {}, sent: Sent = {}): Promise<string> {
  const { body } = await people.redeem(await people.code(form, sent), {}, sent);
  return String(body['refresh_token']);
}

/** Moves the clock and tells whether the token still serves. */
async function serves(people: People, token: string, at: number): Promise<boolean> {
  people.now = at;
  const { status, body } = await people.refresh(token);
  if (status === 200) return true;
  expect(body).toMatchObject({ error: 'invalid_grant', code: 'refresh_unknown' });
  return false;
}

describe('RFC 6749 §6 what a refresh token gives', async () => {
  const people = await createPeople();
  const token = await refreshable(people);

  it('FAPI2-5.3.2.1-09 C054 C032 an access token, JSON that nobody keeps, and no other refresh token', async () => {
    const { status, headers, body } = await people.refresh(token);
    expect({ status, body }).toEqual({
      status: 200,
      body: { access_token: expect.any(String), token_type: 'DPoP', expires_in: 300, scope: READ_WRITE },
    });
    expect(headers).toMatchObject({ 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    expect(claims(body['access_token'])).toMatchObject({ sub: 'person-anna', client_id: 'trader', aud: VENUE });
  });

  it('FAPI2-5.3.2.1-09 C054 again and again, also when many ask at one moment', async () => {
    const nonce = await people.nonce();
    const send = () => people.refresh(token, {}, { proof: { payload: { nonce } } });
    const answers = await Promise.all(Array.from({ length: 20 }, send));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body['access_token'])).size).toBe(20);
  });

  it('FAPI2-6.1-01 an access token of five minutes where nothing else is configured', async () => {
    const { iat, exp } = claims((await people.refresh(token)).body['access_token']);
    expect(Number(exp) - Number(iat)).toBe(300);
  });
});

describe('RFC 9449 §5 the refresh token of a confidential client is bound to the client', async () => {
  const people = await createPeople();

  it.each([
    ['the same key', proofKey],
    ['a new one', thiefKey],
    ['one more', traderKey],
  ])('DPOP-5-09 C052 it serves with %s, and the token is bound to that', async (_name, key) => {
    const { body } = await people.refresh(await refreshable(people), {}, { proof: { key } });
    expect(body['token_type']).toBe('DPoP');
    expect(claims(body['access_token'])['cnf']).toEqual({ jkt: await calculateJwkThumbprint(key.jwk) });
  });

  it('C053 it does not serve another client, and is still good for its own', async () => {
    const token = await refreshable(people);
    expectRefusal(await people.refresh(token, {}, { client: 'rival' }), 'invalid_grant', 'refresh_client');
    expectToken(await people.refresh(token));
  });

  it('C053 it does not serve who does not authenticate', async () => {
    const token = await refreshable(people);
    for (const form of [{}, { client_id: 'trader' }]) {
      const answer = await people.refresh(token, form, { assertion: undefined });
      expectRefusal(answer, 'invalid_client', 'client_unauthenticated');
    }
  });

  it('FAPI2-5.3.2.1-04 C053 keycloak#36475 it does not serve without a proof', async () => {
    const token = await refreshable(people);
    expectRefusal(await people.refresh(token, {}, { proof: 'none' }), 'invalid_dpop_proof', 'proof_missing');
  });

  it('FAPI2-5.3.2.1-04 C053 it does not serve without a certificate where the client registered for that', async () => {
    const certified = { ...DESK, dpop_bound_access_tokens: false, tls_client_certificate_bound_access_tokens: true };
    const bank = await createPeople({ clients: [certified, RIVAL] });
    const request = { certificate: Buffer.from('a certificate') };
    const { body } = await bank.redeem(await bank.code({}, { proof: 'none' }), {}, { proof: 'none', request });
    expect(body['token_type']).toBe('Bearer');
    const token = String(body['refresh_token']);
    expectRefusal(await bank.refresh(token, {}, { proof: 'none' }), 'invalid_request', 'binding_missing');
    expectToken(await bank.refresh(token, {}, { proof: 'none', request }));
  });

  it('atproto#3859 a nonce challenge uses nothing up, not even the assertion', async () => {
    const token = await refreshable(people);
    const challenged = await people.refresh(token, {}, { proof: { payload: { nonce: undefined } } });
    expectRefusal(challenged, 'use_dpop_nonce');
    const nonce = challenged.headers['DPoP-Nonce'];
    expectToken(await people.refresh(token, {}, { proof: { payload: { nonce } } }));
  });

  it.each([undefined, '', 'a', 'A'.repeat(43), '.', 'a'.repeat(9000)])('nobody is served for %j', async (token) => {
    const form = { grant_type: 'refresh_token', refresh_token: token };
    const isMissing = token === undefined || token === '';
    const [error, code] = isMissing ? ['invalid_request', 'form_malformed'] : ['invalid_grant', 'refresh_unknown'];
    expectRefusal(await people.send('token', { form }), error ?? '', code);
  });

  it('an access token is no refresh token', async () => {
    const { body } = await people.refresh(await refreshable(people));
    expectRefusal(await people.refresh(String(body['access_token'])), 'invalid_grant', 'refresh_unknown');
  });
});

describe('BCP-4.14-01 RFC 6749 §6 the scope never grows', async () => {
  const people = await createPeople();

  it('C055 it may be less for one token; the next one has all of it again', async () => {
    const token = await refreshable(people);
    for (const scope of ['orders:read', 'orders:write', undefined, 'orders:write orders:read', 'orders:read']) {
      const { body } = await people.refresh(token, { scope });
      expect(body['scope']).toBe(scope ?? READ_WRITE);
      expect(claims(body['access_token'])['scope']).toBe(scope ?? READ_WRITE);
    }
  });

  it.each([READ_WRITE, 'orders:write', 'openid', 'orders:read offline_access', 'positions:read', 'everything'])(
    'C055 %j is refused where orders:read was allowed, although the client may ask for it',
    async (scope) => {
      const token = await refreshable(people, { scope: 'orders:read' });
      expectRefusal(await people.refresh(token, { scope }), 'invalid_scope', 'scope_invalid');
      expect((await people.refresh(token)).body['scope']).toBe('orders:read');
    },
  );

  it('C055 less at the code is still all of it at the refresh', async () => {
    const { body } = await people.redeem(await people.code(), { scope: 'orders:read' });
    expect(body['scope']).toBe('orders:read');
    expect((await people.refresh(String(body['refresh_token']))).body['scope']).toBe(READ_WRITE);
  });

  it('the resource may be named and no other one asked for', async () => {
    const token = await refreshable(people);
    expectToken(await people.refresh(token, { resource: VENUE }));
    const elsewhere = await people.refresh(token, { resource: 'https://elsewhere.example' });
    expectRefusal(elsewhere, 'invalid_target', 'resource_invalid');
  });

  it('a resource that was not allowed is refused although the issuer has it', async () => {
    const desk = { resource: 'https://desk.example', scope: 'orders:read' };
    const venue = { resource: VENUE, scope: READ_WRITE };
    const two = await createPeople({ resources: [venue, desk] });
    const token = await refreshable(two, { resource: VENUE });
    expectToken(await two.refresh(token));
    const answer = await two.refresh(token, { scope: 'orders:read', resource: desk.resource });
    expectRefusal(answer, 'invalid_target', 'resource_invalid');
  });

  it('details that were allowed come again, and others never', async () => {
    const two = await createPeople({ authorization_details_types: [ORDER_ENTRY] });
    const token = await refreshable(two, { authorization_details: JSON.stringify([ORDER]) });
    expect((await two.refresh(token)).body['authorization_details']).toEqual([ORDER]);
    const more = [{ ...ORDER, maximum_notional: { amount: '9000000', currency: 'USD' } }];
    const answer = await two.refresh(token, { authorization_details: JSON.stringify(more) });
    expectRefusal(answer, 'invalid_authorization_details', 'authorization_details_invalid');
  });

  it('a refreshed answer has no ID token, and userinfo still knows the person', async () => {
    const token = await refreshable(people, { scope: 'openid orders:read' });
    const { body } = await people.refresh(token);
    expect(body).not.toHaveProperty('id_token');
    expect(claims(body['access_token'])['scope']).toBe('openid orders:read');
  });
});

describe('C055 a refresh token ends with its grant', () => {
  it('when it is revoked, and with it every access token that came from it', async () => {
    const people = await createPeople({
      resource_servers: [VENUE_SERVER],
      clients: [{ ...DESK, access_token_format: 'opaque' }, RIVAL],
    });
    const token = await refreshable(people);
    const { body } = await people.refresh(token);
    expect((await people.send('revoke', { form: { token } })).status).toBe(200);
    expectRefusal(await people.refresh(token), 'invalid_grant', 'grant_revoked');
    expect((await ask(people, body['access_token'])).body).toEqual({ active: false });
  });
});

describe('RFC 9700 §4.14 a refresh token expires', () => {
  const DAY = 86_400;

  it('BCP-4.14-03 when nobody uses it for the time that is configured', async () => {
    const people = await createPeople({ refresh_token_idle_lifetime: 400 });
    const [early, late] = [await refreshable(people), await refreshable(people)];
    expect(await serves(people, early, NOW + 400)).toBe(true);
    expect(await serves(people, late, NOW + 401)).toBe(false);
  });

  it('BCP-4.14-03 a week where nothing is configured', async () => {
    const people = await createPeople();
    const [early, late] = [await refreshable(people), await refreshable(people)];
    expect(await serves(people, early, NOW + 7 * DAY)).toBe(true);
    expect(await serves(people, late, NOW + 7 * DAY + 1)).toBe(false);
  });

  // A use is noted by the quarter, so that a busy client does not write each time
  it.each([
    [400, 0],
    [400, 1],
    [400, 99],
    [63, 0],
    [63, 14],
    [63, 15],
  ])('BCP-4.14-03 a use gives it the whole time again: %d s, %d s into a quarter', async (idle, offset) => {
    const people = await createPeople({ refresh_token_idle_lifetime: idle });
    const token = await refreshable(people);
    const quarter = Math.ceil(idle / 4);
    let used = NOW + quarter - (NOW % quarter) + offset;
    expect(await serves(people, token, used)).toBe(true);
    for (let i = 0; i < 5; i++) {
      used += idle;
      expect(await serves(people, token, used)).toBe(true);
    }
    expect(await serves(people, token, used + idle + quarter + 1)).toBe(false);
  });

  it('BCP-4.14-03 being refused is no use', async () => {
    const people = await createPeople({ refresh_token_idle_lifetime: 400 });
    const token = await refreshable(people);
    people.now = NOW + 399;
    expectRefusal(await people.refresh(token, {}, { client: 'rival' }), 'invalid_grant', 'refresh_client');
    expectRefusal(await people.refresh(token, { scope: 'everything' }), 'invalid_scope');
    expectRefusal(await people.refresh(token, {}, { proof: 'none' }), 'invalid_dpop_proof');
    expect(await serves(people, token, NOW + 401)).toBe(false);
  });

  it('at the end of what was allowed, however often it is used', async () => {
    const people = await createPeople({ refresh_token_lifetime: 1000, refresh_token_idle_lifetime: 400 });
    const token = await refreshable(people);
    for (const at of [300, 600, 900, 1000]) expect(await serves(people, token, NOW + at)).toBe(true);
    expect(await serves(people, token, NOW + 1001)).toBe(false);
  });
});
