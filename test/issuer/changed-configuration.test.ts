import { hashPassword, readAccounts } from '@holdfast/issuer';
import { HoldfastError, type Store } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { describe, expect, it } from 'vitest';
import { assertion, NOW } from './forge.ts';
import { createPeople, DESK, ORDER, ORDER_ENTRY, PASSWORD, type People, RIVAL, type Sent } from './people.ts';
import { ask, SERVERS, venueKey } from './questions.ts';

/** What an operator changes between two starts of an issuer counts for what was given before. */

const clock = () => NOW * 1000;
const DAY = 86_400;

/** The same issuer before and after its configuration was changed: one store, two starts. */
async function restarted(
  changes: Readonly<Record<string, unknown>>,
  first: Readonly<Record<string, unknown>> = {},
): Promise<[before: People, after: People]> {
  const store = memoryStore({ clock });
  return [await createPeople(first, { store }), await createPeople(changes, { store })];
}

describe('what is no longer registered is no longer given', () => {
  const reader = { ...DESK, scope: 'orders:read', authorization_details_types: [] };
  const asked = { authorization_details: JSON.stringify([ORDER]), scope: 'openid orders:read orders:write' };

  it('RFC 6749 §6 by a refresh token: scope and type of details were taken from the client', async () => {
    const [before, after] = await restarted({ clients: [reader, RIVAL] });
    const token = String((await before.redeem(await before.code(asked))).body['refresh_token']);
    const { body } = await after.refresh(token);
    expect(body).toMatchObject({ scope: 'orders:read' });
    expect(body).not.toHaveProperty('authorization_details');
    expect((await after.refresh(token, { scope: 'orders:write' })).body['error']).toBe('invalid_scope');
    const again = await after.refresh(token, { authorization_details: JSON.stringify([ORDER]) });
    expect(again.body['error']).toBe('invalid_authorization_details');
  });

  it('RFC 6749 §4.1.3 by a code: the same, and no ID token', async () => {
    const [before, after] = await restarted({ clients: [reader, RIVAL] });
    const { body } = await after.redeem(await before.code(asked));
    expect(body).toMatchObject({ scope: 'orders:read' });
    expect(body).not.toHaveProperty('authorization_details');
    expect(body).not.toHaveProperty('id_token');
  });

  it('RFC 6749 §6 scope and type of details were taken from the issuer', async () => {
    const [before, after] = await restarted({
      resources: [{ resource: ORDER_ENTRY.resource, scope: 'orders:read' }],
      clients: [reader],
      authorization_details_types: [],
    });
    const token = String((await before.redeem(await before.code(asked))).body['refresh_token']);
    const { body } = await after.refresh(token);
    expect(body).toMatchObject({ scope: 'orders:read' });
    expect(body).not.toHaveProperty('authorization_details');
  });

  it('RFC 6749 §6 everything was taken: nothing is given, and no error of the server', async () => {
    const nothing = { ...DESK, scope: 'offline_access', authorization_details_types: [] };
    const [before, after] = await restarted({ clients: [nothing, RIVAL] });
    const token = String((await before.redeem(await before.code(asked))).body['refresh_token']);
    expect(await after.refresh(token)).toMatchObject({ status: 400, body: { error: 'invalid_scope' } });
  });
});

describe('whoever has no account any more allows nothing any more', () => {
  it('RFC 9700 §4.14.2 a refresh token ends with the account of the person', async () => {
    const password = await hashPassword(PASSWORD);
    const account = (name: string) => ({ username: name, password, sub: `person-${name}` });
    const login = (...names: string[]) => readAccounts(names.map(account), { reservedSubjects: [] });
    const store = memoryStore({ clock });
    const before = await createPeople({}, { store, login: login('anna', 'bert') });
    const token = String((await before.redeem(await before.code())).body['refresh_token']);
    expect((await before.refresh(token)).status).toBe(200);
    const without = await createPeople({}, { store, login: login('bert') });
    expect((await without.refresh(token)).body).toMatchObject({ error: 'invalid_grant', code: 'grant_revoked' });
    // Nothing was ended that an operator who made a mistake could not bring back
    expect((await before.refresh(token)).status).toBe(200);
  });
});

