import { describe, expect, it } from 'vitest';
import { type Answer, expectRefused, expectToken } from './answer.ts';
import { ask, newVerifier, parametersFor, push } from './flow.ts';
import { broken, forged, type Members, seconds, signed } from './jwt.ts';
import { assertionClaims, assertionOf, type Party, send } from './party.ts';
import type { Suite } from './suite.ts';

const REFUSED = ['invalid_client', 'invalid_request'];

/** C007 to C014: private_key_jwt. */
export function assertionChecks(suite: () => Suite): void {
  const client = (): Party => suite().party('jwt-dpop');
  const pushed = (assertion: string): Promise<Answer> => push(client(), parametersFor(newVerifier()), { assertion });
  const asked = (assertion: string): Promise<Answer> => ask(client(), {}, { assertion });

  /** At the two endpoints where the suite tries it, each time with an assertion of its own. */
  async function everywhere(make: () => string | Promise<string>): Promise<Answer[]> {
    return [await pushed(await make()), await asked(await make())];
  }

  async function expectRefusedEverywhere(make: () => string | Promise<string>): Promise<void> {
    for (const answer of await everywhere(make)) expectRefused(answer, ...REFUSED);
  }

  const changed = (changes: Members) => () => assertionOf(client(), changes);
  const header = (alg: string): Members => ({ alg, kid: client().key.publicJwk.kid });

  describe('client assertions', () => {
    it('C007 are taken with the issuer as aud at each endpoint for clients', async () => {
      const party = client();
      expect((await push(party, parametersFor(newVerifier()))).status).toBe(201);
      const issued = await ask(party);
      expectToken(issued, 'DPoP');
      const { access_token: token } = issued.body;
      expect((await suite().introspect(token)).body).toMatchObject({ active: true, client_id: party.clientId });
      expect((await send(party, 'revocation_endpoint', { token: String(token) })).status).toBe(200);
      expect((await suite().introspect(token)).body).toEqual({ active: false });
    });

    it('C007 need no client_id beside them, and take typ as others write it', async () => {
      const party = client();
      expectToken(await ask(party, { client_id: undefined }), 'DPoP');
      for (const typ of ['JWT', 'client-authentication+jwt']) {
        const assertion = await signed({ ...header('PS256'), typ }, assertionClaims(party), party.key);
        expectToken(await ask(party, {}, { assertion }), 'DPoP');
      }
    });

    it.each<[string, (issuer: string) => unknown]>([
      ['C008 for the token endpoint', (issuer) => `${issuer}/token`],
      ['C008 for the PAR endpoint', (issuer) => `${issuer}/par`],
      ['C008 for somebody else', () => 'https://other.example'],
      ['C008 for the issuer with a slash', (issuer) => `${issuer}/`],
      ['C008 for the issuer and somebody else', (issuer) => [issuer, 'https://other.example']],
      ['C008 for the issuer as a list', (issuer) => [issuer]],
      ['C008 for the PAR endpoint as a list', (issuer) => [`${issuer}/par`]],
      ['C008 for nobody', () => undefined],
    ])('%s are refused', async (_what, aud) => {
      await expectRefusedEverywhere(changed({ aud: aud(suite().site.issuer) }));
    });

    it.each<[string, Members]>([
      ['C009 without sub', { sub: undefined }],
      ['C009 without iss', { iss: undefined }],
      ['C009 with another iss', { iss: 'jwt-dpop-two' }],
      ['C009 of another client than client_id says', { iss: 'jwt-dpop-two', sub: 'jwt-dpop-two' }],
      ['C009 without jti', { jti: undefined }],
      ['C010 without exp', { exp: undefined }],
      ['C010 with an exp that is text', { exp: '4102444800' }],
    ])('%s are refused', async (_what, changes) => {
      await expectRefusedEverywhere(changed(changes));
    });

    it('C010 are refused when they ended five minutes ago, and when they never end', async () => {
      const ago = { iat: seconds() - 360, nbf: seconds() - 360, exp: seconds() - 300 };
      for (const changes of [ago, { exp: seconds() + 3600 }]) await expectRefusedEverywhere(changed(changes));
    });

    it('C011 may come from a clock that is 8 seconds ahead, and from none that is 62 seconds ahead', async () => {
      const ahead = (by: number) => changed({ iat: seconds() + by, nbf: seconds() + by, exp: seconds() + by + 60 });
      const [push, token] = await everywhere(ahead(8));
      expect([push?.status, token?.status]).toEqual([201, 200]);
      await expectRefusedEverywhere(ahead(62));
      await expectRefusedEverywhere(changed({ nbf: seconds() + 62 }));
      await expectRefusedEverywhere(changed({ iat: seconds() + 62 }));
    });

    it.each(['RS256', 'none', 'HS256', 'ES256'])('C012 by %s are refused', async (alg) => {
      const { proofKey, key } = client(); // the proof key is one for ES256
      await expectRefusedEverywhere(() =>
        forged(header(alg), assertionClaims(client()), alg === 'ES256' ? proofKey : key),
      );
    });

    it('C013 are refused when somebody else signed them, or a bit has turned', async () => {
      const { key, ...second } = suite().party('jwt-dpop', 'two');
      await expectRefusedEverywhere(() => assertionOf(client(), {}, key));
      await expectRefusedEverywhere(async () => broken(await assertionOf(client())));
      const stolen = await ask(
        { ...second, key },
        {},
        { assertion: await assertionOf({ ...second, key }, {}, client().key) },
      );
      expectRefused(stolen, 'invalid_client');
    });

    it('C014 are good once, at all endpoints together', async () => {
      const first = await assertionOf(client());
      expectToken(await asked(first), 'DPoP');
      expectRefused(await asked(first), ...REFUSED);
      expectRefused(await pushed(first), ...REFUSED);
      const second = await assertionOf(client());
      expect((await pushed(second)).status).toBe(201);
      expectRefused(await asked(second), ...REFUSED);
    });

    it('C014 are still good when all that was missing was a nonce', async () => {
      const { site } = suite();
      const assertion = await assertionOf(client());
      const challenged = await ask(client(), {}, { assertion, proof: { claims: { nonce: undefined } } });
      // The client sent the same assertion again, and again without a nonce
      expectRefused(challenged, 'use_dpop_nonce');
      expect(site.nonce).toBe(challenged.headers['dpop-nonce']);
      expectToken(await asked(assertion), 'DPoP');
    });
  });
}
