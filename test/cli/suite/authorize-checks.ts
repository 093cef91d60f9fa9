import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import { type Answer, expectToken, expectUnguessable } from './answer.ts';
import { browse, locationOf } from './browser.ts';
import { CALLBACK, CALLBACK_WITH_QUERY } from './configuration.ts';
import { authorizationUrl, decide, newVerifier, parametersFor, push, redeem } from './flow.ts';
import { SUBJECT } from './operator.ts';
import type { Fields, Party } from './party.ts';
import type { Suite } from './suite.ts';

/** C022 to C028: what a browser sees. */
export function authorizeChecks(suite: () => Suite): void {
  const client = (): Party => suite().party('jwt-dpop');
  const pushed = (changes: Fields = {}, verifier = newVerifier()) => push(client(), parametersFor(verifier, changes));
  const open = (url: string) => browse(suite().site).open(url);

  /** A page with this error, or one of these: nobody is sent anywhere. */
  function expectErrorPage({ status, headers, text }: Answer, ...errors: string[]): void {
    expect(status).toBe(400);
    expect(headers).not.toHaveProperty('location');
    const [, error] = /id="oauth-error">([a-z_]+)</.exec(text) ?? [];
    expect(errors).toContain(error);
  }

  describe('the authorization endpoint', () => {
    it('C022 gives no code to a request that was not pushed', async () => {
      const { authorization_endpoint: endpoint } = suite().site.metadata;
      const form = { ...parametersFor(newVerifier()), client_id: client().clientId } as Record<string, string>;
      const requests = [form, { ...form, request: 'eyJhbGciOiJub25lIn0.e30.' }, { client_id: client().clientId }];
      for (const each of requests) {
        expectErrorPage(await open(`${endpoint}?${new URLSearchParams(each)}`), 'invalid_request');
      }
    });

    it('C023 needs client_id and request_uri, and heeds nothing else in the URL', async () => {
      const sent = await pushed({ state: 'inside' });
      const others = {
        ...{ state: 'outside', nonce: 'outside', scope: 'openid', response_type: 'token', response_mode: 'fragment' },
        ...{ redirect_uri: 'https://thief.example/callback', code_challenge: 'outside' },
      };
      const url = new URL(authorizationUrl(client(), sent));
      const around = `${url.origin}${url.pathname}?${new URLSearchParams(others)}&${url.searchParams}`;
      const browser = browse(suite().site);
      const answer = new URL(locationOf(await browser.press(await browser.logIn(around), 'approve')));
      expect(answer.href.startsWith(`${CALLBACK}?`)).toBe(true);
      expect(answer.searchParams.get('state')).toBe('inside');
    });

    it('C023 C026 adds no state where none was pushed', async () => {
      const sent = await pushed({ state: undefined });
      const browser = browse(suite().site);
      const page = await browser.logIn(`${authorizationUrl(client(), sent)}&state=outside`);
      const answer = new URL(locationOf(await browser.press(page, 'approve')));
      expect([...answer.searchParams.keys()].toSorted()).toEqual(['code', 'iss']);
    });

    it('C024 takes a reference from the client that pushed it alone, and none that is not known', async () => {
      const sent = await pushed();
      expectErrorPage(
        await open(authorizationUrl(suite().party('jwt-dpop', 'two'), sent)),
        ...['invalid_request_uri', 'invalid_request'],
      );
      const unknown = {
        ...sent,
        body: { request_uri: `urn:ietf:params:oauth:request_uri:${newVerifier().slice(0, 43)}` },
      };
      const foreign = { ...sent, body: { request_uri: 'https://thief.example/request.jwt' } };
      for (const each of [unknown, foreign]) {
        expectErrorPage(await open(authorizationUrl(client(), each)), 'invalid_request_uri', 'invalid_request');
      }
    });

    it('C025 may be opened twice before the decision, and not after it', async () => {
      const sent = await pushed();
      const url = authorizationUrl(client(), sent);
      for (let i = 0; i < 2; i += 1) expect((await open(url)).status).toBe(303);
      const answer = await decide(client(), sent);
      expectUnguessable(answer.searchParams.get('code'));
      expectErrorPage(await open(url), 'invalid_request_uri');
    });

    it('C026 answers with code, state and iss, in the query that was registered, by 303', async () => {
      const sent = await pushed({ redirect_uri: CALLBACK_WITH_QUERY, state: 's-1' });
      const browser = browse(suite().site);
      const decided = await browser.press(await browser.logIn(authorizationUrl(client(), sent)), 'approve');
      expect(decided.status).toBe(303);
      const answer = locationOf(decided);
      expect(answer.startsWith(`${CALLBACK_WITH_QUERY}&`)).toBe(true);
      expect(answer).not.toContain('#');
      const { code, ...others } = Object.fromEntries(new URL(answer).searchParams);
      expectUnguessable(code);
      expect(others).toEqual({ dummy1: 'lorem', dummy2: 'ipsum', state: 's-1', iss: suite().site.issuer });
    });

    it('C027 tells the client when the person denies it', async () => {
      const answer = await decide(client(), await pushed({ state: 's-2' }), 'deny');
      const { error_description: _, ...said } = Object.fromEntries(answer.searchParams);
      expect(said).toEqual({ error: 'access_denied', state: 's-2', iss: suite().site.issuer });
    });

    it('C027 does so too before anybody has logged in', async () => {
      const browser = browse(suite().site);
      const url = locationOf(await browser.open(authorizationUrl(client(), await pushed({ state: 's-3' }))));
      const page = { url, text: (await browser.open(url)).text };
      const answer = new URL(locationOf(await browser.press(page, 'deny')));
      expect(answer.searchParams.get('error')).toBe('access_denied');
    });

    it.each([
      ['C028 a long state and a nonce of 43 characters', { state: 's'.repeat(128), nonce: 'n'.repeat(43) }],
      ['C028 a very long state and a nonce of 64 characters', { state: 's'.repeat(1000), nonce: 'n'.repeat(64) }],
      [
        'C028 a nonce of 384 characters and scopes in another order',
        { nonce: 'n'.repeat(384), scope: 'openid accounts offline_access' },
      ],
      ['C028 no nonce, and odd characters in the state', { nonce: undefined, state: 'a b+c&d=é/"\'%20' }],
    ] as const)('%s come back as they were', async (_what, changes) => {
      const verifier = newVerifier();
      const { searchParams } = await decide(client(), await pushed(changes, verifier));
      if ('state' in changes) expect(searchParams.get('state')).toBe(changes.state);
      const issued = await redeem(client(), { code: searchParams.get('code') ?? '', verifier, redirectUri: CALLBACK });
      expectToken(issued, 'DPoP');
      const jwks = (await suite().site.send(suite().site.metadata.jwks_uri)).body as unknown as JSONWebKeySet;
      const { payload } = await jwtVerify(String(issued.body['id_token']), createLocalJWKSet(jwks), {
        ...{ issuer: suite().site.issuer, audience: client().clientId, algorithms: ['PS256'] },
      });
      expect([payload.sub, payload['nonce']]).toEqual([SUBJECT, changes.nonce]);
      expect(String(issued.body['scope']).split(' ').toSorted()).toEqual(['accounts', 'offline_access', 'openid']);
    });
  });
}
