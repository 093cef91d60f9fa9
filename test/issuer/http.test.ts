import { issuerRoutes } from '@holdfast/issuer/fastify';
import fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertion, proof, proofKey } from './forge.ts';
import { call, FORM, form, type Received, raw, type Served, serve } from './listeners.ts';

let served: Served;
let nonce: string;
const now = () => Math.floor(Date.now() / 1000);
const fresh = (aud = served.issuer.config.issuer) => assertion({ payload: { aud, iat: now(), exp: now() + 60 } });
const proven = (origin = served.origin, path = '/token') =>
  proof({ payload: { htu: origin + path, iat: now(), nonce } });
const sound = () => ({ headers: { ...FORM, DPoP: proven() }, body: form({ assertion: fresh() }) });

beforeAll(async () => {
  served = await serve();
  const headers = { ...FORM, DPoP: proof({ payload: { htu: `${served.origin}/token`, iat: now() } }) };
  const challenged = await call(served.origin, { headers, body: form({ assertion: fresh() }) });
  expect({ status: challenged.status, ...challenged.body }).toMatchObject({ status: 400, error: 'use_dpop_nonce' });
  [nonce = ''] = challenged.headers['dpop-nonce'] ?? [];
  expect(challenged.headers['dpop-nonce']).toHaveLength(1);
});
afterAll(() => served[Symbol.asyncDispose]());

/** That a request got an OAuth error that nobody keeps. */
function expectError({ status, headers, body }: Received, expected: number, error: string): void {
  expect({ status, error: body['error'], code: body['code'] }).toEqual({
    status: expected,
    error,
    code: expect.any(String),
  });
  expect(headers['cache-control']).toEqual(['no-store']);
  expect(headers['content-type']?.[0]).toMatch(/^application\/json(;|$)/);
}

describe('the token endpoint over HTTP', () => {
  it('DPOP-8-03 C032 answers with JSON that nobody keeps and one nonce', async () => {
    const { status, headers, body } = await call(served.origin, sound());
    expect(status).toBe(200);
    expect(body).toMatchObject({ token_type: 'DPoP', expires_in: 300 });
    expect(headers['cache-control']).toEqual(['no-store']);
    expect(headers['content-type']?.[0]).toMatch(/^application\/json(;|$)/);
    expect(headers['dpop-nonce']).toHaveLength(1);
  });

  it('takes a body in chunks', async () => {
    const { headers, body } = sound();
    const chunked = await call(served.origin, { headers: { ...headers, 'transfer-encoding': 'chunked' }, body });
    expect(chunked.status).toBe(200);
  });

  it('DPOP-4.3-01 N8 sees two DPoP fields, which Node joins', async () => {
    const answer = await call(served.origin, { ...sound(), headers: { ...FORM, DPoP: [proven(), proven()] } });
    expectError(answer, 400, 'invalid_dpop_proof');
    expect(answer.body['code']).toBe('proof_duplicated');
  });

  it('N8 sees two Authorization and two Content-Type fields, of which Node drops one', async () => {
    const body = form({ assertion: fresh() });
    const lines = (fields: string) =>
      `POST /token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`;
    const type = `Content-Type: ${FORM['content-type']}\r\n`;
    const twice = await raw(served.origin, lines(`${type}Authorization: Basic a\r\nAuthorization: Basic b\r\n`));
    expect(twice).toContain('"code":"client_authentication_ambiguous"');
    expect(await raw(served.origin, lines(`${type}Content-Type: text/plain\r\n`))).toContain(
      '"code":"content_type_unsupported"',
    );
  });

  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'])('RFC 6749 §3.2 refuses %s', async (method) => {
    const { headers, body } = sound();
    const answer = await call(served.origin, {
      method,
      headers,
      body: ['GET', 'HEAD', 'DELETE'].includes(method) ? '' : body,
    });
    expect(answer.status).toBe(405);
    expect(answer.headers).toMatchObject({ allow: ['POST'], 'cache-control': ['no-store'] });
    if (method !== 'HEAD') expectError(answer, 405, 'invalid_request');
  });

  it.each<[string, Record<string, string>]>([
    ['none', {}],
    ['an empty one', { 'content-type': '' }],
    ['JSON', { 'content-type': 'application/json' }],
    ['a malformed one', { 'content-type': 'swordfish' }],
    ['a multipart one', { 'content-type': 'multipart/form-data; boundary=swordfish' }],
  ])('refuses a content type: %s', async (_name, type) => {
    const answer = await call(served.origin, {
      headers: { ...type, DPoP: proven() },
      body: form({ assertion: fresh() }),
    });
    expectError(answer, 400, 'invalid_request');
    expect(answer.text).not.toContain('swordfish');
  });

  it('refuses a body that is too large, whether its length is said or not', async () => {
    const body = `${form({ assertion: fresh() })}&a=${'x'.repeat(70_000)}`;
    const { headers } = sound();
    expectError(await call(served.origin, { headers, body }), 413, 'invalid_request');
    expectError(
      await call(served.origin, { headers: { ...headers, 'transfer-encoding': 'chunked' }, body }),
      413,
      'invalid_request',
    );
  });

  it('refuses octets that are not UTF-8, and a compressed body', async () => {
    const { headers, body } = sound();
    const bad = Buffer.concat([Buffer.from(`${body}&a=`), Buffer.from([0xff, 0xfe])]);
    expectError(await call(served.origin, { headers, body: bad }), 400, 'invalid_request');
    const { gzipSync } = await import('node:zlib');
    expectError(
      await call(served.origin, { headers: { ...headers, 'content-encoding': 'gzip' }, body: gzipSync(body) }),
      400,
      'invalid_request',
    );
  });

  it('an empty body is no request', async () => {
    expectError(await call(served.origin, { headers: FORM }), 401, 'invalid_client');
    expectError(await call(served.origin, {}), 400, 'invalid_request');
  });

  it('N2 Host, forwarding fields and an absolute target do not change what htu is compared with', async () => {
    const evil = 'https://evil.example';
    const forwarded = { host: 'evil.example', 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' };
    const send = (htu: string, path = '/token') =>
      call(served.origin, {
        path,
        headers: { ...FORM, ...forwarded, DPoP: proven(htu, '/token') },
        body: form({ assertion: fresh() }),
      });
    expectError(await send(evil), 400, 'invalid_dpop_proof');
    expect((await send(evil, `${evil}/token`)).status).toBeGreaterThanOrEqual(400);
    expect((await send(served.origin)).status).toBe(200);
  });

  it('of 100 concurrent requests with one assertion, or one proof, one gets a token', async () => {
    for (const [one, another] of [
      [fresh(), undefined],
      [undefined, proven()],
    ]) {
      const answers = await Promise.all(
        Array.from({ length: 100 }, () =>
          call(served.origin, {
            headers: { ...FORM, DPoP: another ?? proven() },
            body: form({ assertion: one ?? fresh() }),
          }),
        ),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      const codes = new Set(answers.map(({ body }) => body['code'] ?? 'token'));
      expect(codes).toEqual(new Set(['token', one === undefined ? 'proof_replayed' : 'assertion_replayed']));
    }
  });
});