describe('an organisation that keeps its accounts elsewhere', () => {
  it.each([
    [true, 200],
    [false, 400],
    [undefined, 400],
  ])('RFC 9700 §4.14.2 says %s of a person that asks for a refresh', async (known, status) => {
    const login = { check: async () => ({ sub: 'anna' }), isKnown: async () => known as boolean };
    const people = await createPeople({}, { login });
    const token = String((await people.redeem(await people.code())).body['refresh_token']);
    expect((await people.refresh(token)).status).toBe(status);
  });
});

describe('a refresh token lives no longer than is configured now', () => {
  it.each([
    [1, 'refresh_unknown'],
    [3, undefined],
  ])('RFC 9700 §4.14.2 after two days: %d days', async (days, code) => {
    const [before, after] = await restarted({ refresh_token_lifetime: days * DAY });
    const token = String((await before.redeem(await before.code())).body['refresh_token']);
    after.now = NOW + 2 * DAY;
    expect((await after.refresh(token)).body['code']).toBe(code);
  });
});

describe('a refresh token that is in use outlives a change of the configuration', () => {
  it.each([5, 6, 14, 30].map((days) => days * DAY))('BCP-4.14-03 to another idle time: %d s', async (idle) => {
    const store = memoryStore({ clock: () => before.now * 1000 });
    const before: People = await createPeople({ refresh_token_lifetime: 365 * DAY }, { store });
    const token = String((await before.redeem(await before.code())).body['refresh_token']);
    for (let i = 0; i < 8; i += 1) {
      before.now += 5 * DAY;
      expect((await before.refresh(token)).status).toBe(200);
    }
    const after = await createPeople(
      { refresh_token_lifetime: 365 * DAY, refresh_token_idle_lifetime: idle },
      { store },
    );
    after.now = before.now += 2 * DAY;
    expect((await after.refresh(token)).status).toBe(200);
    after.now = before.now += idle;
    expect((await after.refresh(token)).status).toBe(200);
    after.now = before.now += idle + idle / 4;
    expect((await after.refresh(token)).body['code']).toBe('refresh_unknown');
  });

  it('BCP-4.14-03 and a use that was interrupted while it was noted', async () => {
    const store = memoryStore({ clock: () => its.now * 1000 });
    let isCut = false;
    const cut: Store = {
      ...store,
      add(key, ...entry) {
        if (isCut && key.startsWith('active ')) throw new HoldfastError('store_unavailable');
        return store.add(key, ...entry);
      },
    };
    const its: People = await createPeople({}, { store: cut });
    const token = String((await its.redeem(await its.code())).body['refresh_token']);
    for (const cutting of [false, false, true, false]) {
      its.now += 5 * DAY;
      isCut = cutting;
      expect((await its.refresh(token)).status).toBe(cutting ? 503 : 200);
      if (cutting) its.now -= 4 * DAY;
    }
  });
});

describe('of two issuers that share a store', () => {
  const OTHER = 'https://other.example';
  const opaque = SERVERS.resources.map((each) => ({ ...each, access_token_format: 'opaque' }));

  it('neither knows a code, a refresh token or an access token of the other', async () => {
    const [its, other] = await restarted(
      { ...SERVERS, resources: opaque, issuer: OTHER, dpop_nonce: 'off' },
      { ...SERVERS, resources: opaque },
    );
    const sent = (): Sent => ({
      assertion: assertion({ payload: { aud: OTHER } }),
      proof: { payload: { htu: `${OTHER}/token`, nonce: undefined } },
      request: { origin: OTHER },
    });
    const [code, { body }] = [await its.code(), await its.redeem(await its.code())];
    expect((await other.redeem(code, {}, sent())).body['code']).toBe('code_unknown');
    expect((await other.refresh(String(body['refresh_token']), {}, sent())).body['code']).toBe('refresh_unknown');
    const server = { iss: 'venue-server', sub: 'venue-server', aud: OTHER };
    const question = { assertion: assertion({ key: venueKey, payload: server }), request: { origin: OTHER } };
    expect((await ask(other, body['access_token'], question)).body).toEqual({ active: false });
    expect((await ask(its, body['access_token'])).body['active']).toBe(true);
    expect((await its.redeem(code)).status).toBe(200);
  });
});
