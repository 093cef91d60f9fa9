import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ASSERTION_TYPE, assertion, proof } from './forge.ts';
import { type Call, call, FORM, type Received, type Served, serve } from './listeners.ts';
import { CALLBACK, CHALLENGE, csrfOf, DESK, PASSWORD, VERIFIER } from './people.ts';
import { TRADER } from './scene.ts';

const login = {
  check: async (name: string, password: string) =>
    password === PASSWORD ? { sub: `person-${name}`, name } : undefined,
};
const CHANGES = { clients: [{ ...DESK, authorization_details_types: [] }] };
const WELL_KNOWN = '/.well-known/oauth-authorization-server';

let served: Served;
beforeAll(async () => {
  served = await serve(CHANGES, '', { login });
});
afterAll(() => served[Symbol.asyncDispose]());

const now = () => Math.floor(Date.now() / 1000);

/** A form of the client, authenticated. */
function clientForm(fields: Record<string, string>, issuer = served.issuer.config.issuer): string {
  const payload = { aud: issuer, iat: now(), exp: now() + 60 };
  const client = { client_assertion: assertion({ payload }), client_assertion_type: ASSERTION_TYPE };
  return new URLSearchParams({ ...client, ...fields }).toString();
}

const ASKED = {
  ...{ response_type: 'code', redirect_uri: CALLBACK, scope: 'openid orders:read', state: 'a' },
  ...{ code_challenge: CHALLENGE, code_challenge_method: 'S256' },
};

async function push({ origin, issuer }: Served = served, path = '/par'): Promise<Received> {
  return await call(origin, { path, headers: FORM, body: clientForm(ASKED, issuer.config.issuer) });
}

/** A browser: keeps cookies, follows nothing by itself. */
function surfer({ origin }: Served) {
  const cookies: string[] = [];
  return async (path: string, form?: Record<string, string>, more: Call['headers'] = {}): Promise<Received> => {
    const posted = form === undefined ? {} : { ...FORM, origin };
    const answer = await call(origin, {
      method: form === undefined ? 'GET' : 'POST',
      path,
      headers: { cookie: cookies.join('; '), ...posted, ...more },
      body: form === undefined ? '' : new URLSearchParams(form).toString(),
    });
    cookies.push(...(answer.headers['set-cookie'] ?? []).map((line) => line.split(';')[0] ?? ''));
    return answer;
  };
}

const locationOf = ({ headers }: Received) => headers['location']?.[0] ?? '';

/** From the front door to the client's own URL. All answers, the last one leads there. */
async function walk(to: Served, path = ''): Promise<Received[]> {
  const surf = surfer(to);
  const { body } = await push(to, `${path}/par`);
  const query = new URLSearchParams({ client_id: 'trader', request_uri: String(body['request_uri']) });
  const opened = await surf(`${path}/authorize?${query}`);
  const page = new URL(locationOf(opened)).pathname;
  const loginPage = await surf(page);
  const loggedIn = await surf(page, { csrf: csrfOf(loginPage.text), login: 'anna', password: PASSWORD });
  const consentPage = await surf(page);
  const decided = await surf(page, { csrf: csrfOf(consentPage.text), decision: 'approve' });
  return [opened, loginPage, loggedIn, consentPage, decided];
}

