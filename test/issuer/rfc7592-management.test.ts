import { HoldfastError, type Store } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { describe, expect, it } from 'vitest';
import { sqliteFolder } from '../stores/sqlite-folder.ts';
import { ISSUER, NOW, thiefKey } from './forge.ts';
import { DESK, fields, MACHINE, registrationScene, replaceable } from './registration-scene.ts';

const { openStore } = sqliteFolder();

const clock = () => NOW * 1000;
const scene = registrationScene();
const NOT_AUTHORIZED = {
  status: 401,
  headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"', 'Cache-Control': 'no-store' },
  body: { error: 'invalid_token', code: 'registration_token' },
};

describe('RFC 7592 §2.1: a client reads its registration', () => {
  it('and gets what it was told when it registered, uncached', async () => {
    const client = await scene.registered(DESK);
    const { status, headers, body } = await scene.manage('GET', client);
    expect([status, headers['Cache-Control'], body]).toEqual([200, 'no-store', client.body]);
  });

  it('by a target with a query or an origin before it', async () => {
    const { clientId, token } = await scene.registered();
    for (const target of [`/register/${clientId}?a=b`, `${ISSUER}/register/${clientId}`]) {
      expect(await scene.send('manage', { method: 'GET', target, headers: fields(token) })).toMatchObject({
        status: 200,
      });
    }
  });
});

describe('RFC 7592 §2: whoever shows the token of a client is that client', () => {
  it.each(['GET', 'PUT', 'DELETE'])('nobody else, and a client is not to be told from none: %s', async (method) => {
    const [mine, other] = await Promise.all([scene.registered(), scene.registered()]);
    const missing = { url: `${ISSUER}/register/dyn-AAAAAAAAAAAAAAAAAAAAAA`, token: mine.token };
    const wrong = await scene.manage(method, { url: mine.url, token: other.token }, replaceable(mine));
    expect(wrong).toMatchObject(NOT_AUTHORIZED);
    expect(await scene.manage(method, missing, replaceable(mine))).toEqual(wrong);
    expect(await scene.manage('GET', mine)).toMatchObject({ status: 200 });
  });

  it.each([
    '',
    '/',
    '/register',
    '/register/',
    '/register/trader',
    '/register/%s/',
    '/REGISTER/%s',
    '/register/%s/1',
    '/register//%s',
  ])('the path %j is that of no client', async (path) => {
    const { clientId, token } = await scene.registered();
    const target = path.replace('%s', clientId);
    const answer = await scene.send('manage', { method: 'GET', target, headers: fields(token) });
    expect(answer).toMatchObject(NOT_AUTHORIZED);
  });

  it('RFC 6750 §3.1: without a token it is told what would do', async () => {
    const { url } = await scene.registered();
    for (const headers of [[], ['Authorization', 'Basic dHJhZGVyOnNlY3JldA==']]) {
      const answer = await scene.send('manage', { method: 'GET', target: new URL(url).pathname, headers });
      expect(answer).toMatchObject({ status: 401, headers: { 'WWW-Authenticate': 'Bearer' } });
    }
  });

  it('RFC 9110 §15.5.6: by no other method', async () => {
    const client = await scene.registered();
    for (const method of ['POST', 'PATCH', 'HEAD', 'get', 'constructor', '']) {
      const answer = await scene.manage(method, client);
      expect(answer).toMatchObject({ status: 405, headers: { Allow: 'GET, PUT, DELETE' } });
    }
  });
});

