import { setImmediate } from 'node:timers/promises';
import { issuerRoutes } from '@holdfast/issuer/fastify';
import type { Store } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import fastify, { type FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import { exchange, issued, PARTIES } from './exchange-scene.ts';
import { ISSUER, NOW, VENUE } from './forge.ts';
import { browser, createPeople, csrfOf, ORDER, ORDER_ENTRY, PASSWORD, type People } from './people.ts';
import { type Place, placeOf, readList } from './status-scene.ts';

/** What was tried on the issuer and must not work again. */

const clock = () => NOW * 1000;
const OWN_TOKEN = { grant_type: 'client_credentials' };

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