describe('the way through the pages over TLS', () => {
  it('FAPI2-5.3.2.2-10 FAPI2-5.3.2.2-11 BCP-4.12-01 C026 redirects by 303, above all after the password', async () => {
    const answers = await walk(served);
    expect(answers.map(({ status }) => status)).toEqual([303, 200, 303, 200, 303]);
    for (const { headers, text } of answers) {
      expect(headers['cache-control']).toEqual(['no-store']);
      expect(text).not.toContain(PASSWORD);
    }
    expect(locationOf(answers[4] as Received)).toMatch(/^https:\/\/desk\.example\/callback\?desk=7&code=/);
  });

  it('FAPI2-5.2.3-01 FAPI2-5.2.3-03 lets no other origin in, and browsers come back over TLS', async () => {
    const answers = await walk(served);
    const { origin } = served;
    const asked = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    for (const path of ['/authorize', new URL(locationOf(answers[0] as Received)).pathname]) {
      answers.push(await call(origin, { method: 'OPTIONS', path, headers: asked }));
      answers.push(await call(origin, { method: 'GET', path, headers: asked }));
    }
    for (const { headers } of answers) {
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
    for (const page of [answers[1], answers[3]]) {
      expect(page?.headers['strict-transport-security']?.[0]).toMatch(/^max-age=\d{8}/);
    }
  });

  it('RFC 6749 §3.1 begins by POST as well', async () => {
    const surf = surfer(served);
    const { body } = await push();
    const opened = await surf('/authorize', { client_id: 'trader', request_uri: String(body['request_uri']) });
    expect(opened.status).toBe(303);
    expect((await surf(new URL(locationOf(opened)).pathname)).text).toContain('id="login"');
    const faulty = await call(served.origin, { path: '/authorize', headers: FORM, body: 'client_id=trader' });
    expect(faulty).toMatchObject({ status: 400, headers: { 'content-type': ['text/html; charset=utf-8'] } });
  });

  it('C032 ends with tokens', async () => {
    const decided = (await walk(served))[4] as Received;
    const form = {
      grant_type: 'authorization_code',
      code: new URL(locationOf(decided)).searchParams.get('code') ?? '',
      redirect_uri: CALLBACK,
      code_verifier: VERIFIER,
    };
    const dpop = (nonce?: string) => proof({ payload: { htu: `${served.origin}/token`, iat: now(), nonce } });
    const send = (sent: string) => call(served.origin, { headers: { ...FORM, DPoP: sent }, body: clientForm(form) });
    const challenged = await send(dpop());
    expect(challenged.body).toMatchObject({ error: 'use_dpop_nonce' });
    const { status, headers, body } = await send(dpop(challenged.headers['dpop-nonce']?.[0]));
    expect({ status, cache: headers['cache-control'] }).toEqual({ status: 200, cache: ['no-store'] });
    expect(Object.keys(body).sort()).toEqual([
      'access_token',
      'expires_in',
      'id_token',
      'refresh_token',
      'scope',
      'token_type',
    ]);
    const secrets = [form.code, PASSWORD, VERIFIER, body['access_token'], body['refresh_token'], body['id_token']];
    for (const secret of secrets) expect(served.logs.join('')).not.toContain(secret);
  });

  it('leads below the path of an issuer that has one', async () => {
    await using tenant = await serve(CHANGES, '/tenants/a', { login });
    const [opened, loginPage, , , decided] = await walk(tenant, '/tenants/a');
    expect(locationOf(opened as Received)).toContain(`${tenant.origin}/tenants/a/interaction/`);
    expect(loginPage?.text).toContain('action="/tenants/a/interaction/');
    expect(new URL(locationOf(decided as Received)).searchParams.get('iss')).toBe(`${tenant.origin}/tenants/a`);
  });

  it('BCP-2.1-02 C022 C024 shows a person a page where something is wrong, and a program JSON', async () => {
    const page = await call(served.origin, {
      method: 'GET',
      path: `/authorize?client_id=trader&redirect_uri=${CALLBACK}`,
    });
    expect(page).toMatchObject({ status: 400, headers: { 'content-type': ['text/html; charset=utf-8'] } });
    expect(page.headers).not.toHaveProperty('location');
    expect(page.text).toContain('id="oauth-error"');
    const json = await call(served.origin, {
      path: '/par',
      headers: FORM,
      body: clientForm({ ...ASKED, scope: 'all' }),
    });
    expect(json).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
  });
});

describe('RFC 9126 §2 the PAR endpoint over TLS', () => {
  it('PAR-2-01 PAR-2-02 C018 is where the metadata says', async () => {
    const { body } = await call(served.origin, { method: 'GET', path: WELL_KNOWN });
    const endpoint = new URL(String(body['pushed_authorization_request_endpoint']));
    expect(endpoint.protocol).toBe('https:');
    expect((await push(served, endpoint.pathname)).status).toBe(201);
  });

  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'])('PAR-2.3-03 C019 answers %s with 405', async (method) => {
    const answer = await call(served.origin, { method, path: '/par', headers: FORM });
    expect(answer).toMatchObject({ status: 405, headers: { allow: ['POST'], 'cache-control': ['no-store'] } });
  });

  it('PAR-2.3-03 answers a body that is too large with 413', async () => {
    const body = clientForm({ ...ASKED, state: 'x'.repeat(70_000) });
    const answer = await call(served.origin, { path: '/par', headers: FORM, body });
    expect(answer).toMatchObject({ status: 413, body: { error: 'invalid_request' } });
  });

  it('C050 takes private_key_jwt without a certificate at the root and at its alias', async () => {
    for (const origin of [served.origin, served.mtlsOrigin]) {
      const answer = await call(origin, { path: '/par', headers: FORM, body: clientForm(ASKED) });
      expect(answer.status).toBe(201);
    }
  });
});

describe('FAPI2-5.3.2.1-01 BCP-2.6-01 the metadata over TLS', () => {
  const get = ({ origin }: Served, path: string) => call(origin, { method: 'GET', path });

  it('ASM-3-01 C001 by OpenID Connect is that by RFC 8414, octet for octet', async () => {
    const [oauth, openid] = [await get(served, WELL_KNOWN), await get(served, '/.well-known/openid-configuration')];
    expect(oauth).toMatchObject({ status: 200, body: { issuer: served.origin } });
    expect(oauth.headers['content-type']?.[0]).toMatch(/^application\/json(;|$)/);
    expect({ status: openid.status, text: openid.text }).toEqual({ status: 200, text: oauth.text });
  });

  it('ASM-3-01 C001 is before the path of the issuer by RFC 8414, and behind it by OpenID Connect', async () => {
    await using tenant = await serve(CHANGES, '/tenants/a', { login });
    const oauth = await get(tenant, `${WELL_KNOWN}/tenants/a`);
    const openid = await get(tenant, '/tenants/a/.well-known/openid-configuration');
    expect(oauth).toMatchObject({ status: 200, body: { issuer: `${tenant.origin}/tenants/a` } });
    expect({ status: openid.status, text: openid.text }).toEqual({ status: 200, text: oauth.text });
    for (const path of ['/.well-known/openid-configuration', '/.well-known/openid-configuration/tenants/a']) {
      expect((await get(tenant, path)).status).toBe(404);
    }
  });

  it('C001 is not by OpenID Connect where no client may ask for openid', async () => {
    await using plain = await serve({ clients: [{ ...CHANGES.clients[0], scope: 'orders:read' }] }, '', { login });
    expect((await get(plain, WELL_KNOWN)).status).toBe(200);
    expect((await get(plain, '/.well-known/openid-configuration')).status).toBe(404);
  });
});

describe('an issuer for machines alone', () => {
  it('has no pages and takes no pushed requests', async () => {
    await using machines = await serve({ clients: [TRADER] });
    for (const path of ['/authorize', '/style.css', `/interaction/${'A'.repeat(22)}`, '/userinfo']) {
      expect((await call(machines.origin, { method: 'GET', path })).status).toBe(404);
    }
    expect((await push(machines)).status).toBe(404);
  });
});
