import { describe, expect, it } from 'vitest';
import { expectRefused, expectToken } from './answer.ts';
import { SCOPE } from './configuration.ts';
import { codeFor, redeem, refresh } from './flow.ts';
import { suiteKey } from './jwt.ts';
import { type Party, send } from './party.ts';
import { jktOf, type Suite } from './suite.ts';

/** C052 to C055, and C053 for each pair. */
export function refreshChecks(suite: () => Suite): void {
  async function granted(party: Party): Promise<{ access: string; token: string }> {
    const { body } = await redeem(party, await codeFor(party));
    return { access: String(body['access_token']), token: String(body['refresh_token']) };
  }

  describe('a refresh token', () => {
    it('C052 C053 C054 of a client with proofs is good with a new key, stays, and is of no use to others', async () => {
      const [party, second] = [suite().party('jwt-dpop'), suite().party('jwt-dpop', 'two')];
      const { access, token } = await granted(party);
      const renewing = { ...party, proofKey: await suiteKey('PS256') };
      const renewed = await refresh(renewing, token, { scope: SCOPE });
      expectToken(renewed, 'DPoP');
      expect(renewed.body['access_token']).not.toBe(access);
      expect(await suite().confirmation(renewed.body['access_token'])).toEqual({ jkt: await jktOf(renewing) });
      expect([undefined, token]).toContain(renewed.body['refresh_token']);
      for (const form of [{}, { client_id: undefined }]) {
        expectRefused(await refresh(party, token, form, { assertion: null }), 'invalid_client', 'invalid_request');
      }
      expectRefused(await refresh(second, token), 'invalid_grant');
      const unbound = await refresh(party, token, {}, { proof: null });
      expectRefused(unbound, 'invalid_dpop_proof', 'invalid_request', 'invalid_grant');
      expectToken(await refresh(party, token), 'DPoP');
    });

    it('C052 C053 C054 of a client with certificates is bound to them, stays, and is of no use to others', async () => {
      for (const name of ['jwt-mtls', 'cert-mtls'] as const) {
        const [party, second] = [suite().party(name), suite().party(name, 'two')];
        const { token } = await granted(party);
        expectToken(await refresh(party, token), 'Bearer');
        expectRefused(await refresh(second, token), 'invalid_grant');
        const without = await refresh(party, token, {}, { certificate: null });
        expectRefused(without, 'invalid_client', 'invalid_request', 'invalid_grant');
        expectToken(await refresh(party, token), 'Bearer');
      }
    });

    it('C055 gives less when less is asked for, and never more', async () => {
      const party = suite().party('jwt-dpop');
      const { body } = await redeem(party, await codeFor(party, { scope: 'accounts offline_access' }));
      const less = await refresh(party, body['refresh_token'], { scope: 'accounts' });
      expectToken(less, 'DPoP');
      expect(less.body['scope']).toBe('accounts');
      for (const scope of ['accounts openid', 'accounts payments']) {
        expectRefused(await refresh(party, body['refresh_token'], { scope }), 'invalid_scope');
      }
      expect((await refresh(party, body['refresh_token'])).body['scope']).toBe('accounts offline_access');
    });

    it('C055 ends with the token that it gave, whichever of the two is revoked', async () => {
      const party = suite().party('cert-dpop', 'two');
      for (const kind of ['access', 'token'] as const) {
        const given = await granted(party);
        expect((await send(party, 'revocation_endpoint', { token: given[kind] })).status).toBe(200);
        expectRefused(await refresh(party, given.token), 'invalid_grant');
        expect(await suite().isActive(given.access)).toBe(false);
      }
    });

    it('C054 that is replaced is good once more, for an answer that was lost', async () => {
      const party = suite().party('jwt-dpop', 'one', suite().other);
      const { token } = await granted(party);
      const first = await refresh(party, token);
      expectToken(first, 'DPoP');
      expect(first.body['refresh_token']).not.toBe(token);
      const again = await refresh(party, token);
      expectToken(again, 'DPoP');
      expect(again.body['refresh_token']).toBe(first.body['refresh_token']);
      expectToken(await refresh(party, first.body['refresh_token']), 'DPoP');
    });
  });
}
