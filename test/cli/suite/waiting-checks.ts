import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { expectRefused, expectToken } from './answer.ts';
import { browse } from './browser.ts';
import { authorizationUrl, codeFor, newVerifier, parametersFor, push, redeem, refresh } from './flow.ts';
import type { Suite } from './suite.ts';

const SECOND = 1000;
/** What only time can show takes two minutes: with HOLDFAST_SUITE_SLOW=1. Other suites show it with a clock of their own. */
const isPatient = process.env['HOLDFAST_SUITE_SLOW'] === '1';

/** C024, C034 and C054, as long as the suite waits. */
export function waitingChecks(suite: () => Suite): void {
  describe.skipIf(!isPatient)('with patience', () => {
    it.concurrent('C024 a reference ends when it was said to', async () => {
      const party = suite().party('jwt-dpop');
      const pushed = await push(party, parametersFor(newVerifier()));
      await setTimeout(((pushed.body['expires_in'] as number) + 1) * SECOND);
      const { status, text } = await browse(party.site).open(authorizationUrl(party, pushed));
      expect([status, text.includes('id="oauth-error">invalid_request_uri<')]).toEqual([400, true]);
    }, 120_000);

    it.concurrent('C034 a code is no longer good after 62 seconds', async () => {
      const party = suite().party('jwt-mtls');
      const code = await codeFor(party);
      await setTimeout(62 * SECOND);
      expectRefused(await redeem(party, code), 'invalid_grant');
    }, 120_000);

    it.concurrent('C054 a refresh token is good 30 seconds after its use, also one that was replaced', async () => {
      for (const [site, name] of [
        [suite().site, 'cert-dpop'],
        [suite().other, 'jwt-dpop'],
      ] as const) {
        const party = suite().party(name, 'one', site);
        const { body } = await redeem(party, await codeFor(party));
        expectToken(await refresh(party, body['refresh_token']), 'DPoP');
        await setTimeout(30 * SECOND);
        expectToken(await refresh(party, body['refresh_token']), 'DPoP');
      }
    }, 120_000);
  });
}
