import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { expectRefused, expectToken } from './answer.ts';
import { CALLBACK_WITH_QUERY } from './configuration.ts';
import { codeFor, newVerifier, redeem, refresh } from './flow.ts';
import { send } from './party.ts';
import type { Suite } from './suite.ts';

const RACE = 20;

/** C030 to C033, C035 and C036: what a code is good for. */
export function codeChecks(suite: () => Suite): void {
  describe('an authorization code', () => {
    it.each(['C032 C007 jwt-dpop', 'C032 C007 jwt-mtls', 'C032 C007 cert-dpop', 'C032 C007 cert-mtls'] as const)(
      '%s gives a token that is bound, a refresh token and who it was',
      async (title) => {
        const name = title.slice(10) as 'jwt-dpop';
        const party = suite().party(name, 'two');
        const issued = await redeem(party, await codeFor(party));
        expectToken(issued, party.binding === 'dpop' ? 'DPoP' : 'Bearer');
        expect(issued.body['refresh_token']).toBeTypeOf('string');
        expect(issued.body['id_token']).toBeTypeOf('string');
        expect((await suite().introspect(issued.body['access_token'])).body).toMatchObject({ active: true });
      },
    );

    it('C032 gives no ID token where openid was not asked for', async () => {
      const party = suite().party('jwt-mtls');
      const issued = await redeem(party, await codeFor(party, { scope: 'accounts' }));
      expectToken(issued, 'Bearer');
      expect(issued.body).not.toHaveProperty('id_token');
    });

    it('C030 C031 C035 needs its verifier, redirect_uri and client, and is none the worse for an attempt without', async () => {
      const [party, second] = [suite().party('jwt-dpop'), suite().party('jwt-dpop', 'two')];
      const code = await codeFor(party, { redirect_uri: CALLBACK_WITH_QUERY });
      const wrong = [
        { code_verifier: undefined },
        { code_verifier: newVerifier() },
        { code_verifier: `${code.verifier}x` },
        { code_verifier: 'v'.repeat(42) },
        { code_verifier: 'v'.repeat(129) },
        { code_verifier: `${code.verifier.slice(0, 42)}+` },
        { redirect_uri: undefined },
        { redirect_uri: code.redirectUri.replace('?dummy1=lorem&dummy2=ipsum', '') },
        { code: newVerifier() },
      ];
      for (const changes of wrong) expectRefused(await redeem(party, code, changes), 'invalid_grant');
      expectRefused(await redeem(second, code), 'invalid_grant');
      expectRefused(await redeem(party, code, { code: undefined }), 'invalid_request', 'invalid_grant');
      expectToken(await redeem(party, code), 'DPoP');
    });

    it('C035 C013 is of no use with the credentials of another, also by certificate', async () => {
      const [party, second] = [suite().party('cert-mtls'), suite().party('cert-mtls', 'two')];
      const code = await codeFor(party);
      expectRefused(await redeem(second, code), 'invalid_grant');
      // The second one's certificate in the name of the first
      expectRefused(await redeem(party, code, {}, { certificate: 'two' }), 'invalid_client', 'invalid_grant');
      expectToken(await redeem(party, code), 'Bearer');
    });

    it('C033 is redeemed once, and what it gave ends when it comes again a second later', async () => {
      for (const [name, who] of [
        ['jwt-dpop', 'one'],
        ['cert-mtls', 'two'],
      ] as const) {
        const party = suite().party(name, who);
        const code = await codeFor(party);
        const { body } = await redeem(party, code);
        expect(await suite().isActive(body['access_token'])).toBe(true);
        await setTimeout(1000);
        expectRefused(await redeem(party, code), 'invalid_grant');
        expect(await suite().isActive(body['access_token'])).toBe(false);
        // C055
        expectRefused(await refresh(party, body['refresh_token']), 'invalid_grant');
      }
    });

    it('C033 is redeemed once, by whoever comes first of many', async () => {
      const party = suite().party('jwt-dpop');
      const code = await codeFor(party);
      const answers = await Promise.all(Array.from({ length: RACE }, () => redeem(party, code)));
      const [first, ...more] = answers.filter(({ status }) => status === 200);
      expect([first?.status, more.length]).toEqual([200, 0]);
      for (const answer of answers.filter(({ status }) => status !== 200)) expectRefused(answer, 'invalid_grant');
      expect(await suite().isActive(first?.body['access_token'])).toBe(false);
    });

    it.each([
      'C036 password',
      'C036 implicit',
      'C036 urn:ietf:params:oauth:grant-type:jwt-bearer',
      'C036 urn:ietf:params:oauth:grant-type:token-exchange',
    ])('%s is no grant', async (title) => {
      const form = { grant_type: title.slice(5), username: 'anna', password: 'sesame', assertion: 'a.b.c' };
      const answer = await send(suite().party('jwt-dpop'), 'token_endpoint', form);
      expectRefused(answer, 'unsupported_grant_type', 'unauthorized_client');
    });
  });
}
