import type { HoldfastError, JsonObject } from '@holdfast/proof';
import { createVerifier } from '@holdfast/verifier';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../verifier/forge.ts';
import { exchange, OWNER } from './exchange-scene.ts';
import { assertion, claims, ISSUER, NOW, proof, traderKey, VENUE } from './forge.ts';
import { browser, type People } from './people.ts';
import { ask, expectInactive, SERVERS, SIGNED } from './questions.ts';
import { requestObject } from './request-objects.ts';
import { createStatusScene, placeOf } from './status-scene.ts';
import { accessToken, signedByIssuer, signingKey } from './tokens.ts';

/** What one issuer and its clients sign, shown where another kind is wanted: RFC 8725 §3.12. */

const people = await createStatusScene({ ...SERVERS, clients: [OWNER], signing_keys: [signingKey] });
const token = await accessToken(people, { scope: 'openid orders:read' });
/** With everything that an access token says, so that only its kind keeps it out. */
const everything = claims(token);
const { status: _status, ...unlisted } = everything;

async function authorizationResponse(): Promise<string> {
  const its = browser();
  const path = await people.open(its, await people.pushed({ response_mode: 'jwt' }));
  await people.logIn(its, path);
  const { headers } = await people.decide(its, path, 'approve');
  return new URL(headers['Location'] ?? '').searchParams.get('response') ?? '';
}

async function statusList(): Promise<string> {
  const id = placeOf(token).uri.split('/').at(-1) ?? '';
  return String((await people.issuer.statusLists?.list(id))?.body);
}

async function idToken(): Promise<string> {
  return String((await people.redeem(await people.code({ scope: 'openid' }))).body['id_token']);
}

const OTHERS: [string, () => string | Promise<string>][] = [
  ['JOSE-8725-3.12-01 an ID token', idToken],
  ['JOSE-8725-3.12-01 a signed authorization response', authorizationResponse],
  [
    'JOSE-8725-3.12-01 JIR-5-05 a signed answer about it',
    async () => (await ask(people, token, { accept: SIGNED })).text,
  ],
  ['JOSE-8725-3.12-01 a status list', statusList],
  ['JOSE-8725-3.12-01 a client assertion', () => assertion()],
  ['JOSE-8725-3.12-01 a request object', () => requestObject()],
  ['JOSE-8725-3.12-01 a proof', () => proof()],
  ...['JWT', 'token-introspection+jwt', 'statuslist+jwt', 'logout+jwt', 'dpop+jwt', undefined].map(
    (typ): [string, () => string] => [
      `what says all that it says, as ${typ ?? 'no typ'}`,
      () => signedByIssuer({ typ }, unlisted),
    ],
  ),
];

const verifier = createVerifier({
  issuer: ISSUER,
  audience: VENUE,
  origin: VENUE,
  jwks: JSON.parse(people.issuer.jwks().body),
  status: 'off',
  nonce: 'off',
  replay: { add: async () => true },
  clock: () => people.now * 1000,
});

/** 'accepted', or why a resource server refused. */
function atResource(shown: string): Promise<string> {
  const payload = { htm: 'GET', htu: `${VENUE}/orders`, iat: people.now, ath: sha256(shown) };
  const headers = ['Authorization', `DPoP ${shown}`, 'DPoP', proof({ payload })];
  return verifier.verify({ method: 'GET', target: '/orders', headers }).then(
    () => 'accepted',
    (refusal: HoldfastError) => refusal.code,
  );
}

async function atUserinfo(shown: string, { issuer, nonce }: People = people): Promise<JsonObject> {
  const payload = { htm: 'GET', htu: `${ISSUER}/userinfo`, iat: NOW, ath: sha256(shown), nonce: await nonce() };
  const headers = ['Authorization', `DPoP ${shown}`, 'DPoP', proof({ payload })];
  const request = { method: 'GET', target: '/userinfo', origin: ISSUER, headers, body: '' };
  return JSON.parse((await issuer.userinfo(request)).body) as JsonObject;
}

describe('RFC 8725 §3.12 nothing else passes for an access token', () => {
  it('while an access token does, as a control', async () => {
    for (const shown of [token, signedByIssuer({}, unlisted)]) {
      expect(await atResource(shown)).toBe('accepted');
      expect(await atUserinfo(shown)).toEqual({ sub: 'person-anna' });
      expect((await ask(people, shown)).body).toMatchObject({ active: true });
      expect((await exchange(people, shown)).status).toBe(200);
    }
  });

  it.each(OTHERS)('%s', async (_what, other) => {
    const shown = await other();
    expect(await atResource(shown)).toMatch(/^token_(typ|malformed|alg|signature)$/);
    expect(await atUserinfo(shown)).toMatchObject({ error: 'invalid_token' });
    await expectInactive(people, shown);
    expect((await exchange(people, shown)).body).toMatchObject({ code: 'subject_token_invalid' });
    // It revokes nothing, either
    expect((await people.send('revoke', { form: { token: shown } })).status).toBe(200);
    expect((await ask(people, token)).body).toMatchObject({ active: true });
  });
});

describe('RFC 8725 §3.12 an access token passes for nothing else', () => {
  it('JOSE-8725-3.12-01 not for a client assertion, a request object, or a proof', async () => {
    const own = signedByIssuer({}, { ...unlisted, iss: 'trader', sub: 'trader', aud: ISSUER });
    for (const shown of [token, own]) {
      const push = { request: shown };
      expect((await people.send('push', { form: push })).body).toMatchObject({ error: 'invalid_request_object' });
      expect((await people.push({}, { assertion: shown })).body).toMatchObject({ error: 'invalid_client' });
      expect((await people.push({}, { proof: shown })).body).toMatchObject({ error: 'invalid_dpop_proof' });
    }
  });

  it('JOSE-8725-3.12-01 not when the client signed it itself', async () => {
    const typ = 'at+jwt';
    const shown = assertion({ key: traderKey, header: { typ } });
    expect((await people.push({}, { assertion: shown })).body).toMatchObject({ error: 'invalid_client' });
    const pushed = await people.send('push', { form: { request: requestObject({ header: { typ } }) } });
    expect(pushed.body).toMatchObject({ error: 'invalid_request_object' });
  });

  it('JOSE-8725-3.12-01 not for a refresh token, nor a refresh token for it', async () => {
    expect((await people.refresh(token)).body).toMatchObject({ error: 'invalid_grant' });
    const { body } = await people.redeem(await people.code());
    expect((await exchange(people, String(body['refresh_token']))).body).toMatchObject({
      code: 'subject_token_invalid',
    });
  });
});
