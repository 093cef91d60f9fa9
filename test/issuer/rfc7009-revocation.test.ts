import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { EVENTS } from '@holdfast/issuer';
import { describe, expect, it } from 'vitest';
import { assertion, NOW, thiefKey, traderKey, VENUE } from './forge.ts';
import { type Answer, createPeople, DESK, type People, RIVAL, type Sent } from './people.ts';
import { ask, SERVERS, serverAssertion } from './questions.ts';
import { createStatusScene, placeOf, type StatusScene } from './status-scene.ts';
import { FORMATS } from './tokens.ts';

const YEAR = 31_536_000; // seconds
const FOREVER = { refresh_token_lifetime: YEAR, refresh_token_idle_lifetime: YEAR };

interface Pair {
  readonly access: string;
  readonly refresh: string;
}

/** What a person approved. */
async function pair(people: People): Promise<Pair> {
  const { body } = await people.redeem(await people.code());
  return { access: String(body['access_token']), refresh: String(body['refresh_token']) };
}

async function refreshed(people: People, { refresh }: Pair): Promise<Pair> {
  const { status, body } = await people.refresh(refresh);
  expect(status).toBe(200);
  return { access: String(body['access_token']), refresh: String(body['refresh_token'] ?? refresh) };
}

const revoke = (people: People, token: string, sent: Sent = {}) =>
  people.send('revoke', { ...sent, form: { token, ...sent.form } });

function expectDone({ status, text, headers }: Answer): void {
  expect({ status, text, headers }).toEqual({ status: 200, text: '', headers: { 'Cache-Control': 'no-store' } });
}

async function isActive(people: People, token: string): Promise<unknown> {
  return (await ask(people, token)).body['active'];
}

/** Whether a resource server that reads the lists sees that a JWT is revoked. */
async function isListed(scene: StatusScene, token: string): Promise<boolean> {
  return (await scene.statusOf(placeOf(token))) === 1;
}

