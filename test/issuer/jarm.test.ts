import { ConfigurationError, createIssuer, readConfig } from '@holdfast/issuer';
import { memoryStore } from '@holdfast/stores';
import type { JWTPayload } from 'jose';
import { describe, expect, it } from 'vitest';
import { keys } from '../proof/forge.ts';
import { NOW } from './forge.ts';
import { browser, CALLBACK, createPeople, DESK, type Fields, type People, RIVAL } from './people.ts';
import { verified } from './questions.ts';
import { DESK as REGISTERING, registrationScene } from './registration-scene.ts';
import { configuration } from './scene.ts';

const RING = ['ES256', 'PS256', 'Ed25519'] as const;
const signing_keys = RING.map((alg) => ({ ...keys[alg].privateJwk, alg, kid: `key for ${alg}` }));
const signing = (alg: string) => ({ ...DESK, authorization_signed_response_alg: alg });
const plain = await createPeople({ signing_keys });

/** Where the browser of a person is sent, who decides about a request. */
async function decided(people: People, form: Fields = {}, decision: 'approve' | 'deny' = 'approve'): Promise<URL> {
  const its = browser();
  const path = await people.open(its, await people.pushed(form));
  await people.logIn(its, path);
  const { status, headers } = await people.decide(its, path, decision);
  expect(status).toBe(303);
  return new URL(headers['Location'] ?? '');
}

/** What a signed answer says, verified as a client would. */
async function opened(people: People, { searchParams, hash }: URL, alg = 'ES256'): Promise<JWTPayload> {
  // `desk` is of the redirect_uri that the client registered
  expect([...searchParams.keys(), hash]).toEqual(['desk', 'response', '']);
  const options = { audience: 'trader', algorithms: [alg], requiredClaims: ['exp', 'iat'] };
  const { payload, protectedHeader } = await verified(people, searchParams.get('response'), options);
  expect(protectedHeader).toEqual({ typ: 'JWT', alg, kid: `key for ${alg}` });
  expect(Number(payload.exp) - people.now).toBeGreaterThanOrEqual(10);
  expect(Number(payload.exp) - people.now).toBeLessThanOrEqual(600);
  return payload;
}

describe('JARM §2.3 a signed authorization response', () => {
  it.each(['jwt', 'query.jwt'])('C062 FAPIMS-5.4.1-01 is given for response_mode %s', async (response_mode) => {
    const url = await decided(plain, { response_mode });
    expect(url.href.startsWith(`${CALLBACK}&response=`)).toBe(true);
    const { code, ...said } = await opened(plain, url);
    expect(said).toEqual({
      iss: 'https://issuer.example',
      aud: 'trader',
      iat: NOW,
      exp: expect.any(Number),
      state: 'a state',
    });
    expect((await plain.redeem(String(code))).status).toBe(200);
  });

  it('C062 has no state when none was sent', async () => {
    const url = await decided(plain, { response_mode: 'jwt', state: undefined });
    expect(Object.keys(await opened(plain, url)).sort()).toEqual(['aud', 'code', 'exp', 'iat', 'iss']);
  });

  it('C062 FAPIMS-5.4.1-01 says an error in the same way', async () => {
    const denied = await opened(plain, await decided(plain, { response_mode: 'jwt' }, 'deny'));
    expect(denied).toMatchObject({ error: 'access_denied', error_description: expect.any(String), state: 'a state' });
    expect(denied).not.toHaveProperty('code');
    const query = new URLSearchParams({
      client_id: 'trader',
      request_uri: await plain.pushed({ response_mode: 'jwt', prompt: 'none' }),
    });
    const { headers } = await plain.browse(browser(), `/authorize?${query}`);
    const silent = await opened(plain, new URL(headers['Location'] ?? ''));
    expect(silent).toMatchObject({ error: 'login_required', state: 'a state' });
  });

  it('C062 is for its client alone, and not for long', async () => {
    const response = (await decided(plain, { response_mode: 'jwt' })).searchParams.get('response');
    await expect(verified(plain, response, { audience: 'rival' })).rejects.toThrow('aud');
    await expect(verified(plain, response, { currentDate: new Date((NOW + 601) * 1000) })).rejects.toThrow('exp');
  });

  it.each<[string, Fields]>([
    ['fragment', { response_mode: 'fragment' }],
    ['form_post', { response_mode: 'form_post' }],
    ['fragment.jwt', { response_mode: 'fragment.jwt' }],
    ['form_post.jwt', { response_mode: 'form_post.jwt' }],
    ['JWT', { response_mode: 'JWT' }],
  ])('response_mode %s is refused', async (_mode, form) => {
    const { status, body } = await plain.push(form);
    expect({ status, error: body['error'], code: body['code'] }).toEqual({
      status: 400,
      error: 'invalid_request',
      code: 'response_mode',
    });
  });

  it('C062 is not given to who did not ask for it', async () => {
    for (const form of [{}, { response_mode: 'query' }]) {
      const { searchParams } = await decided(plain, form);
      expect([...searchParams.keys()]).toEqual(['desk', 'code', 'state', 'iss']);
    }
  });

  it('C062 what cannot be traced to a client is an error page, and signed by nobody', async () => {
    const { status, headers, text } = await plain.browse(browser(), '/authorize?client_id=trader&request_uri=urn:x');
    expect({ status, location: headers['Location'] }).toEqual({ status: 400, location: undefined });
    expect(text).toContain('invalid_request_uri');
  });
});

