import type { IssuerRequest } from '@holdfast/issuer';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../verifier/forge.ts';
import { type Forgery, ISSUER, NOW, proof, thiefKey } from './forge.ts';
import { type Answer, createPeople, DESK, type Fields, type People, RIVAL } from './people.ts';
import { SERVERS } from './questions.ts';
import { accessToken, FORMATS } from './tokens.ts';

const CERTIFICATE = Buffer.from('a certificate as the TLS layer has it');
const BY_CERTIFICATE = {
  ...RIVAL,
  dpop_bound_access_tokens: false,
  tls_client_certificate_bound_access_tokens: true,
} as const;

const people = await createPeople({ ...SERVERS, clients: [DESK, BY_CERTIFICATE] });
const approved = (form: Fields = {}, its: People = people) =>
  accessToken(its, { scope: 'openid orders:read', ...form });

async function send(request: Partial<IssuerRequest>, its: People = people): Promise<Answer> {
  const sent = { method: 'GET', target: '/userinfo', origin: ISSUER, headers: [], body: '', ...request };
  const { body: text, ...reply } = await its.issuer.userinfo(sent);
  return { ...reply, text, body: JSON.parse(text) as Record<string, unknown> };
}

/** A proof for a GET with this token, but for the changes. */
async function proven(token: string, { payload = {}, ...rest }: Forgery = {}, its: People = people): Promise<string> {
  const claims = { htm: 'GET', htu: `${ISSUER}/userinfo`, iat: its.now, ath: sha256(token), nonce: await its.nonce() };
  return proof({ payload: { ...claims, ...payload }, ...rest });
}

async function withProof(token: string, forgery: Forgery = {}, request: Partial<IssuerRequest> = {}): Promise<Answer> {
  const dpop = await proven(token, forgery);
  return await send({ headers: ['Authorization', `DPoP ${token}`, 'DPoP', dpop], ...request });
}

async function boundToCertificate(): Promise<string> {
  const sent = { client: 'rival', proof: 'none', request: { certificate: CERTIFICATE } } as const;
  const code = await people.code({ scope: 'openid orders:read' }, { client: 'rival', proof: 'none' });
  return String((await people.redeem(code, {}, sent)).body['access_token']);
}

function expectRefused({ status, headers, body }: Answer, expected: number, error: string, code: string): void {
  expect({ status, error: body['error'], code: body['code'] }).toEqual({ status: expected, error, code });
  expect(body).not.toHaveProperty('sub');
  expect(headers['WWW-Authenticate']).toContain(`error="${error}"`);
  expect(headers['Cache-Control']).toBe('no-store');
}

describe.each(FORMATS)('OIDC Core §5.3 userinfo (%s)', (access_token_format) => {
  it('says who the person is to who holds the key of the token', async () => {
    const its = await createPeople({ ...SERVERS, clients: [{ ...DESK, access_token_format }] });
    const token = await approved({}, its);
    for (const method of ['GET', 'POST']) {
      const dpop = await proven(token, { payload: { htm: method } }, its);
      const headers = ['Authorization', `DPoP ${token}`, 'DPoP', dpop];
      const { status, headers: fields, body } = await send({ method, headers }, its);
      expect({ status, body }).toEqual({ status: 200, body: { sub: 'person-anna' } });
      expect(fields).toEqual({
        'Content-Type': 'application/json',
        'Cache-Control': 'no-store',
        'DPoP-Nonce': await its.nonce(),
      });
    }
  });

  it('FAPI2-5.3.4-03 not when the token was revoked, nor when it has expired', async () => {
    const its = await createPeople({ ...SERVERS, clients: [{ ...DESK, access_token_format }] });
    const [token, other] = [await approved({}, its), await approved({}, its)];
    await its.send('revoke', { form: { token } });
    const ask = async (shown: string) => {
      const headers = ['Authorization', `DPoP ${shown}`, 'DPoP', await proven(shown, {}, its)];
      return await send({ headers }, its);
    };
    expectRefused(await ask(token), 401, 'invalid_token', 'token_inactive');
    expect((await ask(other)).status).toBe(200);
    its.now = NOW + 300;
    expectRefused(await ask(other), 401, 'invalid_token', 'token_inactive');
  });
});