describe('RFC 7009 §2.1 whatever token of a grant is revoked, all of them end', () => {
  it.each(['access', 'refresh'] as const)(
    'REV-2-01 REV-2-02 REV-2.1-04 REV-2.1-05 C055 of opaque ones: by its %s token',
    async (which) => {
      const people = await createPeople({ ...SERVERS, clients: [{ ...DESK, access_token_format: 'opaque' }] });
      const first = await pair(people);
      const second = await refreshed(people, first);
      expect([await isActive(people, first.access), await isActive(people, second.access)]).toEqual([true, true]);
      expectDone(await revoke(people, first[which]));
      expect([await isActive(people, first.access), await isActive(people, second.access)]).toEqual([false, false]);
      const { status, body } = await people.refresh(first.refresh);
      expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'invalid_grant' });
    },
  );

  it.each(['access', 'refresh'] as const)(
    'REV-2-01 REV-2-02 REV-2.1-04 REV-2.1-05 C055 of JWTs, in the status list too: by its %s token',
    async (which) => {
      const scene = await createStatusScene(SERVERS);
      const first = await pair(scene);
      const second = await refreshed(scene, first);
      const other = await pair(scene);
      expectDone(await revoke(scene, second[which]));
      for (const { access } of [first, second]) {
        expect([await isActive(scene, access), await isListed(scene, access)]).toEqual([false, true]);
      }
      expect((await scene.refresh(first.refresh)).body['error']).toBe('invalid_grant');
      // Another grant of the same person to the same client
      expect([await isActive(scene, other.access), await isListed(scene, other.access)]).toEqual([true, false]);
      await refreshed(scene, other);
    },
  );

  it.each([3601, 30 * 86_400, YEAR - 1])(
    'REV-2.1-05 C055 a refresh token stays dead after its access token was revoked: %i s later',
    async (later) => {
      const people = await createPeople({ ...SERVERS, ...FOREVER });
      const [revoked, other] = [await pair(people), await pair(people)];
      people.now = NOW + 299;
      expectDone(await revoke(people, revoked.access));
      people.now = NOW + later;
      const { status, body } = await people.refresh(revoked.refresh);
      expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'grant_revoked' });
      await refreshed(people, other);
    },
  );

  it('REV-2-01 C055 a refresh token stays dead for as long as it could have lived', async () => {
    const people = await createPeople({ ...SERVERS, ...FOREVER });
    const { refresh } = await pair(people);
    expectDone(await revoke(people, refresh));
    people.now = NOW + YEAR - 1;
    expect((await people.refresh(refresh)).body['code']).toBe('grant_revoked');
  });

  it('REV-2-01 a refresh token that was replaced ends its successor', async () => {
    const people = await createPeople({ ...SERVERS, refresh_token_rotation: { grace: 60 } });
    const first = await pair(people);
    const second = await refreshed(people, first);
    expect(second.refresh).not.toBe(first.refresh);
    people.now = NOW + 3600;
    expectDone(await revoke(people, first.refresh));
    expect((await people.refresh(second.refresh)).body['code']).toBe('grant_revoked');
    expect(await isActive(people, second.access)).toBe(false);
  });

  it.each(FORMATS)('REV-2-02 a token that a client has for itself ends alone: %s', async (access_token_format) => {
    const resources = SERVERS.resources.map((each) => ({ ...each, access_token_format }));
    const people = await createPeople({ ...SERVERS, resources });
    const own = async () =>
      String((await people.send('token', { form: { grant_type: 'client_credentials' } })).body['access_token']);
    const [token, other] = [await own(), await own()];
    expectDone(await revoke(people, token));
    expect([await isActive(people, token), await isActive(people, other)]).toEqual([false, true]);
  });

  it('REV-2-02 a JWT that a client has for itself ends alone, in the status list too', async () => {
    const scene = await createStatusScene();
    const [{ token, place }, other] = [await scene.token(), await scene.token()];
    await scene.revoke(token);
    expect([await scene.statusOf(place), await scene.statusOf(other.place)]).toEqual([1, 0]);
  });

  it('REV-2-01 tells whoever listens once, and holds no token', async () => {
    const people = await createPeople(SERVERS);
    const { access, refresh } = await pair(people);
    const told: unknown[] = [];
    const listen = (event: unknown) => void told.push(event);
    subscribe(EVENTS, listen);
    await revoke(people, refresh);
    await revoke(people, access);
    unsubscribe(EVENTS, listen);
    expect(told).toEqual([
      { event: 'grant.revoked', at: NOW * 1000, clientId: 'trader', reason: 'requested', grant: expect.any(String) },
    ]);
    expect(JSON.stringify(told)).not.toContain(refresh);
  });
});

describe('RFC 7009 §2.1 token_type_hint', async () => {
  const people = await createPeople(SERVERS);

  it.each(['access_token', 'refresh_token'])('REV-2.1-02 %s hides no token of the other kind', async (hint) => {
    for (const which of ['access', 'refresh'] as const) {
      const tokens = await pair(people);
      expectDone(await revoke(people, tokens[which], { form: { token_type_hint: hint } }));
      expect(await isActive(people, tokens.access)).toBe(false);
    }
  });

  it.each(['id_token', 'nonsense', ' ', 'urn:x'])('REV-2.2-02 %s is taken no notice of', async (hint) => {
    const tokens = await pair(people);
    expectDone(await revoke(people, tokens.refresh, { form: { token_type_hint: hint } }));
    expect(await isActive(people, tokens.access)).toBe(false);
  });
});

