import { generateKeyPairSync } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { givenKeys, type IssuerEvent, type IssuerOptions } from '@holdfast/issuer';
import { issuerRoutes } from '@holdfast/issuer/fastify';
import { type Algorithm, HoldfastError, type Store } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import fastify, { type FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import { exchange, issued, PARTIES } from './exchange-scene.ts';
import { assertion, claims, ecKey, ISSUER, NOW, VENUE } from './forge.ts';
import {
  type Answer,
  browser,
  createPeople,
  csrfOf,
  DESK,
  ORDER,
  ORDER_ENTRY,
  PASSWORD,
  type People,
  RIVAL,
  type Sent,
} from './people.ts';
import { ask, SERVERS, venueKey } from './questions.ts';
import { type Place, placeOf, readList } from './status-scene.ts';

/** What was tried on the issuer and must not work again, and what went wrong when something failed half-way. */

const clock = () => NOW * 1000;
const OWN_TOKEN = { grant_type: 'client_credentials' };

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

describe('no field of authorization_details goes unchecked', () => {
  // With a choice in it, a validator has to remember which members were named
  const choice = { type: 'object', properties: { desk: { type: 'string' } } };
  const schema = {
    ...ORDER_ENTRY.schema,
    anyOf: [choice, { type: 'object', properties: { note: { type: 'string' } } }],
  };
  const inner = {
    ...ORDER_ENTRY.schema,
    properties: { ...ORDER_ENTRY.schema.properties, desk: { type: 'object', anyOf: [choice, choice] } },
  };

  it.each(['unknown', 'constructor', 'toString', 'valueOf', 'hasOwnProperty', '__proto__', '__defineGetter__'])(
    'RAR-5-01 not %s, by its name alone',
    async (name) => {
      const people = await createPeople({ authorization_details_types: [{ ...ORDER_ENTRY, schema }] });
      const entry = JSON.stringify(ORDER).replace('{', `{"${name}":{"maximum":"everything"},`);
      const { status, body } = await people.push({ authorization_details: `[${entry}]` });
      expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'invalid_authorization_details' });
    },
  );

  it('RAR-5-01 not deeper, either', async () => {
    const people = await createPeople({ authorization_details_types: [{ ...ORDER_ENTRY, schema: inner }] });
    const within = (desk: string) => ({
      authorization_details: `[${JSON.stringify(ORDER).slice(0, -1)},"desk":${desk}}]`,
    });
    expect((await people.push(within('{"desk":"7"}'))).status).toBe(201);
    expect((await people.push(within('{"desk":"7","constructor":"8"}'))).body['error']).toBe(
      'invalid_authorization_details',
    );
  });
});

describe('nobody fills the store for long', () => {
  it('REV-2.1-04 what a client has for itself, exchanges and revokes is forgotten within hours', async () => {
    const its: People = await createPeople(PARTIES, {
      store: memoryStore({ clock: () => (its?.now ?? NOW) * 1000, maxEntries: 40 }),
    });
    for (let i = 0; i < 20; i += 1) {
      const { body } = await its.send('token', { form: { ...OWN_TOKEN, resource: VENUE, scope: 'orders:read' } });
      const token = issued(await exchange(its, String(body['access_token'])));
      expect((await its.send('revoke', { form: { token } })).status).toBe(200);
      its.now += 3 * 3600;
    }
  });
});

