import { describe, expect, it } from 'vitest';
import { claims, VENUE } from './forge.ts';
import { createPeople, DESK, type Fields, ORDER, RIVAL, type Sent } from './people.ts';
import { ask, VENUE_SERVER } from './questions.ts';
import { expectRefusal, expectToken } from './scene.ts';

const MACHINE = { ...RIVAL, grant_types: ['client_credentials'] };
const ONCE = { ...RIVAL, grant_types: ['authorization_code'] };

const people = await createPeople();

/** A token request of a client for itself. */
const forItself = (form: Fields = {}, sent: Sent = {}) =>
  people.send('token', { ...sent, form: { grant_type: 'client_credentials', ...form } });

describe('RFC 6749 §4.4 a client for itself, which may also ask people', () => {
  it('C056 gets an access token and nothing else, although it is registered for more', async () => {
    const { status, headers, body } = await forItself();
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'scope', 'token_type']);
    expect(body['scope']).toBe('orders:read orders:write');
    expect(claims(body['access_token'])).toMatchObject({ sub: 'trader', client_id: 'trader', aud: VENUE });
  });

  it.each(['openid', 'offline_access', 'openid orders:read', 'positions:read', 'everything'])(
    'C057 does not get %j: nobody is there, or it is beyond the registration',
    async (scope) => expectRefusal(await forItself({ scope }), 'invalid_scope', 'scope_invalid'),
  );

  it('BCP-2.3-01 FAPI2-5.3.2.1-14 gets less when it asks for less', async () => {
    expect(claims(expectToken(await forItself({ scope: 'orders:read' })))['scope']).toBe('orders:read');
    const { body } = await forItself({ authorization_details: JSON.stringify([ORDER]) });
    expect(claims(body['access_token'])).not.toHaveProperty('scope');
  });

  it('FAPI2-5.3.2.1-04 C057 gets nothing without a proof', async () => {
    expectRefusal(await forItself({}, { proof: 'none' }), 'invalid_dpop_proof', 'proof_missing');
  });

  it('C056 two requests are two grants: the end of one is not that of the other', async () => {
    const asked = await createPeople({ resource_servers: [VENUE_SERVER] });
    const send = async () => expectToken(await asked.send('token', { form: { grant_type: 'client_credentials' } }));
    const [one, other] = [await send(), await send()];
    await asked.send('revoke', { form: { token: one } });
    expect((await ask(asked, one)).body).toEqual({ active: false });
    expect((await ask(asked, other)).body).toMatchObject({ active: true });
  });
});

describe('RFC 6749 §5.2 a client and the grants that it is not registered for', () => {
  it.each([
    ['C036 client_credentials', ONCE, 'client_credentials'],
    ['C036 authorization_code', MACHINE, 'authorization_code'],
    ['C036 refresh_token', MACHINE, 'refresh_token'],
    ['C036 refresh_token', ONCE, 'refresh_token'],
  ])('%s: refused', async (_name, client, grantType) => {
    const both = await createPeople({ clients: [DESK, client] });
    const form = { grant_type: grantType, code: 'a', refresh_token: 'a' };
    expectRefusal(await both.send('token', { form, client: 'rival' }), 'unauthorized_client', 'grant_not_allowed');
  });

  it.each([
    ...['password', 'implicit', 'token', 'code', 'AUTHORIZATION_CODE', 'authorization_code ', 'refresh_token,password'],
    ...['urn:ietf:params:oauth:grant-type:token-exchange', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
    ...[
      'urn:ietf:params:oauth:grant-type:device_code',
      'urn:openid:params:grant-type:ciba',
      '__proto__',
      'constructor',
    ],
  ])('FAPI2-5.3.2.1-02 BCP-2.4-01 C036 %j is no grant of this issuer', async (grantType) => {
    const form = { username: 'anna', password: 'a', code: await people.code(), assertion: 'a', refresh_token: 'a' };
    const answer = await people.send('token', { form: { ...form, grant_type: grantType } });
    expectRefusal(answer, 'unsupported_grant_type', 'grant_unsupported');
  });
});

describe('RFC 9449 §11.2 where nonces are off', () => {
  it('DPOP-11.2-01 a token lives five minutes where nothing else is configured, and never more than an hour', async () => {
    const off = await createPeople({ dpop_nonce: 'off' });
    const proof = { payload: { nonce: undefined } };
    const answer = await off.send('token', { form: { grant_type: 'client_credentials' }, proof });
    const { iat, exp } = claims(expectToken(answer));
    expect(Number(exp) - Number(iat)).toBe(300);
    await expect(createPeople({ dpop_nonce: 'off', access_token_lifetime: 3601 })).rejects.toThrow(
      /access_token_lifetime/,
    );
  });
});