describe('RFC 7009 §2.1 who may revoke', async () => {
  const people = await createPeople({ ...SERVERS, clients: [DESK, RIVAL] });
  const tokens = await pair(people);
  const stolen = { iss: 'trader', sub: 'trader' };

  it.each(['access', 'refresh'] as const)('REV-2.1-03 no other client, by its %s token', async (which) => {
    const { status, body } = await revoke(people, tokens[which], { client: 'rival' });
    expect({ status, error: body['error'], code: body['code'] }).toEqual({
      status: 400,
      error: 'invalid_request',
      code: 'token_not_revocable',
    });
  });

  it.each<[string, () => string | undefined]>([
    ['REV-2.1-03 nobody', () => undefined],
    ['REV-2.1-03 who signs by another key', () => assertion({ key: thiefKey, payload: stolen })],
    ['REV-2.1-03 JIR-3-03 a resource server', () => serverAssertion(people)],
    ['REV-2.1-03 who is unknown', () => assertion({ key: traderKey, payload: { iss: 'x', sub: 'x' } })],
  ])('%s gets 401', async (_who, asserted) => {
    const { status, body } = await revoke(people, tokens.access, { assertion: asserted() });
    expect({ status, error: body['error'] }).toEqual({ status: 401, error: 'invalid_client' });
  });

  it('REV-2.1-03 who says who it is without proving it gets 401', async () => {
    const { status } = await revoke(people, tokens.access, { assertion: undefined, form: { client_id: 'trader' } });
    expect(status).toBe(401);
  });

  it('REV-2.1-03 after all of that the tokens live', async () => {
    expect(await isActive(people, tokens.access)).toBe(true);
    await refreshed(people, tokens);
  });

  it('REV-2.1-03 GHSA-3p3g-vpw6-4w66 an assertion is good for one revocation', async () => {
    const own = await pair(people);
    const asserted = assertion();
    expectDone(await revoke(people, 'unknown', { assertion: asserted }));
    expect((await revoke(people, own.access, { assertion: asserted })).body['code']).toBe('assertion_replayed');
    expect(await isActive(people, own.access)).toBe(true);
  });

  it.each<[string, Sent, number]>([
    ['no token', { form: { token: undefined } }, 400],
    ['an empty one', { form: { token: '' } }, 400],
    ['GET', { request: { method: 'GET' } }, 405],
    ['the token twice', { request: { body: 'token=a&token=b' } }, 400],
  ])('a request with %s is refused', async (_what, sent, expected) => {
    const { status, body } = await revoke(people, tokens.access, sent);
    expect({ status, error: body['error'] }).toEqual({ status: expected, error: 'invalid_request' });
  });
});

describe('RFC 7009 §2.2 what there is nothing to revoke of', async () => {
  const people = await createPeople({ ...SERVERS, clients: [{ ...DESK, access_token_format: 'opaque' }] });

  it.each<[string, () => string | Promise<string>]>([
    ['REV-2.2-01 a token of nobody', () => 'A'.repeat(43)],
    ['REV-2.2-01 a text with dots', () => 'a.b.c'],
    ['REV-2.2-01 a text that is too long', () => 'a'.repeat(20_000)],
    ['REV-2.2-01 a code', () => people.code()],
    ['REV-2.2-01 a resource', () => VENUE],
  ])('%s: done', async (_what, token) => expectDone(await revoke(people, await token())));

  it('REV-2.2-01 a token that was revoked before: done', async () => {
    const { access, refresh } = await pair(people);
    for (const token of [access, access, refresh, refresh]) expectDone(await revoke(people, token));
  });

  it('REV-2.2-01 a token that has expired: done, and its grant goes on', async () => {
    const its = await createPeople(SERVERS);
    const tokens = await pair(its);
    its.now = NOW + 300;
    expectDone(await revoke(its, tokens.access));
    await refreshed(its, tokens);
  });

  it('REV-2.2-01 a refresh token that nobody used for long: done', async () => {
    const its = await createPeople({ ...SERVERS, refresh_token_idle_lifetime: 3600 });
    const tokens = await pair(its);
    its.now = NOW + 3601;
    expectDone(await revoke(its, tokens.refresh));
    expect((await its.refresh(tokens.refresh)).body['error']).toBe('invalid_grant');
  });
});
