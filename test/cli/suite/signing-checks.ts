import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { type Answer, expectRefused, expectToken } from './answer.ts';
import { browse, locationOf } from './browser.ts';
import { CALLBACK, CALLBACK_WITH_QUERY } from './configuration.ts';
import { ask, authorizationUrl, decide, newVerifier, parametersFor, push, redeem } from './flow.ts';
import { broken, forged, type Members, type SuiteKey, seconds, signed } from './jwt.ts';
import { assertionOf, type Fields, type Party } from './party.ts';
import type { Suite } from './suite.ts';

/** C058 to C063: signed requests, and signed answers. */
export function signingChecks(suite: () => Suite): void {
  const client = (): Party => suite().party('signing');
  const jwks = async () => {
    const { send, metadata } = suite().site;
    return createLocalJWKSet((await send(metadata.jwks_uri)).body as unknown as JSONWebKeySet);
  };

  function claims(party: Party, verifier: string, changes: Members = {}): Members {
    const now = seconds();
    const times = { iat: now, nbf: now, exp: now + 300 };
    const parties = { iss: party.clientId, aud: party.site.issuer, client_id: party.clientId };
    return { ...parametersFor(verifier), ...parties, ...times, ...changes };
  }

  const header = (party: Party): Members => ({
    alg: 'PS256',
    kid: party.key.publicJwk.kid,
    typ: 'oauth-authz-req+jwt',
  });

  /** Pushes a signed request with these changes, and these parameters beside it. */
  async function pushSigned(changes: Members = {}, beside: Fields = {}, verifier = newVerifier()): Promise<Answer> {
    const party = client();
    const request = await signed(header(party), claims(party, verifier, changes), party.key);
    return await push(party, { request, ...beside });
  }

  describe('a signed request', () => {
    it('C058 is taken, whatever else its times, typ and aud may be', async () => {
      const now = seconds();
      for (const changes of [
        {},
        { aud: [suite().site.issuer, 'https://other.example'] },
        { nbf: now + 8, iat: now + 8 },
        { exp: now + 3590 },
      ]) {
        expect((await pushSigned(changes)).status).toBe(201);
      }
      const party = client();
      for (const typ of ['OAuth-Authz-Req+JWT', 'application/oauth-authz-req+jwt', 'JWT', undefined]) {
        const request = await signed({ ...header(party), typ }, claims(party, newVerifier()), party.key);
        expect((await push(party, { request })).status).toBe(201);
      }
    });

    it('C058 counts, and nothing beside it does', async () => {
      const verifier = newVerifier();
      const beside = { state: 'outside', nonce: 'outside', redirect_uri: CALLBACK_WITH_QUERY, response_type: 'token' };
      const answer = await decide(client(), await pushSigned({ state: 'inside', nonce: 'inside' }, beside, verifier));
      expect(answer.href.startsWith(`${CALLBACK}?`)).toBe(true);
      expect(answer.searchParams.get('state')).toBe('inside');
      const code = answer.searchParams.get('code') ?? '';
      const issued = await redeem(client(), { code, verifier, redirectUri: CALLBACK });
      expectToken(issued, 'DPoP');
      const { payload } = await jwtVerify(String(issued.body['id_token']), await jwks());
      expect(payload['nonce']).toBe('inside');
    });

    it.each<[string, (now: number, issuer: string) => Members]>([
      ['C059 without exp', () => ({ exp: undefined })],
      ['C059 without nbf', () => ({ nbf: undefined })],
      ['C059 that has ended', (now) => ({ nbf: now - 600, exp: now - 300 })],
      ['C059 that lives for 70 minutes', (now) => ({ exp: now + 4200 })],
      ['C059 that began 70 minutes ago', (now) => ({ nbf: now - 4200, iat: now - 4200, exp: now + 60 })],
      ['C059 for somebody else', () => ({ aud: 'https://other.example' })],
      ['C059 for the PAR endpoint', (_now, issuer) => ({ aud: `${issuer}/par` })],
      ['C059 for nobody', () => ({ aud: undefined })],
      ['C061 that holds a request', () => ({ request: 'e30.e30.e30' })],
      ['C061 that refers to one', () => ({ request_uri: 'urn:ietf:params:oauth:request_uri:x' })],
    ])('%s is refused', async (_what, changes) => {
      expectRefused(await pushSigned(changes(seconds(), suite().site.issuer)), 'invalid_request_object');
    });

    it('C060 by a weak algorithm, by none, or by somebody else is refused', async () => {
      const party = client();
      const by = (alg: string) => forged({ ...header(party), alg }, claims(party, newVerifier()), party.key);
      const good = await signed(header(party), claims(party, newVerifier()), party.key);
      for (const request of [by('RS256'), by('none'), by('HS256'), broken(good)]) {
        expectRefused(await push(party, { request }), 'invalid_request_object');
      }
      const { key }: { key: SuiteKey } = suite().party('signing', 'two');
      const foreign = await signed(header(party), claims(party, newVerifier()), key);
      expectRefused(await push(party, { request: foreign }), 'invalid_request', 'invalid_request_object');
      const ofOther = suite().party('signing', 'two');
      const request = await signed(header(ofOther), claims(ofOther, newVerifier()), ofOther.key);
      expectRefused(await push(party, { request }), 'invalid_request', 'invalid_request_object');
    });

    it('C061 C022 is the only kind where the client has to sign', async () => {
      expectRefused(await push(client(), parametersFor(newVerifier())), 'invalid_request');
      const party = client();
      const request = await signed(header(party), claims(party, newVerifier()), party.key);
      const query = new URLSearchParams({ client_id: party.clientId, request });
      const { status, text } = await browse(party.site).open(`${party.site.metadata.authorization_endpoint}?${query}`);
      expect([status, text.includes('id="oauth-error">invalid_request<')]).toEqual([400, true]);
    });

    it('C061 C021 C029 is held to all that an unsigned one is', async () => {
      expectRefused(await pushSigned({ response_type: 'token' }), 'unsupported_response_type', 'invalid_request');
      expectRefused(await pushSigned({ code_challenge: undefined }), 'invalid_request', 'invalid_request_object');
      expectRefused(await pushSigned({ code_challenge_method: 'plain' }), 'invalid_request', 'invalid_request_object');
      expectRefused(await pushSigned({ redirect_uri: undefined }), 'invalid_request', 'invalid_request_object');
    });
  });

  describe('a signed answer', () => {
    it.each([
      ['C062 with a code', 'approve'],
      ['C062 with an error', 'deny'],
    ] as const)('%s is all that the query holds', async (_what, button) => {
      const state = 's-4';
      const verifier = newVerifier();
      const pushed = await pushSigned({ response_mode: 'jwt', state, redirect_uri: CALLBACK_WITH_QUERY }, {}, verifier);
      const { searchParams } = await decide(client(), pushed, button);
      expect([...searchParams.keys()]).toEqual(['dummy1', 'dummy2', 'response']);
      const { payload, protectedHeader } = await jwtVerify(searchParams.get('response') ?? '', await jwks(), {
        ...{ issuer: suite().site.issuer, audience: client().clientId, algorithms: ['PS256'] },
      });
      expect(protectedHeader.kid).toBeTypeOf('string');
      expect(payload['state']).toBe(state);
      const span = Number(payload.exp) - seconds();
      expect([span > 10, span < 600]).toEqual([true, true]);
      if (button === 'deny') return expect(payload['error']).toBe('access_denied');
      const code = String(payload['code']);
      expectToken(await redeem(client(), { code, verifier, redirectUri: CALLBACK_WITH_QUERY }), 'DPoP');
    });

    it('C062 comes for prompt=none, too', async () => {
      const pushed = await pushSigned({ response_mode: 'jwt', prompt: 'none' });
      const answer = locationOf(await browse(suite().site).open(authorizationUrl(client(), pushed)));
      const { payload } = await jwtVerify(new URL(answer).searchParams.get('response') ?? '', await jwks());
      expect(payload['error']).toBe('login_required');
    });

    it('C063 about a token is for who asked, and says no more of one that is not active', async () => {
      const accept = 'application/token-introspection+jwt';
      const { body } = await ask(suite().party('jwt-dpop'));
      for (const [token, said] of [
        [body['access_token'], { active: true, client_id: 'jwt-dpop-one', scope: 'accounts' }],
        ['no-token', { active: false }],
      ] as const) {
        const { status, headers, text } = await suite().introspect(token, { accept });
        expect([status, headers['content-type']]).toEqual([200, accept]);
        const { payload } = await jwtVerify(text, await jwks(), {
          ...{ issuer: suite().site.issuer, audience: 'resource-server', algorithms: ['PS256'] },
          typ: 'token-introspection+jwt',
        });
        expect(payload.iat).toBeTypeOf('number');
        if (said.active) expect(payload['token_introspection']).toMatchObject(said);
        else expect(payload['token_introspection']).toEqual(said);
      }
    });
  });

  it('C060 C013 a request object is no client assertion, and the other way round', async () => {
    const party = client();
    const object = await signed(
      header(party),
      claims(party, newVerifier(), { sub: party.clientId, jti: 'j' }),
      party.key,
    );
    expectRefused(await ask(party, {}, { assertion: object }), 'invalid_client', 'invalid_request');
    expectRefused(await push(party, { request: await assertionOf(party) }), 'invalid_request_object');
  });
}