describe('nobody is held up by what another one asks', () => {
  /** How often others had their turn before it was done. */
  async function turnsDuring(work: Promise<unknown>): Promise<number> {
    let isDone = false;
    let turns = 0;
    void work.finally(() => {
      isDone = true;
    });
    for (; !isDone; turns += 1) await setImmediate();
    return turns;
  }

  it('REV-2.1-04 by the end of a grant with hundreds of tokens, which are all ended', async () => {
    const its = await createPeople({ status_list: {} });
    const { body } = await its.redeem(await its.code());
    const token = String(body['refresh_token']);
    const nonce = await its.nonce();
    const places: Place[] = [];
    for (let i = 0; i < 300; i += 1) {
      places.push(
        placeOf(String((await its.refresh(token, {}, { proof: { payload: { nonce } } })).body['access_token'])),
      );
    }
    expect(await turnsDuring(its.send('revoke', { form: { token } }))).toBeGreaterThan(200);
    const [{ uri } = { uri: '' }] = places;
    const { statuses } = await readList(its.issuer, uri);
    expect(places.every((place) => place.uri === uri && statuses[place.idx] === 1)).toBe(true);
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

describe('RFC 9126 §7.3 what was interrupted can be done again, and is done once', () => {
  const pressed = async (options: Partial<IssuerOptions>) => {
    const its = await createPeople({}, options);
    const her = browser();
    const path = await its.open(her, await its.pushed());
    await its.logIn(her, path);
    const { text } = await its.browse(her, path);
    const press = (decision: string) => its.browse(her, path, { csrf: csrfOf(text), decision });
    return { its, press };
  };
  const codeIn = ({ headers }: Answer) => new URL(headers['Location'] ?? '').searchParams.get('code') ?? '';

  /** A store that fails once, at the first entry of this kind. */
  function failingOnce(kind: string): Store {
    const store = memoryStore({ clock });
    let hasFailed = false;
    return {
      ...store,
      add(key, ...entry) {
        if (hasFailed || !key.startsWith(`${kind} `)) return store.add(key, ...entry);
        hasFailed = true;
        throw new HoldfastError('store_unavailable');
      },
    };
  }

  it.each(['decided', 'code'])('an approval that the store failed to keep as %s', async (kind) => {
    const { its, press } = await pressed({ store: failingOnce(kind) });
    expect((await press('approve')).status).toBe(503);
    const code = codeIn(await press('approve'));
    expect(codeIn(await press('approve'))).toBe(code);
    expect((await its.redeem(code)).status).toBe(200);
    expect((await its.redeem(codeIn(await press('approve')))).body['code']).toBe('code_used');
  });

  it('an approval whose code has expired gives no other one', async () => {
    const { its, press } = await pressed({ store: failingOnce('code') });
    await press('approve');
    its.now += 60;
    expect((await its.redeem(codeIn(await press('approve')))).body['code']).toBe('code_unknown');
  });

  it.each(['approve', 'deny'])('a decision that could not be recorded: %s', async (decision) => {
    const recorded: IssuerEvent[] = [];
    let isFull = true;
    const { its, press } = await pressed({
      audit(event) {
        if (event.event.startsWith('authorization.') && isFull) throw new Error('ENOSPC');
        recorded.push(event);
      },
    });
    expect((await press(decision)).status).toBe(503);
    isFull = false;
    const answer = await press(decision);
    const granted = recorded.filter(({ event }) => event.startsWith('authorization.'));
    expect(granted).toHaveLength(1);
    if (decision === 'approve') {
      const { body } = await its.redeem(codeIn(answer));
      expect(claims(body['access_token'])['jti']).toContain(String(granted[0]?.grant));
    } else expect(answer.headers['Location']).toContain('error=access_denied');
  });
});

describe('a key ring that lost an algorithm', () => {
  const desk = { ...DESK, id_token_signed_response_alg: 'Ed25519', authorization_signed_response_alg: 'Ed25519' };

  /** An issuer whose keys for Ed25519 may be gone. */
  async function withLosableKey() {
    const edwards = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
    const [both, one] = [
      givenKeys([
        { ...ecKey().privateJwk, kid: 'first' },
        { ...edwards, kid: 'second' },
      ]),
      givenKeys([{ ...ecKey().privateJwk, kid: 'first' }]),
    ];
    const held = { ring: both };
    const keys = { current: (alg?: Algorithm) => held.ring.current(alg), jwks: () => held.ring.jwks() };
    const its = await createPeople({ clients: [desk, RIVAL] }, { keys });
    return { its, lose: () => (held.ring = one), find: () => (held.ring = both) };
  }

  it('asks no person for what could not be answered', async () => {
    const { its, lose, find } = await withLosableKey();
    lose();
    expect(await its.push()).toMatchObject({ status: 500, body: { error: 'server_error', code: 'internal' } });
    find();
    expect((await its.push()).status).toBe(201);
  });

  it('signs the status lists anew at once, since nobody can verify those of a key that was dropped', async () => {
    const held = { ring: givenKeys([{ ...ecKey().privateJwk, kid: 'leaked' }]) };
    const keys = { current: (alg?: Algorithm) => held.ring.current(alg), jwks: () => held.ring.jwks() };
    const its = await createPeople({ status_list: { ttl: 3600 } }, { keys });
    const { uri } = placeOf(String((await its.redeem(await its.code())).body['access_token']));
    expect((await readList(its.issuer, uri)).header['kid']).toBe('leaked');
    held.ring = givenKeys([{ ...ecKey().privateJwk, kid: 'another' }]);
    expect((await readList(its.issuer, uri)).header['kid']).toBe('another');
  });

  it('leaves the code that it cannot redeem', async () => {
    const { its, lose, find } = await withLosableKey();
    const her = browser();
    const path = await its.open(her, await its.pushed({ scope: 'openid' }));
    await its.logIn(her, path);
    const { headers } = await its.decide(her, path, 'approve');
    const { code } = claims(new URL(headers['Location'] ?? '').searchParams.get('response'));
    lose();
    expect((await its.redeem(String(code))).status).toBe(500);
    find();
    expect((await its.redeem(String(code))).body).toHaveProperty('id_token');
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

describe('what an organisation says about a person', () => {
  const externalLogin = { start: () => 'https://login.example/' };

  it.each<[string, unknown]>([
    ['no name at all', undefined],
    ['an empty one', ''],
    ['a number', 7],
    ['one with a space', 'anna smith'],
    ['one beyond ASCII', 'änna'],
    ['one of 256 characters', 'a'.repeat(256)],
  ])('RFC 9068 §5 is no subject when it is %s', async (_what, sub) => {
    const account = { sub: sub as string };
    const bank = await createPeople({}, { externalLogin });
    await expect(bank.issuer.authorization.loggedIn('A'.repeat(22), account)).rejects.toMatchObject({
      code: 'internal',
    });
    const its = await createPeople({}, { login: { check: async () => account } });
    const her = browser();
    const path = await its.open(her, await its.pushed());
    expect((await its.logIn(her, path)).status).toBe(500);
    expect((await its.browse(her, path)).text).toContain('id="password"');
  });

  it('is kept no further than we know what it means', async () => {
    const written: string[] = [];
    const store = memoryStore({ clock });
    const add: Store['add'] = (key, value, expiresAt) => {
      written.push(key, value);
      return store.add(key, value, expiresAt);
    };
    const bank = await createPeople({}, { externalLogin, store: { ...store, add } });
    const her = browser();
    const path = await bank.open(her, await bank.pushed());
    const account = { sub: 'anna', name: 'Anna', session: 'swordfish' };
    await bank.browse(her, await bank.issuer.authorization.loggedIn(path.split('/')[2] ?? '', account));
    expect((await bank.browse(her, path)).text).toContain('Anna');
    expect(written.join()).not.toContain('swordfish');
  });
});

describe('RFC 9700 §4.16 who guesses behind a proxy', () => {
  /** Wrong passwords of one name until it is locked, then the right one from another address. */
  async function guess(trustProxy: string | false): Promise<number> {
    const its = await createPeople();
    await using app = fastify({ trustProxy }) as unknown as FastifyInstance;
    app.register(issuerRoutes, { issuer: its.issuer, origin: ISSUER, rateLimits: 'off' });
    const her = browser();
    const path = await its.open(her, await its.pushed());
    const csrf = csrfOf((await its.browse(her, path)).text);
    const [cookie = ''] = [...her.cookies].map(([name, value]) => `${name}=${value}`);
    const logIn = async (password: string, from: string) => {
      const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded', 'x-forwarded-for': from };
      const payload = new URLSearchParams({ csrf, login: 'anna', password }).toString();
      return (await app.inject({ method: 'POST', url: path, headers, payload })).statusCode;
    };
    for (let i = 0; i < 5; i += 1) expect(await logIn('wrong', '192.0.2.1')).toBe(400);
    expect(await logIn(PASSWORD, '192.0.2.1')).toBe(429);
    return await logIn(PASSWORD, '192.0.2.2');
  }

  it('locks nobody else out where the application trusts that proxy', async () => {
    expect(await guess('127.0.0.1')).toBe(303);
  });

  it('is not believed where it trusts none', async () => {
    expect(await guess(false)).toBe(429);
  });
});
