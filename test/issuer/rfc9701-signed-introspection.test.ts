import { describe, expect, it } from 'vitest';
import { keys } from '../proof/forge.ts';
import { assertion, ISSUER, NOW, thiefKey, VENUE } from './forge.ts';
import { createPeople, DESK, ORDER } from './people.ts';
import { ask, SERVERS, SIGNED, serverAssertion, verified } from './questions.ts';
import { accessToken, FORMATS } from './tokens.ts';

const people = await createPeople(SERVERS);
const PARAMETERS = { typ: 'token-introspection+jwt', audience: 'venue-server', requiredClaims: ['iat'] };

/** A signed answer of the venue's server, verified as it would. */
async function signedAnswer(token: unknown, by: 'venue-server' | 'reports-server' = 'venue-server', its = people) {
  const { status, headers, text } = await ask(its, token, { by, accept: SIGNED });
  expect({ status, headers }).toEqual({
    status: 200,
    headers: { 'Content-Type': SIGNED, 'Cache-Control': 'no-store' },
  });
  return await verified(its, text, { ...PARAMETERS, audience: by });
}

describe('RFC 9701 §5 a signed answer', () => {
  it('C063 FAPIMS-5.5.1-01 JIR-4-02 JIR-5-01 JIR-5-02 JIR-5-05 is for who asked, and says what a plain one says', async () => {
    const token = await accessToken(people, { authorization_details: JSON.stringify([ORDER]) });
    const { payload, protectedHeader } = await signedAnswer(token);
    const { body: plain } = await ask(people, token);
    expect(plain).toMatchObject({ active: true, authorization_details: [ORDER] });
    // No sub, no exp and nothing else beside it
    expect(payload).toEqual({ iss: ISSUER, aud: 'venue-server', iat: NOW, token_introspection: plain });
    expect(protectedHeader).toEqual({ typ: 'token-introspection+jwt', alg: 'ES256', kid: 'issuer-1' });
  });

  it.each<[string, () => string | Promise<string>]>([
    ['C063 JIR-5-03 of a token of nobody', () => 'A'.repeat(43)],
    [
      'C063 JIR-5-03 of a refresh token',
      async () => String((await people.redeem(await people.code())).body['refresh_token']),
    ],
    [
      'C063 JIR-5-03 of a token that was revoked',
      async () => {
        const token = await accessToken(people);
        await people.send('revoke', { form: { token } });
        return token;
      },
    ],
  ])('%s says that it is not active, and no more', async (_what, token) => {
    const { payload } = await signedAnswer(await token());
    expect(payload).toEqual({ iss: ISSUER, aud: 'venue-server', iat: NOW, token_introspection: { active: false } });
  });

  it('C063 JIR-5-03 JIR-3-02 of a token for another resource server says no more', async () => {
    const { payload } = await signedAnswer(await accessToken(people), 'reports-server');
    expect(payload['token_introspection']).toEqual({ active: false });
  });

  it('C063 JIR-5-03 of a token that has expired says no more', async () => {
    const its = await createPeople(SERVERS);
    const token = await accessToken(its);
    its.now = NOW + 300;
    const { payload } = await signedAnswer(token, 'venue-server', its);
    expect(payload['iat']).toBe(NOW + 300);
    expect(payload['token_introspection']).toEqual({ active: false });
  });

  it('JIR-5-04 has the scopes that mean something to who asks', async () => {
    const { payload } = await signedAnswer(await accessToken(people, { scope: 'orders:write openid offline_access' }));
    expect(payload['token_introspection']).toMatchObject({ active: true, scope: 'orders:write', aud: [VENUE, ISSUER] });
  });

  it.each(['ES256', 'PS256', 'Ed25519', 'EdDSA'] as const)(
    'C063 JIR-7-01 is signed by %s, as the metadata says',
    async (alg) => {
      const its = await createPeople({ ...SERVERS, signing_keys: [{ ...keys[alg].privateJwk, alg, kid: 'k' }] });
      const { text } = await ask(its, 'a', { accept: SIGNED });
      const { protectedHeader } = await verified(its, text, PARAMETERS);
      const metadata = JSON.parse(its.issuer.metadata().body) as Record<string, unknown>;
      expect(metadata['introspection_signing_alg_values_supported']).toEqual([protectedHeader.alg]);
      expect(protectedHeader.alg).toBe(alg);
    },
  );

  it.each(FORMATS)('C063 is given about tokens of either form: %s', async (access_token_format) => {
    const its = await createPeople({ ...SERVERS, clients: [{ ...DESK, access_token_format }] });
    const { text } = await ask(its, await accessToken(its), { accept: SIGNED });
    const { payload } = await verified(its, text, PARAMETERS);
    expect(payload['token_introspection']).toMatchObject({ active: true, client_id: 'trader' });
  });
});

describe('RFC 9701 §4 which answer is given', () => {
  it.each<[string | undefined, string]>([
    [undefined, 'application/json'],
    ['*/*', 'application/json'],
    ['application/json', 'application/json'],
    ['application/*', 'application/json'],
    ['application/jwt', 'application/json'],
    [`${SIGNED};q=0, application/json`, 'application/json'],
    [`${SIGNED}; Q=0.000`, 'application/json'],
    [`${SIGNED};q=2`, 'application/json'],
    [SIGNED, SIGNED],
    ['Application/Token-Introspection+JWT', SIGNED],
    [`application/json;q=0.9, ${SIGNED}`, SIGNED],
    [`${SIGNED} ; q=0.5,*/*;q=0.1`, SIGNED],
  ])('to Accept %s', async (accept, type) => {
    const { headers } = await ask(people, 'a', accept === undefined ? {} : { accept });
    expect(headers['Content-Type']).toBe(type);
  });
});

describe('RFC 9701 §5 who does not authenticate', () => {
  it.each<[string, () => string | undefined]>([
    ['C063 JIR-5-07 JIR-4-02 JIR-3-01 nobody', () => undefined],
    [
      'JIR-5-07 JIR-4-02 who signs by another key',
      () => assertion({ key: thiefKey, payload: { iss: 'venue-server', sub: 'venue-server' } }),
    ],
    ['JIR-5-07 who is unknown', () => assertion({ payload: { iss: 'nobody', sub: 'nobody' } })],
    ['JIR-5-07 FAPIMS-6.2-01 a client', () => assertion()],
    ['JIR-5-07 who sends no JWT', () => 'a'],
  ])('%s gets 400 for a signed answer, and 401 for a plain one', async (_who, asserted) => {
    for (const [accept, expected] of [
      [SIGNED, 400],
      ['application/json', 401],
    ] as const) {
      const { status, headers, body } = await ask(people, 'a', { accept, assertion: asserted() });
      expect({ status, error: body['error'] }).toEqual({ status: expected, error: 'invalid_client' });
      expect(headers).toEqual({ 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    }
  });

  it('JIR-5-07 who asks again with the same assertion gets 400', async () => {
    const asserted = serverAssertion(people);
    await ask(people, 'a', { accept: SIGNED, assertion: asserted });
    const { status, body } = await ask(people, 'a', { accept: SIGNED, assertion: asserted });
    expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'assertion_replayed' });
  });
});