describe('RFC 7592 §2.2: a client replaces its registration', () => {
  it('and it is as it then says, at once', async () => {
    const client = await scene.registered({ ...DESK, client_name: 'Desk', scope: 'orders:read' });
    const next = {
      client_id: client.clientId,
      ...DESK,
      redirect_uris: ['https://desk.example/other'],
      jwks: { keys: [thiefKey.jwk] },
    };
    const { status, body } = await scene.manage('PUT', client, next);
    const { client_name: _gone, ...rest } = client.body;
    expect([status, body]).toEqual([200, { ...rest, ...next, scope: 'orders:read positions:read' }]);
    expect((await scene.manage('GET', client)).body).toEqual(body);
    expect((await scene.registration.clients.find(client.clientId)).metadata).toMatchObject(next);
  });

  it.each([
    ['another client_id', { client_id: 'dyn-AAAAAAAAAAAAAAAAAAAAAA' }, 'client_id'],
    ['none', { client_id: undefined }, 'client_id'],
    ['a secret', { client_secret: 'secret' }, 'client_secret'],
    ['a token of its own', { registration_access_token: 'mine' }, 'registration_access_token'],
    ['its own address', { registration_client_uri: 'https://desk.example' }, 'registration_client_uri'],
    ['its own date', { client_id_issued_at: 1 }, 'client_id_issued_at'],
    ['a date for its secret', { client_secret_expires_at: null }, 'client_secret_expires_at'],
    ['what it could not have registered', { token_endpoint_auth_method: 'none' }, 'token_endpoint_auth_method'],
    ['more scope than is open', { scope: 'orders:write' }, 'scope'],
  ])('but not with %s, and then nothing changes', async (_what, change, detail) => {
    const client = await scene.registered();
    const answer = await scene.manage('PUT', client, { ...replaceable(client), ...change });
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_client_metadata' } });
    expect(answer.body['error_description']).toMatch(new RegExp(`: ${detail}$`));
    expect((await scene.manage('GET', client)).body).toEqual(client.body);
  });

  it('BCP-2.6-03 nor with a redirect URI that it could not have registered', async () => {
    const client = await scene.registered(DESK);
    const redirects = { redirect_uris: ['http://desk.example/callback'] };
    const answer = await scene.manage('PUT', client, { ...replaceable(client), ...redirects });
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_redirect_uri' } });
  });

  it('a thousand times and no more, and can still end it', async () => {
    const client = await scene.registered();
    const body = replaceable(client);
    const outcomes = [];
    for (let i = 0; i < 1000; i += 1) outcomes.push((await scene.manage('PUT', client, body)).status);
    expect(outcomes).toEqual([...Array(999).fill(200), 400]);
    expect(await scene.manage('DELETE', client)).toMatchObject({ status: 204 });
    expect(await scene.manage('GET', client)).toMatchObject(NOT_AUTHORIZED);
  });

  it('and whoever watches is told', async () => {
    const { registered, manage, told } = registrationScene();
    const client = await registered();
    await manage('PUT', client, replaceable(client));
    expect(told.slice(1)).toEqual([{ event: 'client.updated', clientId: client.clientId }]);
  });
});

describe('RFC 7592 §2: what cannot be recorded does not happen', () => {
  /** Whoever watches cannot record one kind of event, until told that he can. */
  const watched = (event: string) => {
    let isFull = true;
    const scene = registrationScene({
      tell(happened) {
        if (isFull && happened.event === event) throw new HoldfastError('audit_unavailable');
      },
    });
    return { ...scene, makeRoom: () => (isFull = false) };
  };

  it('nobody registers', async () => {
    const { register, told, makeRoom } = watched('client.registered');
    expect(await register(MACHINE)).toMatchObject({ status: 503, body: { code: 'audit_unavailable' } });
    makeRoom();
    expect(await register(MACHINE)).toMatchObject({ status: 201 });
    expect(told).toHaveLength(2); // with the refusal
  });

  it('nothing is changed', async () => {
    const { registered, manage } = watched('client.updated');
    const client = await registered();
    const other = { ...replaceable(client), client_name: 'Another' };
    expect(await manage('PUT', client, other)).toMatchObject({ status: 503 });
    expect((await manage('GET', client)).body).toEqual(client.body);
  });

  it('nobody is gone, and can go later', async () => {
    const { registered, manage, makeRoom } = watched('client.deleted');
    const client = await registered();
    expect(await manage('DELETE', client)).toMatchObject({ status: 503 });
    expect(await manage('GET', client)).toMatchObject({ status: 200 });
    makeRoom();
    expect(await manage('DELETE', client)).toMatchObject({ status: 204 });
  });
});

describe('RFC 7592 §2.3: a client ends its registration', () => {
  it('and is gone at once, with what it was given', async () => {
    const { registration, registered, manage, told } = registrationScene();
    const client = await registered();
    const answer = await manage('DELETE', client);
    expect([answer.status, answer.text, answer.headers]).toEqual([204, '', { 'Cache-Control': 'no-store' }]);
    expect(told.slice(1)).toEqual([{ event: 'client.deleted', clientId: client.clientId }]);
    for (const method of ['GET', 'PUT', 'DELETE']) {
      expect(await manage(method, client, replaceable(client))).toMatchObject(NOT_AUTHORIZED);
    }
    await expect(registration.clients.find(client.clientId)).rejects.toThrow('The client is not known');
  });
});

