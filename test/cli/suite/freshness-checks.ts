import { describe, expect, it } from 'vitest';
import { expectRefused, expectToken } from './answer.ts';
import { ask, newVerifier } from './flow.ts';
import { type Members, seconds, suiteKey } from './jwt.ts';
import { type ProofChanges, proofOf, urlOf } from './party.ts';
import { createProver } from './prover.ts';
import type { Suite } from './suite.ts';

/** C042 to C045: when a proof at the issuer is fresh, and that it is good once. */
export function freshnessChecks(suite: () => Suite): void {
  const { client, url, primed, withProof, withChanges, pushWith } = createProver(suite);

  describe('the time of a proof', () => {
    it('C042 is fresh by its iat where there are no nonces', async () => {
      const party = suite().party('jwt-dpop', 'one', suite().other);
      const token = (claims: Members) => ask(party, {}, { proof: { claims } });
      const pushed = (claims: Members) => pushWith({ claims }, party);
      for (const offset of [-10, 8, 10]) {
        expectToken(await token({ iat: seconds() + offset }), 'DPoP');
        expect((await pushed({ iat: seconds() + offset })).status).toBe(201);
      }
      for (const offset of [62, 3600, -3600]) {
        expectRefused(await token({ iat: seconds() + offset }), 'invalid_dpop_proof');
        expectRefused(await pushed({ iat: seconds() + offset }), 'invalid_dpop_proof');
      }
    });

    it('C042 may come from a clock that is wrong by seconds where there are', async () => {
      for (const offset of [-10, 8, 10]) {
        expectToken(await ask(client(), {}, { proof: { claims: { iat: seconds() + offset } } }), 'DPoP');
        expect((await pushWith({ claims: { iat: seconds() + offset } })).status).toBe(201);
      }
    });

    it('C043 is good once', async () => {
      await primed();
      const proof = await proofOf(client(), url());
      expectToken(await withProof(proof), 'DPoP');
      expectRefused(await withProof(proof), 'invalid_dpop_proof');
      const pushed = await proofOf(client(), urlOf(client(), 'pushed_authorization_request_endpoint'));
      expect((await pushWith([pushed])).status).toBe(201);
      expectRefused(await pushWith([pushed]), 'invalid_dpop_proof');
    });

    it('C043 is good once also when the power fails in between', async () => {
      const party = suite().party('jwt-dpop', 'one', suite().other);
      const proof = [await proofOf(party, urlOf(party, 'token_endpoint'))];
      expectToken(await ask(party, {}, { proof }), 'DPoP');
      await suite().operator.restartOther();
      expectRefused(await ask(party, {}, { proof }), 'invalid_dpop_proof');
    });

    it('C044 may hold more than it needs', async () => {
      await primed();
      const [nbf, exp] = [seconds(), seconds() + 300];
      const more: ProofChanges[] = [
        { claims: { nbf, exp } },
        { claims: { iss: 'me', sub: 'me', aud: 'you', another: { a: [1] } }, header: { kid: 'k', another: 'b' } },
        { claims: { ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo' } },
      ];
      for (const changes of more) {
        expectToken(await withChanges(changes), 'DPoP');
        const proof = { ...changes, claims: { ...changes.claims, jti: newVerifier() } };
        expect((await pushWith(proof)).status).toBe(201);
      }
      for (const claims of [{ exp: seconds() - 60 }, { nbf: seconds() + 300 }]) {
        expectRefused(await withChanges({ claims }), 'invalid_dpop_proof');
      }
    });

    it('C045 without a nonce is asked for one, which is good at once and with any key', async () => {
      const { site } = suite();
      for (const challenge of [
        await withChanges({ claims: { nonce: undefined } }),
        await withChanges({ claims: { nonce: 'forged' } }),
        await pushWith([
          await proofOf(client(), urlOf(client(), 'pushed_authorization_request_endpoint'), {
            claims: { nonce: undefined },
          }),
        ]),
      ]) {
        expectRefused(challenge, 'use_dpop_nonce');
        expect(challenge.status).toBe(400);
        expect(challenge.headers['dpop-nonce']).toBeTypeOf('string'); // two would be a list
        expect(challenge.headers['dpop-nonce']).toMatch(/^[\x21\x23-\x5B\x5D-\x7E]+$/);
        site.nonce = String(challenge.headers['dpop-nonce']);
        expectToken(await withChanges({ key: await suiteKey('ES256') }), 'DPoP');
      }
      // RFC 9449 §8.2
      const { headers } = await withChanges({});
      site.nonce = String(headers['dpop-nonce']);
      expectToken(await withChanges({}), 'DPoP');
      expect(
        (await pushWith([await proofOf(client(), urlOf(client(), 'pushed_authorization_request_endpoint'))])).status,
      ).toBe(201);
    });
  });
}
