import { describe, expect, it } from 'vitest';
import { backendKey, delegate, exchange, expectExchangeRefused, issued, PARTIES } from './exchange-scene.ts';
import { assertion, VENUE } from './forge.ts';
import { createPeople, type People } from './people.ts';
import { ask, REPORTS } from './questions.ts';
import { createStatusScene, placeOf } from './status-scene.ts';
import { accessToken, FORMATS } from './tokens.ts';

const approved = (its: People) => accessToken(its, { resource: VENUE });

describe.each(FORMATS)('RFC 8693 what is revoked (%s)', (access_token_format) => {
  const resources = PARTIES.resources.map((each) => ({ ...each, access_token_format }));
  const parties = { ...PARTIES, resources };
  const behind = { resource: REPORTS, scope: 'orders:read' };
  const active = async (its: People, token: string, by: 'venue-server' | 'reports-server') =>
    (await ask(its, token, { by })).body['active'];

  it('cannot be exchanged', async () => {
    const its = await createPeople(parties);
    const token = await approved(its);
    await its.send('revoke', { form: { token } });
    expectExchangeRefused(await exchange(its, token), 'invalid_request', 'subject_token_invalid');
    expectExchangeRefused(await delegate(its, token, behind), 'invalid_request', 'subject_token_invalid');
  });

  it('REV-2.1-04 ends what it was exchanged for', async () => {
    const its = await createPeople(parties);
    const token = await approved(its);
    const [less, acting] = [issued(await exchange(its, token)), issued(await delegate(its, token, behind))];
    expect([await active(its, less, 'venue-server'), await active(its, acting, 'reports-server')]).toEqual([
      true,
      true,
    ]);
    await its.send('revoke', { form: { token } });
    expect([await active(its, less, 'venue-server'), await active(its, acting, 'reports-server')]).toEqual([
      false,
      false,
    ]);
  });

  it('by who acts for another ends that alone', async () => {
    const its = await createPeople(parties);
    const token = await approved(its);
    const acting = issued(await delegate(its, token, behind));
    const payload = { iss: 'venue-backend', sub: 'venue-backend' };
    const sent = { form: { token: acting }, assertion: assertion({ key: backendKey, payload }) };
    expect((await its.send('revoke', sent)).status).toBe(200);
    expect(await active(its, acting, 'reports-server')).toBe(false);
    expect(await active(its, token, 'venue-server')).toBe(true);
    expect((await its.send('revoke', { form: { token: acting } })).status).toBe(400); // none of the client's business
  });
});

describe('RFC 8693 in the status lists', () => {
  const listed = async (scene: Awaited<ReturnType<typeof createStatusScene>>, token: string) =>
    (await scene.statusOf(placeOf(token))) === 1;

  it('REV-2.1-04 what was exchanged ends with the first token, and the first one with it', async () => {
    for (const shown of [0, 1]) {
      const scene = await createStatusScene(PARTIES);
      const own = { grant_type: 'client_credentials', resource: VENUE, scope: 'orders:read' };
      const first = issued(await scene.send('token', { form: own }));
      const tokens = [first, issued(await exchange(scene, first))];
      await scene.revoke(tokens[shown] ?? '');
      expect([await listed(scene, tokens[0] ?? ''), await listed(scene, tokens[1] ?? '')]).toEqual([true, true]);
    }
  });

  it('REV-2.1-04 the one of who acts ends alone, or with the grant', async () => {
    const scene = await createStatusScene(PARTIES);
    const token = await approved(scene);
    const acting = issued(await delegate(scene, token, { resource: REPORTS, scope: 'orders:read' }));
    const payload = { iss: 'venue-backend', sub: 'venue-backend' };
    const asserted = assertion({ key: backendKey, payload });
    await scene.send('revoke', { form: { token: acting }, assertion: asserted });
    expect([await listed(scene, token), await listed(scene, acting)]).toEqual([false, true]);
    await scene.revoke(token);
    expect([await listed(scene, token), await listed(scene, acting)]).toEqual([true, true]);
  });
});
