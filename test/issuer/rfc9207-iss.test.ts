import type { Issuer } from '@holdfast/issuer';
import { describe, expect, it } from 'vitest';
import { ASSERTION_TYPE, assertion, claims, ISSUER } from './forge.ts';
import { browser, CALLBACK, CHALLENGE, createPeople, DESK, type Fields, type People, RIVAL } from './people.ts';
import { expectRefusal } from './scene.ts';

/** Goes through the pages. Returns what the browser is sent on with. */
async function answered(people: People, form: Fields = {}, decision: 'approve' | 'deny' = 'approve') {
  const its = browser();
  const path = await people.open(its, await people.pushed(form));
  await people.logIn(its, path);
  const decided = await people.decide(its, path, decision);
  return { ...decided, location: new URL(decided.headers['Location'] ?? '') };
}

/** Asks without wanting anybody to be asked. */
async function silently(people: People, form: Fields = {}) {
  const requestUri = await people.pushed({ prompt: 'none', ...form });
  const query = new URLSearchParams({ client_id: 'trader', request_uri: requestUri });
  const reply = await people.browse(browser(), `/authorize?${query}`);
  return { ...reply, location: new URL(reply.headers['Location'] ?? '') };
}

describe('RFC 9207 §2, RFC 6749 §4.1.2 the answer to the client', async () => {
  const people = await createPeople();

  it('ISS-2-01 FAPI2-5.3.2.2-07 FAPI2-5.3.2.2-11 C026 of success: code, state and iss in the query, by 303', async () => {
    const { status, headers, location } = await answered(people);
    expect(status).toBe(303);
    expect(Object.fromEntries(location.searchParams)).toEqual({
      desk: '7',
      code: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      state: 'a state',
      iss: ISSUER,
    });
    expect(location.hash).toBe('');
    // The query that the client registered comes first and as it was
    expect(headers['Location']?.startsWith(`${CALLBACK}&code=`)).toBe(true);
    expect(headers).toMatchObject({ 'Cache-Control': 'no-store', 'Referrer-Policy': 'no-referrer' });
  });

  it('C026 has no state where none was sent', async () => {
    const { location } = await answered(people, { state: undefined });
    expect([...location.searchParams.keys()]).toEqual(['desk', 'code', 'iss']);
  });

  it('C026 of a redirect_uri without query begins one', async () => {
    const { headers } = await answered(people, { redirect_uri: 'https://desk.example/other' });
    expect(headers['Location']).toMatch(/^https:\/\/desk\.example\/other\?code=[^?]*$/);
  });

  it('ISS-2-01 C027 of a denial: access_denied, state and iss, and no code', async () => {
    const { status, location } = await answered(people, {}, 'deny');
    expect(status).toBe(303);
    expect(Object.fromEntries(location.searchParams)).toEqual({
      desk: '7',
      error: 'access_denied',
      error_description: expect.stringMatching(/^[\x20\x21\x23-\x5B\x5D-\x7E]+$/),
      state: 'a state',
      iss: ISSUER,
    });
  });

  it('ISS-2-01 C027 of a denial before anybody logged in: the same', async () => {
    const its = browser();
    const path = await people.open(its, await people.pushed());
    const { headers } = await people.decide(its, path, 'deny');
    const { searchParams } = new URL(headers['Location'] ?? '');
    expect(Object.fromEntries(searchParams)).toMatchObject({ error: 'access_denied', state: 'a state', iss: ISSUER });
  });

  it('ISS-2-01 of prompt=none: login_required, state and iss, without a page', async () => {
    const { status, headers, location } = await silently(people, { nonce: 'n' });
    expect(status).toBe(303);
    expect(`${location.origin}${location.pathname}`).toBe('https://desk.example/callback');
    expect(Object.fromEntries(location.searchParams)).toMatchObject({
      error: 'login_required',
      state: 'a state',
      iss: ISSUER,
    });
    expect(location.searchParams.has('code')).toBe(false);
    expect(headers).not.toHaveProperty('Set-Cookie');
  });

  it('asks everybody where another prompt is wanted', async () => {
    for (const prompt of ['login', 'consent', 'select_account', 'login consent']) {
      expect(await people.open(browser(), await people.pushed({ prompt }))).toMatch(/^\/interaction\//);
    }
  });

  it.each(['https://issuer.example', 'https://issuer.example:8443', 'https://issuer.example/tenants/a-b'])(
    'ISS-2-02 ISS-2.3-01 C003 iss is the issuer of the metadata: %s',
    async (url) => {
      const { issuer } = await createPeople({ issuer: url });
      const metadata = JSON.parse(issuer.metadata().body);
      expect(metadata).toMatchObject({ issuer: url, authorization_response_iss_parameter_supported: true });
      const { headers } = await issuer.authorization.authorize({
        method: 'GET',
        target: `/authorize?${new URLSearchParams({ client_id: 'trader', request_uri: await pushedTo(issuer, url) })}`,
        origin: new URL(url).origin,
        headers: [],
        body: '',
      });
      const iss = new URL(headers['Location'] ?? '').searchParams.get('iss');
      expect(iss).toBe(metadata.issuer);
      expect(iss).toMatch(/^https:\/\/[^?#]+$/);
    },
  );
});

/** A request that is answered without a page, of an issuer with another URL. */
async function pushedTo(issuer: Issuer, url: string): Promise<string> {
  const form = {
    client_assertion: assertion({ payload: { aud: url } }),
    client_assertion_type: ASSERTION_TYPE,
    ...{ response_type: 'code', redirect_uri: CALLBACK, scope: 'orders:read', prompt: 'none' },
    ...{ code_challenge: CHALLENGE, code_challenge_method: 'S256' },
  };
  const { body } = await issuer.push({
    method: 'POST',
    target: '/par',
    origin: new URL(url).origin,
    headers: ['Content-Type', 'application/x-www-form-urlencoded'],
    body: new URLSearchParams(form).toString(),
  });
  return JSON.parse(body).request_uri;
}

describe('RFC 6749 §4.1.1 state comes back as it was', async () => {
  const people = await createPeople();
  const printable = String.fromCharCode(...Array.from({ length: 95 }, (_, i) => 32 + i));

  it.each([
    ['128 characters', 'a1'.repeat(64)],
    ['1000 characters', 'xyz_-0987.'.repeat(100)],
    ['1024 characters', 'b'.repeat(1024)],
    ['every sign of ASCII', printable],
    ['what looks like another parameter', '&code=evil&iss=https://evil.example#'],
    ['percent signs', '%41%zz%'],
    ['letters that are not ASCII', 'Zürich 🏦'],
    ['line breaks', 'a\r\nLocation: https://evil.example\r\n\r\n'],
  ])('C028 %s', async (_name, state) => {
    for (const decision of ['approve', 'deny'] as const) {
      const { headers, location } = await answered(people, { state }, decision);
      expect(location.searchParams.getAll('state')).toEqual([state]);
      expect(location.searchParams.getAll('iss')).toEqual([ISSUER]);
      expect(headers['Location']).toMatch(/^[\x21-\x7E]+$/);
    }
    expect((await silently(people, { state })).location.searchParams.getAll('state')).toEqual([state]);
  });

  it('C028 or the request is refused: 1025 characters', async () => {
    expectRefusal(await people.push({ state: 'a'.repeat(1025) }), 'invalid_request', 'parameter_malformed');
  });
});

describe('OIDC Core §3.1.2.1 nonce comes back in the ID token as it was', async () => {
  const people = await createPeople();

  async function idToken(form: Fields) {
    const code = await people.code({ scope: 'openid orders:read', ...form });
    return claims((await people.redeem(code)).body['id_token']);
  }

  it.each([1, 43, 64, 384, 512])('FAPI2-5.3.2.2-14 C028 %d characters', async (length) => {
    const nonce = 'n-0S6_WzA2Mj'.repeat(50).slice(0, length);
    expect((await idToken({ nonce }))['nonce']).toBe(nonce);
  });

  it('C028 is not made up where none was sent', async () => {
    expect(await idToken({})).not.toHaveProperty('nonce');
  });

  it('C028 or the request is refused: 513 characters', async () => {
    expectRefusal(await people.push({ nonce: 'a'.repeat(513) }), 'invalid_request', 'parameter_malformed');
  });
});

describe('RFC 6749 §3.3 the order of scope values', () => {
  it.each(['openid orders:write orders:read', 'orders:read openid orders:write', 'orders:write orders:read openid'])(
    'C028 does not matter: %s',
    async (scope) => {
      const people = await createPeople({ clients: [DESK, RIVAL] });
      const { body } = await people.redeem(await people.code({ scope }));
      expect(new Set(String(body['scope']).split(' '))).toEqual(new Set(['openid', 'orders:read', 'orders:write']));
      expect(body).toHaveProperty('id_token');
    },
  );
});