describe('ASM-3-01 ASM-3.1-01 C001 metadata over HTTP', () => {
  const WELL_KNOWN = '/.well-known/oauth-authorization-server';

  it('is at the well-known path, and the keys where it says', async () => {
    const { status, body, headers } = await call(served.origin, { method: 'GET', path: WELL_KNOWN });
    expect({ status, issuer: body['issuer'] }).toEqual({ status: 200, issuer: served.origin });
    expect(headers['content-type']?.[0]).toMatch(/^application\/json(;|$)/);
    const keys = await call(String(body['jwks_uri']), {
      method: 'GET',
      path: new URL(String(body['jwks_uri'])).pathname,
    });
    expect(keys.body).toEqual(JSON.parse(served.issuer.jwks().body));
  });

  it('is inserted before the path of an issuer that has one, and not appended', async () => {
    await using tenant = await serve({}, '/tenants/a');
    const get = (path: string) => call(tenant.origin, { method: 'GET', path });
    const { body } = await get(`${WELL_KNOWN}/tenants/a`);
    expect(body).toMatchObject({
      issuer: `${tenant.origin}/tenants/a`,
      token_endpoint: `${tenant.origin}/tenants/a/token`,
    });
    for (const other of [
      WELL_KNOWN,
      `/tenants/a${WELL_KNOWN}`,
      `${WELL_KNOWN}/tenants/a/`,
      `${WELL_KNOWN}/tenants/b`,
    ]) {
      expect((await get(other)).status).toBe(404);
    }
    const headers = { ...FORM, DPoP: proof({ payload: { htu: `${tenant.origin}/tenants/a/token`, iat: now() } }) };
    const payload = { aud: `${tenant.origin}/tenants/a`, iat: now(), exp: now() + 60 };
    const send = (path: string) =>
      call(tenant.origin, { path, headers, body: form({ assertion: assertion({ payload }) }) });
    expect((await send('/tenants/a/token')).body).toMatchObject({ error: 'use_dpop_nonce' });
    expect((await send('/token')).status).toBe(404);
  });
});

describe('DPOP-2-01 FAPI2-5.2.1-01 https only', () => {
  it.each(['http://issuer.example', 'https://issuer.example/', 'https://issuer.example/a', 'issuer.example', ''])(
    'routes are not served under %j',
    async (origin) => {
      const { issuer } = served;
      const app = fastify().register(issuerRoutes, { issuer, origin });
      await expect(async () => app.ready()).rejects.toThrow('origin: must be an https origin');
    },
  );
});

describe('the log of refusals', () => {
  it('names the reason and nothing of the request', async () => {
    await call(served.origin, {
      headers: { ...FORM, DPoP: proven() },
      body: form({ client_secret: 'swordfish', client_id: 'trader' }),
    });
    const text = served.logs.join('');
    expect(text).toContain('"code":"client_authentication_unsupported"');
    for (const secret of ['swordfish', nonce, String(proofKey.jwk['x'])]) expect(text).not.toContain(secret);
  });
});