describe('OIDC Core §5.3 userinfo by a token that is bound to a key', () => {
  it.each<[string, Forgery, string, string]>([
    ['keycloak#38333 CVE-2024-49755 another key', { key: thiefKey }, 'invalid_token', 'key_mismatch'],
    [
      'keycloak#38333 an ath of another token',
      { payload: { ath: sha256('other') } },
      'invalid_dpop_proof',
      'proof_ath',
    ],
    ['keycloak#38333 no ath', { payload: { ath: undefined } }, 'invalid_dpop_proof', 'proof_claims'],
    ['DPOP-4.3-08 another method', { payload: { htm: 'POST' } }, 'invalid_dpop_proof', 'proof_htm'],
    ['DPOP-4.3-09 another endpoint', { payload: { htu: `${ISSUER}/token` } }, 'invalid_dpop_proof', 'proof_htu'],
    ['DPOP-4.3-04 another typ', { header: { typ: 'jwt' } }, 'invalid_dpop_proof', 'proof_typ'],
    [
      'CVE-2024-49755 the jwk of another key over a signature of the right one',
      { header: { jwk: thiefKey.jwk } },
      'invalid_token',
      'key_mismatch',
    ],
    ['DPOP-9-01 no nonce', { payload: { nonce: undefined } }, 'use_dpop_nonce', 'nonce_missing'],
    ['DPOP-8-04 a nonce of nobody', { payload: { nonce: 'A'.repeat(22) } }, 'use_dpop_nonce', 'nonce_stale'],
  ])('%s: 401', async (_what, forgery, error, code) => {
    expectRefused(await withProof(await approved(), forgery), 401, error, code);
  });

  it('DPOP-4.3-06 a proof that the key did not sign', async () => {
    const token = await approved();
    const [header, payload, signature = ''] = (await proven(token)).split('.');
    const flipped = Buffer.from(signature, 'base64url');
    flipped[9] = (flipped[9] ?? 0) ^ 1;
    const dpop = `${header}.${payload}.${flipped.toString('base64url')}`;
    const answer = await send({ headers: ['Authorization', `DPoP ${token}`, 'DPoP', dpop] });
    expectRefused(answer, 401, 'invalid_dpop_proof', 'proof_signature');
  });

  it('DPOP-9-01 is told a nonce, one, and then served', async () => {
    const token = await approved();
    const challenged = await withProof(token, { payload: { nonce: undefined } });
    const nonce = challenged.headers['DPoP-Nonce'];
    expect(challenged.headers['WWW-Authenticate']).toMatch(/^DPoP error="use_dpop_nonce"/);
    expect(nonce).toMatch(/^[A-Za-z0-9_-]+$/);
    expect((await withProof(token, { payload: { nonce } })).status).toBe(200);
  });

  it('DPOP-11.1-02 a proof is good once', async () => {
    const token = await approved();
    const headers = ['Authorization', `DPoP ${token}`, 'DPoP', await proven(token)];
    expect((await send({ headers })).status).toBe(200);
    expectRefused(await send({ headers }), 401, 'invalid_dpop_proof', 'proof_replayed');
  });

  it('DPOP-11.1-02 a proof that was refused for its token is not used up', async () => {
    const [token, poor] = [await approved(), await approved({ scope: 'orders:read' })];
    const dpop = await proven(token, { payload: { jti: 'one' } });
    expect((await send({ headers: ['Authorization', `DPoP ${poor}`, 'DPoP', dpop] })).status).toBe(401);
    expect((await send({ headers: ['Authorization', `DPoP ${token}`, 'DPoP', dpop] })).status).toBe(200);
  });

  it('DPOP-7.2-01 giantswarm/mcp-oauth#383 under the Bearer scheme, with and without a proof', async () => {
    const token = await approved();
    const bearer = ['Authorization', `Bearer ${token}`];
    expectRefused(await send({ headers: bearer }), 401, 'invalid_token', 'scheme_mismatch');
    const dpop = ['DPoP', await proven(token)];
    expectRefused(await send({ headers: [...bearer, ...dpop] }), 401, 'invalid_token', 'scheme_mismatch');
    const answer = await send({ headers: bearer, certificate: CERTIFICATE });
    expectRefused(answer, 401, 'invalid_token', 'scheme_mismatch');
  });

  it('DPOP-7.1-03 DPOP-4.3-01 without a proof, and with two', async () => {
    const token = await approved();
    const bare = ['Authorization', `DPoP ${token}`];
    expectRefused(await send({ headers: bare }), 401, 'invalid_dpop_proof', 'proof_missing');
    const two = ['DPoP', await proven(token), 'DPoP', await proven(token)];
    expectRefused(await send({ headers: [...bare, ...two] }), 401, 'invalid_dpop_proof', 'proof_duplicated');
  });

  it('FAPI2-5.3.4-04 C066 without openid', async () => {
    const token = await approved({ scope: 'orders:read' });
    const answer = await withProof(token);
    expectRefused(answer, 403, 'insufficient_scope', 'scope_insufficient');
    expect(answer.headers['WWW-Authenticate']).toContain('scope="openid"');
    const { body } = await people.send('token', { form: { grant_type: 'client_credentials' } });
    expectRefused(await withProof(String(body['access_token'])), 403, 'insufficient_scope', 'scope_insufficient');
  });
});

