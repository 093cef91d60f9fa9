import { hash } from 'node:crypto';
import { expect, it } from 'vitest';
import { assertion, proof, thiefKey, traderKey } from './forge.ts';
import { call, FORM, form, raw, serve } from './listeners.ts';
import { INITIAL, MACHINE } from './registration-scene.ts';

const now = () => Math.floor(Date.now() / 1000);
const registration = {
  initial_access_token_hashes: [hash('sha256', INITIAL, 'base64url')],
  scope: 'orders:read positions:read',
};

// Who registers may register for people
const people = { login: { check: async () => undefined } };

function json(token: string) {
  return { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
}

it.each(['', '/desks/a'])(
  'RFC 7591 §3, RFC 7592 §2: a client finds, registers, works, changes its key and goes, over TLS, at the path %j',
  async (path) => {
    await using served = await serve({ registration, dpop_nonce: 'off' }, path, people);
    const { origin } = served;
    const issuer = origin + path;
    const { body: metadata } = await call(origin, {
      method: 'GET',
      path: `/.well-known/oauth-authorization-server${path}`,
    });
    expect(metadata['registration_endpoint']).toBe(`${issuer}/register`);

    const registered = await call(origin, {
      path: `${path}/register`,
      headers: json(INITIAL),
      body: JSON.stringify(MACHINE),
    });
    expect([registered.status, registered.headers['cache-control']]).toEqual([201, ['no-store']]);
    const { client_id: id, registration_access_token: token, registration_client_uri: uri } = registered.body;
    const own = { path: new URL(String(uri)).pathname, headers: json(String(token)) };

    const tokenBy = async (key: typeof traderKey) => {
      const times = { iat: now(), exp: now() + 60 };
      const shown = assertion({ key, payload: { iss: id, sub: id, aud: issuer, ...times } });
      const headers = { ...FORM, DPoP: proof({ payload: { htu: `${issuer}/token`, iat: now() } }) };
      const { status, body } = await call(origin, { path: `${path}/token`, headers, body: form({ assertion: shown }) });
      return [status, body['code'] ?? body['scope']];
    };
    expect(await tokenBy(traderKey)).toEqual([200, 'orders:read positions:read']);

    const next = JSON.stringify({ ...MACHINE, client_id: id, jwks: { keys: [thiefKey.jwk] } });
    expect(await call(origin, { ...own, method: 'PUT', body: next })).toMatchObject({ status: 200 });
    expect(await tokenBy(traderKey)).toEqual([401, 'assertion_signature']);
    expect((await tokenBy(thiefKey))[0]).toBe(200);
    expect((await call(origin, { ...own, method: 'GET' })).body).toMatchObject({ jwks: { keys: [thiefKey.jwk] } });

    const gone = await call(origin, { ...own, method: 'DELETE' });
    expect([gone.status, gone.text, gone.headers['content-type']]).toEqual([204, '', undefined]);
    expect(await tokenBy(thiefKey)).toEqual([401, 'client_unknown']);
    expect(await call(origin, { ...own, method: 'GET' })).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': ['Bearer error="invalid_token"'] },
    });
    expect(served.logs.join()).not.toContain(String(token));
    expect(served.logs.join()).not.toContain(INITIAL);
  },
);

it('RFC 6750 §2: two Authorization fields, of which Node drops one, are seen', async () => {
  await using served = await serve({ registration }, '', people);
  const body = JSON.stringify(MACHINE);
  const fields = ['Content-Type: application/json', `Content-Length: ${body.length}`, 'Connection: close'];
  const tokens = [INITIAL, 'another'].map((token) => `Authorization: Bearer ${token}`);
  const request = ['POST /register HTTP/1.1', 'Host: localhost', ...tokens, ...fields, '', body].join('\r\n');
  expect(await raw(served.origin, request)).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"credentials_duplicated"/);
});

it('RFC 7591 §3: where nobody may register there is no endpoint', async () => {
  await using served = await serve();
  const { body } = await call(served.origin, { method: 'GET', path: '/.well-known/oauth-authorization-server' });
  expect(body).not.toHaveProperty('registration_endpoint');
  const answer = await call(served.origin, {
    path: '/register',
    headers: json(INITIAL),
    body: JSON.stringify(MACHINE),
  });
  expect(answer.status).toBe(404);
});

it('RFC 7591 §3.1: a body of more than 64 KiB is refused', async () => {
  await using served = await serve({ registration }, '', people);
  const body = JSON.stringify({ ...MACHINE, more: 'x'.repeat(65_536) });
  const answer = await call(served.origin, { path: '/register', headers: json(INITIAL), body });
  expect([answer.status, answer.headers['cache-control']]).toEqual([413, ['no-store']]);
});
