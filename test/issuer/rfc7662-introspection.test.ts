import { describe, expect, it } from 'vitest';
import { assertion, ecKey, ISSUER, NOW, thiefKey, VENUE } from './forge.ts';
import { createPeople, VERIFIER } from './people.ts';
import { ask, expectInactive, REPORTS, SERVERS, serverAssertion } from './questions.ts';
import { accessToken, signedByIssuer, signingKey } from './tokens.ts';

const people = await createPeople({ ...SERVERS, signing_keys: [signingKey] });

describe('RFC 7662 §2.2 of anything else: that it is not active, and no more', () => {
  const sound = { iss: ISSUER, sub: 'person-anna', aud: VENUE, client_id: 'trader', cnf: { jkt: 'A'.repeat(43) } };
  const times = { iat: NOW, exp: NOW + 300, jti: 'grant.token' };

  it('INTRO-4-02 a token that is genuine is active, as a control', async () => {
    expect((await ask(people, signedByIssuer({}, { ...sound, ...times }))).body).toMatchObject({ active: true });
  });

  it.each<[string, () => string | Promise<string>]>([
    ['INTRO-2.2-02 an unknown text', () => 'A'.repeat(43)],
    ['INTRO-2.2-02 a text with dots', () => 'a.b.c'],
    ['INTRO-2.2-02 one character', () => '.'],
    ['INTRO-2.2-02 a token that is too long', () => 'a'.repeat(20_000)],
    [
      'INTRO-2.1-04 INTRO-4-02 a JWT of another issuer',
      () => signedByIssuer({}, { ...sound, ...times, iss: `${ISSUER}/a` }),
    ],
    ['INTRO-4-02 a JWT by a key of nobody', () => signedByIssuer({}, { ...sound, ...times }, ecKey())],
    ['INTRO-4-02 a JWT that says it needs no signature', () => signedByIssuer({ alg: 'none' }, { ...sound, ...times })],
    ['INTRO-2.1-04 a JWT with a kid of nobody', () => signedByIssuer({ kid: 'other' }, { ...sound, ...times })],
    ['INTRO-2.1-04 a JWT without kid', () => signedByIssuer({ kid: undefined }, { ...sound, ...times })],
    ['INTRO-4-02 a JWT of another typ', () => signedByIssuer({ typ: 'JWT' }, { ...sound, ...times })],
    ['INTRO-4-02 a JWT that has expired', () => signedByIssuer({}, { ...sound, ...times, exp: NOW })],
    ['INTRO-4-02 a JWT that never expires', () => signedByIssuer({}, { ...sound, ...times, exp: undefined })],
    ['INTRO-4-02 a JWT that has not begun', () => signedByIssuer({}, { ...sound, ...times, nbf: NOW + 62 })],
    ['INTRO-4-02 a JWT from tomorrow', () => signedByIssuer({}, { ...sound, ...times, iat: NOW + 86_400 })],
    ['INTRO-4-02 a JWT for another resource', () => signedByIssuer({}, { ...sound, ...times, aud: REPORTS })],
    ['INTRO-4-02 a JWT of an unknown client', () => signedByIssuer({}, { ...sound, ...times, client_id: 'gone' })],
    ['INTRO-2.2-02 a code', () => people.code()],
    [
      'INTRO-2.2-02 a refresh token',
      async () => String((await people.redeem(await people.code())).body['refresh_token']),
    ],
    [
      'INTRO-2.2-02 an ID token',
      async () => String((await people.redeem(await people.code({ scope: 'openid orders:read' }))).body['id_token']),
    ],
    ['INTRO-2.2-02 a request_uri', () => people.pushed()],
  ])('%s', async (_what, token) => expectInactive(people, await token()));
});

describe('RFC 7662 §2.1 who may ask', () => {
  it.each<[string, () => string | undefined, string]>([
    ['INTRO-2.1-03 INTRO-2.3-01 JIR-3-01 nobody', () => undefined, 'client_unauthenticated'],
    [
      'INTRO-2.3-01 JIR-3-01 who signs by another key',
      () => assertion({ key: thiefKey, payload: { iss: 'venue-server', sub: 'venue-server' } }),
      'assertion_signature',
    ],
    ['INTRO-2.3-01 who is unknown', () => assertion({ payload: { iss: 'nobody', sub: 'nobody' } }), 'client_unknown'],
    ['FAPIMS-6.2-01 INTRO-2.3-01 JIR-3-01 a client', () => assertion(), 'client_unknown'],
  ])('%s gets 401', async (_who, asserted, code) => {
    const token = await accessToken(people);
    const { status, body } = await ask(people, token, { assertion: asserted() });
    expect({ status, error: body['error'], code: body['code'] }).toEqual({
      status: 401,
      error: 'invalid_client',
      code,
    });
    expect(body).not.toHaveProperty('active');
  });

  it('INTRO-2.1-03 who says who it is without proving it gets 401', async () => {
    const { status, body } = await ask(people, 'a', { assertion: undefined, form: { client_id: 'venue-server' } });
    expect({ status, error: body['error'] }).toEqual({ status: 401, error: 'invalid_client' });
  });

  it('INTRO-2.1-03 a bearer token is no way to ask', async () => {
    const headers = ['Content-Type', 'application/x-www-form-urlencoded', 'Authorization', 'Bearer abc'];
    const { status, body } = await ask(people, 'a', { assertion: undefined, request: { headers } });
    expect({ status, error: body['error'] }).toEqual({ status: 401, error: 'invalid_client' });
  });

  it('GHSA-3p3g-vpw6-4w66 an assertion is good for one question', async () => {
    const asserted = serverAssertion(people);
    expect((await ask(people, 'a', { assertion: asserted })).status).toBe(200);
    const { status, body } = await ask(people, 'a', { assertion: asserted });
    expect({ status, code: body['code'] }).toEqual({ status: 401, code: 'assertion_replayed' });
  });

  it.each(['token', 'push', 'revoke'] as const)(
    'JIR-3-03 FAPIMS-6.2-01 a resource server gets 401 at the endpoint %s, which is for clients',
    async (endpoint) => {
      const form = { grant_type: 'client_credentials', token: 'a', code_verifier: VERIFIER };
      const { status, body } = await people.send(endpoint, { form, assertion: serverAssertion(people) });
      expect({ status, error: body['error'], code: body['code'] }).toEqual({
        status: 401,
        error: 'invalid_client',
        code: 'client_unknown',
      });
    },
  );

  it('no client and no resource server have one name', async () => {
    const server = { ...SERVERS.resource_servers[0], client_id: 'trader' };
    await expect(createPeople({ ...SERVERS, resource_servers: [server] })).rejects.toThrow('is there twice');
  });

  it.each<[string, Parameters<typeof ask>[2], number]>([
    ['no token', { form: { token: undefined } }, 400],
    ['an empty one', { form: { token: '' } }, 400],
    ['GET', { request: { method: 'GET' } }, 405],
    ['another media type', { request: { headers: ['Content-Type', 'application/json'] } }, 400],
    ['the parameter twice', { request: { body: 'token=a&token=b' } }, 400],
  ])('a question with %s is none', async (_what, question, expected) => {
    const { status, body } = await ask(people, 'a', question);
    expect({ status, error: body['error'] }).toEqual({ status: expected, error: 'invalid_request' });
  });
});