describe('OIDC Core §5.3 userinfo by a token that is bound to a certificate', () => {
  it('MTLS-3-02 to who presents it', async () => {
    const headers = ['Authorization', `Bearer ${await boundToCertificate()}`];
    expect(await send({ headers, certificate: CERTIFICATE })).toMatchObject({
      status: 200,
      body: { sub: 'person-anna' },
    });
    expectRefused(await send({ headers }), 401, 'invalid_token', 'certificate_missing');
    const other = await send({ headers, certificate: Buffer.from('other') });
    expectRefused(other, 401, 'invalid_token', 'certificate_mismatch');
  });

  it('DPOP-7.2-01 not under the DPoP scheme', async () => {
    const answer = await withProof(await boundToCertificate(), {}, { certificate: CERTIFICATE });
    expectRefused(answer, 401, 'invalid_token', 'scheme_mismatch');
  });
});

describe('OIDC Core §5.3 userinfo without a sound credential', () => {
  it('C067 none: a challenge, and no error', async () => {
    const { status, headers, body } = await send({});
    expect({ status, body }).toEqual({ status: 401, body: {} });
    expect(headers['WWW-Authenticate']).toMatch(/^DPoP algs="[^"]+", Bearer$/);
  });

  it('FAPI2-5.3.4-02 in the query, also beside the header', async () => {
    const token = await approved();
    const target = `/userinfo?access_token=${token}`;
    for (const request of [{ target }, { target, headers: ['Authorization', `DPoP ${token}`] }]) {
      expect(await send(request)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    }
  });

  it('FAPI2-5.3.4-02 in the body', async () => {
    const headers = ['Content-Type', 'application/x-www-form-urlencoded'];
    const body = `access_token=${await approved()}`;
    expect(await send({ method: 'POST', headers, body })).toMatchObject({ status: 401, body: {} });
  });

  it('two of them', async () => {
    const token = await approved();
    const headers = ['Authorization', `DPoP ${token}`, 'Authorization', `DPoP ${token}`, 'DPoP', await proven(token)];
    expect(await send({ headers })).toMatchObject({ status: 400, body: { code: 'credentials_duplicated' } });
  });

  it.each(['A'.repeat(43), 'a.b.c', 'a'.repeat(15_000)])('C065 of nobody: %.10s', async (token) => {
    expectRefused(await withProof(token), 401, 'invalid_token', 'token_inactive');
  });

  it('PUT is no method of it', async () => {
    const { status, headers } = await send({ method: 'PUT' });
    expect({ status, allow: headers['Allow'] }).toEqual({ status: 405, allow: 'GET, POST' });
  });
});
