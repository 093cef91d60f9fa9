import { describe, expect, it } from 'vitest';
import { expectRefused, expectToken } from './answer.ts';
import { ask } from './flow.ts';
import type { Suite } from './suite.ts';

/** C056 and C057: clients for themselves. What assertions, certificates and proofs are refused is shown with the same grant. */
export function machineChecks(suite: () => Suite): void {
  describe('a client for itself', () => {
    it.each(['C056 jwt-dpop', 'C056 jwt-mtls', 'C056 cert-dpop', 'C056 cert-mtls'] as const)(
      '%s gets a token that is bound, and nothing with it',
      async (title) => {
        for (const who of ['one', 'two'] as const) {
          const party = suite().party(title.slice(5) as 'jwt-dpop', who);
          const issued = await ask(party);
          expectToken(issued, party.binding === 'dpop' ? 'DPoP' : 'Bearer');
          expect(issued.body).not.toHaveProperty('id_token');
          expect(issued.body).not.toHaveProperty('refresh_token');
          const confirmation = await suite().confirmation(issued.body['access_token']);
          expect(Object.keys(confirmation as object)).toEqual([party.binding === 'dpop' ? 'jkt' : 'x5t#S256']);
        }
      },
    );

    it('C057 gets none without proof or certificate, and no scope that it is not registered for', async () => {
      for (const name of ['jwt-dpop', 'cert-dpop'] as const) {
        const answer = await ask(suite().party(name), {}, { proof: null });
        expectRefused(answer, 'invalid_dpop_proof', 'invalid_request', 'invalid_grant');
      }
      for (const name of ['jwt-mtls', 'cert-mtls'] as const) {
        const answer = await ask(suite().party(name), {}, { certificate: null });
        expectRefused(answer, 'invalid_client', 'invalid_grant', 'invalid_request');
      }
      for (const scope of ['payments', 'accounts payments', 'accounts  openid', 'Accounts']) {
        expectRefused(await ask(suite().party('jwt-dpop'), { scope }), 'invalid_scope');
      }
    });

    it('C057 gets what it is registered for when it names no scope, but for what needs a person', async () => {
      const issued = await ask(suite().party('jwt-dpop'), { scope: undefined });
      expectToken(issued, 'DPoP');
      expect(issued.body['scope']).toBe('accounts');
      for (const scope of ['accounts openid', 'accounts offline_access']) {
        expectRefused(await ask(suite().party('jwt-dpop'), { scope }), 'invalid_scope');
      }
    });
  });
}
