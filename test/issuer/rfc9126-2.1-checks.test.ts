import { describe, expect, it } from 'vitest';
import { assertion, ISSUER, thiefKey, traderKey } from './forge.ts';
import { CALLBACK, CHALLENGE, createPeople, DESK, type Fields, RIVAL } from './people.ts';
import { expectRefusal } from './scene.ts';

const people = await createPeople();

describe('PAR-4-04 RFC 9126 §2.1 what is pushed is checked as an authorization request', () => {
  it.each<[string, Fields, string, string]>([
    ['FAPI2-5.3.2.2-06 C020 no redirect_uri', { redirect_uri: undefined }, 'invalid_request', 'redirect_uri_missing'],
    ['FAPI2-5.3.2.2-01 C021 no response_type', { response_type: undefined }, 'invalid_request', 'parameter_malformed'],
    ['a response_mode that is not offered', { response_mode: 'fragment' }, 'invalid_request', 'response_mode'],
    ['another one', { response_mode: 'form_post' }, 'invalid_request', 'response_mode'],
    ['a scope beyond the registration', { scope: 'positions:read' }, 'invalid_scope', 'scope_invalid'],
    ['a malformed scope', { scope: 'a  b' }, 'invalid_scope', 'scope_invalid'],
    ['an unknown resource', { resource: 'https://elsewhere.example' }, 'invalid_target', 'resource_invalid'],
    ['none beside another prompt', { prompt: 'none login' }, 'invalid_request', 'parameter_malformed'],
    ['a dpop_jkt that is none', { dpop_jkt: 'a' }, 'invalid_request', 'parameter_malformed'],
    ['a state too long', { state: 'a'.repeat(1025) }, 'invalid_request', 'parameter_malformed'],
    ['a nonce too long', { nonce: 'a'.repeat(513) }, 'invalid_request', 'parameter_malformed'],
    ['a login_hint too long', { login_hint: 'a'.repeat(257) }, 'invalid_request', 'parameter_malformed'],
  ])('%s: refused', async (_name, form, error, code) => {
    expectRefusal(await people.push(form), error, code);
  });

  it.each(['token', 'id_token', 'code id_token', 'code token', 'none', 'CODE', 'code ', ' code', 'code code'])(
    'FAPI2-5.3.2.2-01 C021 the response_type %j: refused',
    async (type) => {
      expectRefusal(await people.push({ response_type: type }), 'unsupported_response_type', 'response_type');
    },
  );

  it.each([
    ...['http://desk.example/callback?desk=7', 'https://evil.example/callback?desk=7', 'https://desk.example/callback'],
    ...[`${CALLBACK}&a=b`, `${CALLBACK}#`, `${CALLBACK}/`, `${CALLBACK} `, CALLBACK.slice(0, -1)],
    ...[
      'https://desk.example/Callback?desk=7',
      'https://DESK.example/callback?desk=7',
      'HTTPS://desk.example/callback?desk=7',
    ],
    ...['https://desk.example:443/callback?desk=7', 'https://desk.example/./callback?desk=7'],
    ...['https://desk.example/%63allback?desk=7', 'https://desk.example@evil.example/callback?desk=7'],
    ...['https://desk.example.evil.example/callback?desk=7', '//desk.example/callback?desk=7', '/callback?desk=7'],
    ...['javascript:alert(1)', 'data:text/html,a', 'urn:ietf:wg:oauth:2.0:oob', 'com.desk.app:/callback', 'a'],
  ])('BCP-2.1-01 PAR-2.4-01 FAPI2-5.3.2.2-08 C020 the redirect_uri %j: refused', async (uri) => {
    expectRefusal(await people.push({ redirect_uri: uri }), 'invalid_request', 'redirect_uri_unregistered');
  });

  it('BCP-2.1-01 every redirect_uri that is registered: taken as it is', async () => {
    for (const uri of DESK.redirect_uris) expect((await people.push({ redirect_uri: uri })).status).toBe(201);
  });

  it('PAR-7.2-01 a redirect_uri of another client: refused', async () => {
    const own = { ...RIVAL, redirect_uris: ['https://rival.example/callback'] };
    const both = await createPeople({ clients: [DESK, own] });
    expect((await both.push({ redirect_uri: own.redirect_uris[0] }, { client: 'rival' })).status).toBe(201);
    for (const [redirectUri, client] of [
      [CALLBACK, 'rival'],
      [own.redirect_uris[0], 'trader'],
    ] as const) {
      const answer = await both.push({ redirect_uri: redirectUri }, { client });
      expectRefusal(answer, 'invalid_request', 'redirect_uri_unregistered');
    }
  });

  it('BCP-2.1-01 FAPI2-5.3.2.2-08 of a loopback address the port is free, and nothing else', async () => {
    const loopback = ['http://127.0.0.1/cb?a=b', 'http://[::1]:9000/cb'];
    const native = await createPeople({ clients: [{ ...DESK, redirect_uris: loopback }] });
    for (const uri of [
      'http://127.0.0.1/cb?a=b',
      'http://127.0.0.1:51004/cb?a=b',
      'http://[::1]/cb',
      'http://[::1]:1/cb',
    ]) {
      expect((await native.push({ redirect_uri: uri })).status).toBe(201);
    }
    for (const uri of [
      ...['http://127.0.0.1:51004/cb', 'http://127.0.0.1:51004/cb?a=c', 'https://127.0.0.1:51004/cb?a=b'],
      ...['http://localhost:51004/cb?a=b', 'http://127.0.0.2:51004/cb?a=b', 'http://127.0.0.1:51004/cb?a=b#'],
      ...['http://127.0.0.1:51004@evil.example/cb?a=b', 'http://127.1/cb?a=b', 'http://127.0.0.1:99999/cb?a=b'],
    ]) {
      expectRefusal(await native.push({ redirect_uri: uri }), 'invalid_request', 'redirect_uri_unregistered');
    }
  });

  it('PAR-2.3-01 a refusal is JSON, nobody is sent anywhere and no value comes back', async () => {
    const { status, headers, text } = await people.push({
      redirect_uri: 'https://evil.example/swordfish',
      state: 'tuna',
    });
    expect(status).toBe(400);
    expect(headers).toMatchObject({ 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    expect(headers).not.toHaveProperty('Location');
    for (const value of ['swordfish', 'evil', 'tuna']) expect(text).not.toContain(value);
  });
});

describe('RFC 6749 §5.2 a client that is not registered for the grant', () => {
  it('cannot push', async () => {
    const machine = { ...RIVAL, grant_types: ['client_credentials'] };
    const both = await createPeople({ clients: [DESK, machine] });
    expectRefusal(await both.push({}, { client: 'rival' }), 'unauthorized_client', 'grant_not_allowed');
  });
});

describe('RFC 9126 §3 a signed request object', () => {
  const claims = {
    ...{ iss: 'trader', aud: ISSUER, nbf: people.now, exp: people.now + 60, client_id: 'trader' },
    ...{ response_type: 'code', redirect_uri: CALLBACK, scope: 'orders:read' },
    ...{ code_challenge: CHALLENGE, code_challenge_method: 'S256' },
  };
  const object = (changes: object = {}, key = traderKey) =>
    assertion({ key, payload: { sub: undefined, iat: undefined, jti: undefined, ...claims, ...changes } });

  it('PAR-3-02 is taken when the client signed it', async () => {
    expect((await people.push({ request: object() })).status).toBe(201);
  });

  it('PAR-3-02 is refused with the signature of another client', async () => {
    const request = object({}, thiefKey);
    expectRefusal(await people.push({ request }), 'invalid_request_object', 'request_object_signature');
  });

  it.each(['rival', undefined, 7])('PAR-3-02 is refused with the client_id %j', async (clientId) => {
    const request = object({ client_id: clientId });
    expectRefusal(await people.push({ request }), 'invalid_request_object', 'request_object_claims');
  });

  it('PAR-2.3-02 is needed where the client registered for it', async () => {
    const strict = await createPeople({ clients: [DESK, { ...RIVAL, require_signed_request_object: true }] });
    const unsigned = await strict.push({}, { client: 'rival' });
    expectRefusal(unsigned, 'invalid_request', 'request_object_required');
    const request = object({ iss: 'rival', client_id: 'rival' }, thiefKey);
    expect((await strict.push({ request }, { client: 'rival' })).status).toBe(201);
  });
});
