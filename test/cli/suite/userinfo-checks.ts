import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Answer } from './answer.ts';
import type { Holder } from './certificates.ts';
import { codeFor, redeem } from './flow.ts';
import { SUBJECT } from './operator.ts';
import { type Party, proofOf, urlOf } from './party.ts';
import type { Suite } from './suite.ts';

/** Of the binding checks what an issuer shows by itself: the one resource that it serves. */
export function userinfoChecks(suite: () => Suite): void {
  const bound = async (party: Party) => String((await redeem(party, await codeFor(party))).body['access_token']);

  async function prove(party: Party, token: string, by = party): Promise<Answer> {
    const url = urlOf(party, 'userinfo_endpoint', 'root');
    const ath = createHash('sha256').update(token).digest('base64url');
    const proof = await proofOf(by, url, { claims: { htm: 'GET', ath } });
    return await party.site.send(url, { headers: ['Authorization', `DPoP ${token}`, 'DPoP', proof] });
  }

  const show = (party: Party, token: string, holder: Holder | undefined, scheme = 'Bearer') =>
    party.site.send(urlOf(party, 'userinfo_endpoint', 'alias'), {
      headers: ['Authorization', `${scheme} ${token}`],
      holder,
    });

  describe('userinfo', () => {
    it('C037 C033 is for who proves the key of the token, and for nobody once it has ended', async () => {
      const party = suite().party('jwt-dpop');
      const code = await codeFor(party);
      const token = String((await redeem(party, code)).body['access_token']);
      const { status, headers, body } = await prove(party, token);
      expect([status, body]).toEqual([200, { sub: SUBJECT }]);
      expect(headers['date']).toBeTypeOf('string');
      expect((await prove(party, token, suite().party('jwt-dpop', 'two'))).status).toBe(401);
      expect((await show(party, token, 'one', 'DPoP')).status).toBe(401);
      expect((await show(party, token, 'one')).status).toBe(401);
      await redeem(party, code);
      expect((await prove(party, token)).status).toBe(401);
    });

    it('C048 is for who shows the certificate of the token', async () => {
      const party = suite().party('cert-mtls', 'two');
      const token = await bound(party);
      expect((await show(party, token, 'two')).body).toEqual({ sub: SUBJECT });
      expect((await show(party, token, 'one')).status).toBe(401);
      expect((await show(party, token, undefined)).status).toBe(401);
    });
  });
}