describe('JARM §3 a client that registered for signed responses', () => {
  it.each([...RING, 'EdDSA'] as const)('C062 FAPIMS-5.4.1-01 gets them by %s', async (alg) => {
    const people = await createPeople({ signing_keys, clients: [signing(alg)] });
    const by = alg === 'EdDSA' ? 'Ed25519' : alg;
    expect(await opened(people, await decided(people), by)).toMatchObject({ code: expect.any(String) });
    const denied = await opened(people, await decided(people, {}, 'deny'), by);
    expect(denied).toMatchObject({ error: 'access_denied' });
  });

  it('C062 FAPIMS-5.4.1-01 gets no others', async () => {
    const people = await createPeople({ signing_keys, clients: [signing('PS256'), RIVAL] });
    const { status, body } = await people.push({ response_mode: 'query' });
    expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'response_mode' });
    expect((await people.push({ response_mode: 'query' }, { client: 'rival' })).status).toBe(201);
  });

  it.each(['authorization_signed_response_alg', 'id_token_signed_response_alg'])(
    'C062 with %s that no key signs by the issuer does not start',
    async (member) => {
      const client = { ...DESK, authorization_details_types: [], [member]: 'PS256' };
      const start = (keys: object[]) =>
        createIssuer({
          config: readConfig(configuration({ clients: [RIVAL, client].map(bare), signing_keys: keys })),
          store: memoryStore(),
          login: { check: async () => undefined },
        });
      const failure = await start(signing_keys.slice(0, 1)).catch((thrown: unknown) => thrown);
      expect(failure).toBeInstanceOf(ConfigurationError);
      expect(String(failure)).toContain(`clients[1].${member}: no key signs by it`);
      await start(signing_keys);
    },
  );

  it.each(['authorization_signed_response_alg', 'id_token_signed_response_alg'])(
    'C062 with %s that no key signs by nobody registers',
    async (member) => {
      const scene = registrationScene({ config: { signing_keys } });
      const asked = (alg: string) => scene.register({ ...REGISTERING, [member]: alg });
      expect((await asked('PS256')).status).toBe(201);
      const poor = registrationScene({ config: { signing_keys: signing_keys.slice(0, 1) } });
      const { status, body } = await poor.register({ ...REGISTERING, [member]: 'PS256' });
      expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'invalid_client_metadata' });
      expect(body['error_description']).toContain(member);
      const client = await poor.registered(REGISTERING);
      const sent = { ...REGISTERING, client_id: client.clientId, [member]: 'Ed25519' };
      expect((await poor.manage('PUT', client, sent)).status).toBe(400);
    },
  );
});

const bare = (client: object) => ({ ...client, authorization_details_types: [] });