describe.each([
  ['memory', () => memoryStore({ clock })],
  ['a file', () => openStore({ clock })],
] as const)('at the same time, in %s', (_where, open) => {
  it('100 replacements leave one registration, that of one of them', async () => {
    const store = open();
    const [one, other] = [registrationScene({ store }), registrationScene({ store })];
    const client = await one.registered();
    const names = Array.from({ length: 100 }, (_, i) => `desk ${i}`);
    const replace = ({ manage }: typeof one, name: string) =>
      manage('PUT', client, { ...replaceable(client), client_name: name });
    const answers = await Promise.all(names.map((name, i) => replace(i % 2 === 0 ? one : other, name)));
    expect(answers.map(({ status, body }) => [status, body['client_name']])).toEqual(names.map((name) => [200, name]));
    const seen = await Promise.all([one, other].map(({ manage }) => manage('GET', client)));
    expect(names).toContain(seen[0]?.body['client_name']);
    expect(seen[1]).toEqual(seen[0]);
  });

  it('of 100 deletions one happens, and no replacement after it', async () => {
    const store = open();
    const scenes = [0, 1].map(() => registrationScene({ store }));
    const client = await registrationScene({ store }).registered();
    const all = Array.from({ length: 50 }, () =>
      scenes.flatMap(({ manage }) => [manage('DELETE', client), manage('PUT', client, replaceable(client))]),
    );
    const statuses = (await Promise.all(all.flat())).map(({ status }) => status);
    expect(statuses.filter((status) => ![200, 401].includes(status))).toEqual([204]);
    for (const { manage } of scenes) expect(await manage('GET', client)).toMatchObject(NOT_AUTHORIZED);
  });

  it('each sees at its next request what another one did', async () => {
    const store = open();
    const [one, other] = [registrationScene({ store }), registrationScene({ store })];
    const client = await one.registered();
    const name = async () => (await other.registration.clients.find(client.clientId)).metadata.client_name;
    expect(await name()).toBeUndefined();
    for (let i = 0; i < 5; i += 1) {
      for (let j = 0; j <= i; j += 1)
        await one.manage('PUT', client, { ...replaceable(client), client_name: `${i} ${j}` });
      expect(await name()).toBe(`${i} ${i}`);
    }
    await one.manage('DELETE', client);
    await expect(name()).rejects.toThrow('The client is not known');
  });

  it('a reading that a replacement overtakes gives the new registration', async () => {
    const store = open();
    const writer = registrationScene({ store });
    const client = await writer.registered();
    const replaced = { ...replaceable(client), client_name: 'new' };
    const overtaken = onceBefore(store, 'get', () => writer.manage('PUT', client, replaced));
    const answer = await registrationScene({ store: overtaken }).manage('GET', client);
    expect(answer).toMatchObject({ status: 200, body: { client_name: 'new' } });
  });

  it('a replacement that a deletion overtakes is refused, and leaves nothing', async () => {
    const store = open();
    const other = registrationScene({ store });
    const client = await other.registered();
    const overtaken = onceBefore(store, 'add', () => other.manage('DELETE', client));
    const answer = await registrationScene({ store: overtaken }).manage('PUT', client, replaceable(client));
    expect(answer).toMatchObject(NOT_AUTHORIZED);
    expect(await other.manage('GET', client)).toMatchObject(NOT_AUTHORIZED);
  });

  it('a registration that was replaced is no longer kept', async () => {
    const entries = new Map<string, string>();
    const inner = open();
    const store = {
      ...inner,
      add(key: string, value: string, expiresAt: number) {
        entries.set(key, value);
        return inner.add(key, value, expiresAt);
      },
    };
    const scene = registrationScene({ store });
    const client = await scene.registered({ ...MACHINE, contacts: ['old@desk.example'] });
    await scene.manage('PUT', client, { ...replaceable(client), contacts: ['new@desk.example'] });
    const kept = await Promise.all([...entries.keys()].map((key) => inner.get(key)));
    expect(kept.join()).not.toContain('old@desk.example');
    expect(kept.join()).toContain('new@desk.example');
    await scene.manage('DELETE', client);
    const left = await Promise.all([...entries.keys()].map((key) => inner.get(key)));
    expect(left.join()).not.toContain('new@desk.example');
  });
});

/** The store, in which somebody else is faster the first time that a registration is read or written. */
function onceBefore(store: Store, verb: 'get' | 'add', interfere: () => Promise<unknown>): Store {
  let interferes = true;
  async function before(asked: 'get' | 'add', key: string): Promise<void> {
    if (!interferes || asked !== verb || !key.startsWith('registration ')) return;
    interferes = false;
    await interfere();
  }
  return {
    take: store.take,
    async get(key) {
      await before('get', key);
      return await store.get(key);
    },
    async add(key, value, expiresAt) {
      await before('add', key);
      return await store.add(key, value, expiresAt);
    },
  };
}
