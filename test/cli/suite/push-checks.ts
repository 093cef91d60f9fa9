import { describe, expect, it } from 'vitest';
import { type Answer, expectRefused, expectUnguessable } from './answer.ts';
import { CALLBACK } from './configuration.ts';
import { newVerifier, parametersFor, push } from './flow.ts';
import { assertionOf, type Fields, urlOf } from './party.ts';
import type { Suite } from './suite.ts';

const ENDPOINT = 'pushed_authorization_request_endpoint';

/** C018 to C021 and C029: what is pushed. */
export function pushChecks(suite: () => Suite): void {
  const pushed = (changes: Fields): Promise<Answer> =>
    push(suite().party('jwt-dpop'), parametersFor(newVerifier(), changes));

  describe('a pushed request', () => {
    it('C018 gets a reference that nobody guesses, for a minute or so', async () => {
      for (const name of ['jwt-dpop', 'jwt-mtls', 'cert-dpop', 'cert-mtls'] as const) {
        const { status, headers, body } = await push(suite().party(name), parametersFor(newVerifier()));
        expect(status).toBe(201);
        expect(headers['content-type']).toMatch(/^application\/json(?:;|$)/);
        expect(headers['cache-control']).toContain('no-store');
        expect(body['expires_in']).toSatisfy((span) => (span as number) >= 60 && (span as number) <= 90);
        const [, random] = /^urn:ietf:params:oauth:request_uri:(.+)$/.exec(String(body['request_uri'])) ?? [];
        expectUnguessable(random);
      }
    });

    it('C019 is not taken by another method, whatever comes with it', async () => {
      const party = suite().party('jwt-dpop');
      const form = { ...parametersFor(newVerifier()), client_id: party.clientId };
      const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
      const assertion = { client_assertion_type: type, client_assertion: await assertionOf(party) };
      const body = new URLSearchParams({ ...form, ...assertion } as Record<string, string>).toString();
      const headers = ['Content-Type', 'application/x-www-form-urlencoded'];
      for (const method of ['PUT', 'PATCH', 'DELETE'] as const) {
        const { status, body: said } = await party.site.send(urlOf(party, ENDPOINT), { method, headers, body });
        expect([status, said['request_uri']]).toEqual([405, undefined]);
      }
      expect((await party.site.send(`${urlOf(party, ENDPOINT)}?${body}`)).status).toBe(405);
    });

    it('C019 holds no reference to another one, and nothing twice', async () => {
      const first = String((await pushed({})).body['request_uri']);
      for (const uri of [first, 'https://localhost.example/request.jwt']) {
        const errors = ['invalid_request', 'invalid_request_object', 'request_uri_not_supported'];
        expectRefused(await pushed({ request_uri: uri }), ...errors);
      }
      const party = suite().party('jwt-dpop');
      const form = new URLSearchParams(parametersFor(newVerifier()) as Record<string, string>);
      form.append('client_assertion', await assertionOf(party));
      form.append('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
      for (const [name, value] of [
        ['state', 'other'],
        ['redirect_uri', CALLBACK],
        ['client_id', 'jwt-dpop-one'],
      ] as const) {
        const headers = ['Content-Type', 'application/x-www-form-urlencoded'];
        const body = `${form}&${new URLSearchParams([
          [name, value],
          [name, value],
        ])}`;
        expectRefused(
          await party.site.send(urlOf(party, ENDPOINT), { method: 'POST', headers, body }),
          'invalid_request',
        );
      }
    });

    it.each<[string, string | undefined]>([
      ['C020 without redirect_uri', undefined],
      ['C020 with http', 'http://localhost.example/callback'],
      ['C020 with one that is not registered', 'https://localhost.example/other'],
      ['C020 with a longer path', `${CALLBACK}/more`],
      ['C020 with another query', `${CALLBACK}?dummy1=ipsum`],
      ['C020 with a fragment', `${CALLBACK}#more`],
    ])('%s is refused', async (_what, uri) => {
      expectRefused(await pushed({ redirect_uri: uri }), 'invalid_request');
    });

    it.each<[string, string | undefined]>([
      ['C021 for token', 'token'],
      ['C021 for code id_token', 'code id_token'],
      ['C021 for id_token', 'id_token'],
      ['C021 for nothing', undefined],
    ])('%s is refused', async (_what, type) => {
      const answer = await pushed({ response_type: type });
      expectRefused(answer, 'unsupported_response_type', 'invalid_request', 'unauthorized_client');
    });

    it.each<[string, Fields]>([
      ['C029 without code_challenge', { code_challenge: undefined, code_challenge_method: undefined }],
      ['C029 without code_challenge but for its method', { code_challenge: undefined }],
      ['C029 with the method plain', { code_challenge_method: 'plain' }],
      ['C029 without a method', { code_challenge_method: undefined }],
    ])('%s is refused', async (_what, changes) => {
      expectRefused(await pushed(changes), 'invalid_request');
    });
  });
}
