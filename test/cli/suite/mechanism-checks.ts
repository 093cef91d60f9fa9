import { describe, expect, it } from 'vitest';
import { expectRefused, expectToken } from './answer.ts';
import type { Holder } from './certificates.ts';
import { ask, newVerifier, parametersFor, push } from './flow.ts';
import { type Attempt, assertionOf, type Fields, type Party, send } from './party.ts';
import type { Suite } from './suite.ts';

const REFUSED = ['invalid_client', 'invalid_request'];

/** C015 to C017: whether a client authenticates at all, in one way, and by its certificate. */
export function mechanismChecks(suite: () => Suite): void {
  /** Refused where the request is pushed, and at the token endpoint. */
  async function expectRefusedAt(party: Party, attempt: Attempt, form: Fields = {}): Promise<void> {
    expectRefused(await push(party, parametersFor(newVerifier(), form), attempt), ...REFUSED);
    expectRefused(await ask(party, form, attempt), ...REFUSED);
  }

  describe('client authentication', () => {
    it('C015 is needed, and client_id is none', async () => {
      for (const name of ['jwt-dpop', 'jwt-mtls'] as const) {
        await expectRefusedAt(suite().party(name), { assertion: null });
      }
      const nobody = { client_id: undefined };
      await expectRefusedAt(suite().party('jwt-dpop'), { assertion: null }, nobody);
      await expectRefusedAt(suite().party('jwt-dpop'), { assertion: null }, { client_id: 'nobody' });
      expectRefused(await suite().introspect('t', { assertion: null }), ...REFUSED);
    });

    it('C016 comes in one way, and in the one that is registered', async () => {
      const basic = ['Authorization', `Basic ${Buffer.from('jwt-dpop-one:secret').toString('base64')}`];
      const party = suite().party('jwt-dpop');
      await expectRefusedAt(party, { headers: basic, assertion: null });
      await expectRefusedAt(party, { headers: basic });
      await expectRefusedAt(party, { assertion: null }, { client_secret: 'secret' });
      await expectRefusedAt(party, {}, { client_secret: 'secret' });
      const certified = suite().party('cert-dpop');
      const ofCertified = () => assertionOf(certified);
      await expectRefusedAt(certified, { assertion: await ofCertified() });
      await expectRefusedAt(certified, { assertion: await ofCertified(), certificate: null });
      await expectRefusedAt(party, { assertion: null, certificate: 'one', at: 'alias' });
    });

    it('C016 is no client of the introspection endpoint, and no resource server of the others', async () => {
      const party = suite().party('jwt-dpop');
      expectRefused(await send(party, 'introspection_endpoint', { token: 't' }), 'invalid_client', 'invalid_request');
      const { keys } = suite().operator;
      const server = { ...party, clientId: 'resource-server', key: keys.resourceServer };
      expectRefused(await ask(server), 'invalid_client', 'invalid_request');
    });

    it('C017 by certificate takes the one with the registered name, at both endpoints', async () => {
      for (const who of ['one', 'two'] as const) {
        const party = suite().party('cert-mtls', who);
        expect((await push(party, parametersFor(newVerifier()))).status).toBe(201);
        expectToken(await ask(party), 'Bearer');
      }
    });

    it.each<[string, Holder | null]>([
      ['C017 without a certificate', null],
      ['C017 by that of another client', 'two'],
      ['C017 by one that has expired', 'expired'],
      ['C017 by one that is not valid yet', 'future'],
      ['C017 by one of another authority', 'stranger'],
    ])('%s is refused', async (_what, certificate) => {
      for (const name of ['cert-mtls', 'cert-dpop'] as const) {
        await expectRefusedAt(suite().party(name), { certificate });
        await expectRefusedAt(suite().party(name), { certificate, at: 'root' });
      }
    });

    it('C017 by certificate does where one listener is all there is', async () => {
      const party = suite().party('cert-mtls', 'one', suite().other);
      expectToken(await ask(party), 'Bearer');
      expectRefused(await ask(party, {}, { certificate: 'two' }), 'invalid_client');
      expectRefused(await ask(party, {}, { certificate: null }), 'invalid_client');
    });
  });
}
