import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { expectRefused, expectToken } from './answer.ts';
import { CALLBACK } from './configuration.ts';
import { ask, codeFor, decide, newVerifier, parametersFor, push, redeem } from './flow.ts';
import { suiteKey } from './jwt.ts';
import type { Party } from './party.ts';
import { jktOf, type Suite } from './suite.ts';

/** C046 to C051: what codes and tokens are bound to. */
export function bindingChecks(suite: () => Suite): void {
  const x5t = (who: 'one' | 'two') =>
    createHash('sha256').update(suite().operator.certificates[who].der).digest('base64url');

  describe('a code that is bound to a key', () => {
    it.each([
      ['C046 C047 by dpop_jkt', true, false],
      ['C046 C047 by a proof that came with the request', false, true],
      ['C046 C047 by both', true, true],
    ] as const)('%s is redeemed by that key alone', async (_what, isNamed, isProved) => {
      const party = suite().party('jwt-dpop', isNamed ? 'one' : 'two');
      const named = isNamed ? { dpop_jkt: await jktOf(party) } : {};
      const code = await codeFor(party, named, isProved ? { proof: {} } : {});
      const thief = await redeem(party, code, {}, { proof: { key: await suiteKey('ES256') } });
      expectRefused(thief, 'invalid_grant', 'invalid_request', 'invalid_dpop_proof');
      expectRefused(
        await redeem(party, code, {}, { proof: null }),
        ...['invalid_dpop_proof', 'invalid_request', 'invalid_grant'],
      );
      const issued = await redeem(party, code);
      expectToken(issued, 'DPoP');
      expect(await suite().confirmation(issued.body['access_token'])).toEqual({ jkt: await jktOf(party) });
    });

    it('C047 is not begun where dpop_jkt and proof do not agree', async () => {
      const party = suite().party('jwt-dpop');
      const parameters = parametersFor(newVerifier(), { dpop_jkt: await jktOf(suite().party('jwt-dpop', 'two')) });
      expectRefused(await push(party, parameters, { proof: {} }), 'invalid_request', 'invalid_dpop_proof');
      expectRefused(
        await push(party, parametersFor(newVerifier(), { dpop_jkt: 'short' })),
        ...['invalid_request', 'invalid_dpop_proof'],
      );
    });
  });

  describe('a token that is bound to a certificate', () => {
    it.each(['C048 jwt-mtls', 'C048 cert-mtls'] as const)('%s says to which, itself and when asked', async (title) => {
      for (const who of ['one', 'two'] as const) {
        const party = suite().party(title.slice(5) as 'jwt-mtls', who);
        const issued = await ask(party);
        expectToken(issued, 'Bearer');
        expect(await suite().confirmation(issued.body['access_token'])).toEqual({ 'x5t#S256': x5t(who) });
      }
    });

    it('C049 is given to nobody without one, neither here nor there', async () => {
      const party = suite().party('jwt-mtls');
      const code = await codeFor(party);
      for (const at of ['alias', 'root'] as const) {
        const attempt = { certificate: null, at };
        for (const answer of [await ask(party, {}, attempt), await redeem(party, code, {}, attempt)]) {
          expectRefused(answer, 'invalid_client', 'invalid_grant', 'invalid_request');
        }
        // Nor does a proof stand in for it
        const proved = await ask(party, {}, { ...attempt, proof: {} });
        expectRefused(proved, 'invalid_client', 'invalid_grant', 'invalid_request');
      }
      expectToken(await redeem(party, code), 'Bearer');
    });

    it('C050 comes of a flow through either listener, with a certificate where it is needed or everywhere', async () => {
      const party = suite().party('jwt-mtls', 'two');
      for (const [at, certificate] of [
        ['root', null],
        ['alias', null],
        ['alias', 'two'],
      ] as const) {
        const verifier = newVerifier();
        const pushed = await push(party, parametersFor(verifier), { at, certificate });
        expect(pushed.status).toBe(201);
        const code = (await decide(party, pushed)).searchParams.get('code') ?? '';
        expectToken(await redeem(party, { code, verifier, redirectUri: CALLBACK }), 'Bearer');
      }
    });

    it('C050 C037 is a token for a key where that is asked of the client, at either listener', async () => {
      const party = suite().party('jwt-dpop');
      for (const at of ['root', 'alias'] as const) {
        for (const certificate of at === 'alias' ? (['one', null] as const) : ([null] as const)) {
          const issued = await ask(party, {}, { at, certificate });
          expectToken(issued, 'DPoP');
          expect(await suite().confirmation(issued.body['access_token'])).toEqual({ jkt: await jktOf(party) });
        }
      }
    });

    it('C051 is bound to no certificate that a header tells of', async () => {
      const { certificates } = suite().operator;
      const told = Buffer.from(certificates.one.der).toString('base64');
      const pem = encodeURIComponent(certificates.one.cert);
      const headers = [
        ...['Client-Cert', `:${told}:`, 'X-Ssl-Cert', pem, 'X-SSL-Client-Cert', pem, 'X-Client-Cert', told],
        ...['X-Forwarded-Client-Cert', `Cert="${pem}"`, 'X-Forwarded-Tls-Client-Cert', told, 'SSL_CLIENT_CERT', pem],
      ];
      const forging = async (party: Party, at: 'root' | 'alias') => ask(party, {}, { headers, certificate: null, at });
      for (const at of ['root', 'alias'] as const) {
        expectRefused(await forging(suite().party('cert-mtls'), at), 'invalid_client', 'invalid_request');
        expectRefused(
          await forging(suite().party('jwt-mtls'), at),
          ...['invalid_client', 'invalid_grant', 'invalid_request'],
        );
      }
      const issued = await ask(suite().party('cert-mtls', 'two'), {}, { headers });
      expect(await suite().confirmation(issued.body['access_token'])).toEqual({ 'x5t#S256': x5t('two') });
    });

    it('C038 C049 or to a key is what every token is, whatever its client is registered for', async () => {
      const party = suite().party('open');
      for (const at of ['alias', 'root'] as const) {
        // What the suite takes for a missing proof, and for a missing certificate
        expectRefused(await ask(party, {}, { at, certificate: null }), 'invalid_request');
      }
      expect(await suite().confirmation((await ask(party)).body['access_token'])).toEqual({ 'x5t#S256': x5t('one') });
      const proved = await ask(party, {}, { proof: {}, certificate: null });
      expect(await suite().confirmation(proved.body['access_token'])).toEqual({ jkt: await jktOf(party) });
    });
  });
}
