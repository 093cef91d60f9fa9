import { hash } from 'node:crypto';
import { HoldfastError, type Store } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { describe, expect, it } from 'vitest';
import { ISSUER, NOW, thiefKey, traderKey } from './forge.ts';
import { DESK, fields, INITIAL, MACHINE, registrationScene } from './registration-scene.ts';

const scene = registrationScene();
type Fields = Record<string, unknown>;

describe('RFC 7591 §3.2.1: what a client is told when it has registered', () => {
  it('is 201 with everything that is registered, in JSON that nobody keeps', async () => {
    const { status, headers, body } = await scene.register({ ...DESK, client_name: 'Desk', scope: 'orders:read' });
    expect(status).toBe(201);
    expect(headers).toEqual({ 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    const clientId = String(body['client_id']);
    expect(body).toEqual({
      ...DESK,
      client_id: clientId,
      client_id_issued_at: NOW,
      registration_access_token: expect.stringMatching(/^[A-Za-z0-9_-]{43}$/),
      registration_client_uri: `${ISSUER}/register/${clientId}`,
      client_name: 'Desk',
      scope: 'orders:read',
      grant_types: ['authorization_code'],
      response_types: ['code'],
      authorization_details_types: [],
      dpop_bound_access_tokens: true,
      tls_client_certificate_bound_access_tokens: false,
      require_signed_request_object: false,
    });
  });

  it('names the whole scope that is open to those who register when none was asked for', async () => {
    expect((await scene.registered(DESK)).body['scope']).toBe('orders:read positions:read');
  });

  it('is of the issuer’s own path', async () => {
    const below = registrationScene({ config: { issuer: `${ISSUER}/a/b` } });
    const client = await below.registered();
    expect(client.url).toBe(`${ISSUER}/a/b/register/${client.clientId}`);
    expect(await below.manage('GET', client)).toMatchObject({ status: 200 });
  });

  it('BCP-2.6-02, FAPI2-6.7-01 is a client_id of our own making, whatever the client would like to be called', async () => {
    const ids = await Promise.all(
      ['alice', 'trader', undefined].map(
        async (id) => (await scene.registered({ ...MACHINE, client_id: id })).clientId,
      ),
    );
    for (const id of ids) expect(id).toMatch(/^dyn-[A-Za-z0-9_-]{22}$/);
    expect(new Set(ids).size).toBe(3);
  });

  it('FAPI2-6.7-01 is a client_id that no client of the configuration can have', () => {
    const clients = [{ ...MACHINE, client_id: 'dyn-AAAAAAAAAAAAAAAAAAAAAA', scope: 'orders:read' }];
    expect(() => registrationScene({ config: { clients } })).toThrow(
      'clients[0].client_id: begins as those that register',
    );
  });

  it('is there in the store only as a hash where it is a secret', async () => {
    const written: string[] = [];
    const client = await registrationScene({
      store: listening(memoryStore({ clock: () => NOW * 1000 }), written),
    }).registered();
    expect(written.join()).toContain(hash('sha256', client.token, 'base64url'));
    expect(written.join()).not.toContain(client.token);
    expect(written.join()).not.toContain(INITIAL);
  });

  it('is told to whoever watches, with nothing secret', async () => {
    const { told, registered } = registrationScene();
    const { clientId } = await registered();
    expect(told).toEqual([{ event: 'client.registered', clientId }]);
  });

  it('is nothing when it cannot be recorded', async () => {
    const { register } = registrationScene({
      tell({ event }) {
        if (event === 'client.registered') throw new HoldfastError('audit_unavailable');
      },
    });
    expect(await register(MACHINE)).toMatchObject({ status: 503, body: { code: 'audit_unavailable' } });
  });
});

describe('RFC 7591 §2: metadata', () => {
  it('that is not known here is ignored, and what only the operator may say as well', async () => {
    const { body } = await scene.registered({
      ...MACHINE,
      ...{ logo_uri: 'https://desk.example/logo', software_id: 'x', 'client_name#de': 'Tisch', unheard: { of: [1] } },
      ...{ exchange_resources: ['https://venue.example'], access_token_format: 'opaque', client_secret: 'secret' },
      jwks: { ...MACHINE.jwks, comment: 'ours' },
    });
    const given = ['logo_uri', 'software_id', 'client_name#de', 'unheard', 'exchange_resources', 'access_token_format'];
    for (const member of [...given, 'client_secret']) expect(body).not.toHaveProperty([member]);
    expect(body['jwks']).toEqual(MACHINE.jwks);
    const { metadata } = await scene.registration.clients.find(String(body['client_id']));
    expect([metadata.exchange_resources, metadata.access_token_format]).toEqual([[], undefined]);
  });

  it('and what a client does not know of is not held against it: null and empty are as good as left out', async () => {
    const { body } = await scene.registered({
      ...MACHINE,
      client_name: null,
      client_uri: '',
      jwks_uri: null,
      scope: '',
    });
    expect(body).not.toHaveProperty('client_name');
    expect(body['scope']).toBe('orders:read positions:read');
  });

  it.each([
    ['nothing about it', {}, [true, false]],
    ['a key', { dpop_bound_access_tokens: true }, [true, false]],
    ['a certificate', { tls_client_certificate_bound_access_tokens: true }, [false, true]],
    ['both', { dpop_bound_access_tokens: true, tls_client_certificate_bound_access_tokens: true }, [true, true]],
  ])('FAPI2-5.3.2.1-04 binds tokens, where the client says %s', async (_what, said, bound) => {
    const { body } = await scene.registered({ ...MACHINE, ...said });
    const { dpop_bound_access_tokens: toKey, tls_client_certificate_bound_access_tokens: toCertificate } = body;
    expect([toKey, toCertificate]).toEqual(bound);
  });

  it.each([
    ['tls_client_auth', { tls_client_auth_subject_dn: 'CN=desk' }],
    ['private_key_jwt', { jwks_uri: 'https://desk.example/jwks' }],
    ['self_signed_tls_client_auth', { jwks_uri: 'https://desk.example/jwks' }],
  ])('FAPI2-5.3.2.1-06 of a client that authenticates by %s', async (method, way) => {
    const { body } = await scene.registered({ ...DESK, jwks: undefined, token_endpoint_auth_method: method, ...way });
    expect(body).toMatchObject(way);
  });

  it('may name the types of authorization_details that are open to those who register', async () => {
    const order = { type: 'order_entry', resource: 'https://venue.example', schema: {}, title: 'Orders' };
    const open = registrationScene({
      config: { authorization_details_types: [order, { ...order, type: 'withdrawal' }] },
      policy: { authorization_details_types: ['order_entry'] },
    });
    const types = (names: string[]) => open.register({ ...DESK, authorization_details_types: names });
    expect((await types(['order_entry'])).body['authorization_details_types']).toEqual(['order_entry']);
    expect(await types(['withdrawal'])).toMatchObject(refused('authorization_details_types'));
    expect(() => registrationScene({ policy: { authorization_details_types: ['order_entry'] } })).toThrow(
      'registration.authorization_details_types: holds one that is not configured',
    );
  });
});

describe('RFC 7591 §3.2.2: metadata is refused', () => {
  it.each([['none'], ['client_secret_basic'], ['client_secret_post'], ['client_secret_jwt'], [undefined], [7]])(
    'FAPI2-5.3.2.1-03, FAPI2-5.3.2.1-06: the method %s',
    async (method) => {
      const answer = await scene.register({ ...MACHINE, token_endpoint_auth_method: method });
      expect(answer).toMatchObject(refused('token_endpoint_auth_method'));
    },
  );

  it.each([
    'http://desk.example/callback',
    'https://desk.example/callback#fragment',
    'https://user@desk.example/callback',
    'desk:/callback',
    'javascript:alert(1)',
    'https://desk.example\\@thief.example',
    '/callback',
    '',
    7,
  ])('BCP-2.6-03 the redirect URI %j', async (uri) => {
    const answer = await scene.register({ ...DESK, redirect_uris: [...DESK.redirect_uris, uri] });
    expect(answer).toMatchObject(refused('redirect_uris[1]', 'invalid_redirect_uri'));
  });

  it.each([
    ['none for people', { redirect_uris: undefined }],
    ['a string of them', { redirect_uris: 'https://desk.example/callback' }],
    ['too many of them', { redirect_uris: Array.from({ length: 21 }, (_, i) => `https://desk.example/${i}`) }],
  ])('BCP-2.6-03 redirect URIs: %s', async (_what, change) => {
    const answer = await scene.register({ ...DESK, ...change });
    expect(answer).toMatchObject(refused('redirect_uris', 'invalid_redirect_uri'));
  });

  const rows: [string, Fields, string][] = [
    ['a grant that is not offered', { grant_types: ['password'] }, 'grant_types[0]'],
    ['the implicit grant', { response_types: ['token'] }, 'response_types[0]'],
    [
      'a grant with authority over others’ tokens',
      { grant_types: ['urn:ietf:params:oauth:grant-type:token-exchange'] },
      'grant_types',
    ],
    ['a code for a machine', { response_types: ['code'] }, 'response_types'],
    ['refreshing what nobody gave', { grant_types: ['refresh_token'] }, 'grant_types'],
    ['more scope than is open', { scope: 'orders:read orders:write' }, 'scope'],
    ['no scope but spaces', { scope: '  ' }, 'scope'],
    ['a statement of somebody else', { software_statement: 'a.b.c' }, 'software_statement'],
    ['jwks and jwks_uri', { jwks_uri: 'https://desk.example/jwks' }, 'jwks_uri'],
    ['neither', { jwks: undefined }, 'jwks'],
    ['no key', { jwks: { keys: [] } }, 'jwks.keys'],
    ['a private key', { jwks: { keys: [traderKey.privateJwk] } }, 'jwks.keys[0]'],
    ['a shared key', { jwks: { keys: [traderKey.jwk, { kty: 'oct', k: 'AAAA' }] } }, 'jwks.keys[1]'],
    ['keys that are none', { jwks: 'none' }, 'jwks'],
    ['a name that is no text', { client_name: ['Desk'] }, 'client_name'],
    ['an unknown algorithm', { token_endpoint_auth_signing_alg: 'RS256' }, 'token_endpoint_auth_signing_alg'],
    ['a binding that is no boolean', { dpop_bound_access_tokens: 'false' }, 'dpop_bound_access_tokens'],
  ];
  it.each(rows)('%s', async (_what, change, detail) => {
    expect(await scene.register({ ...MACHINE, ...change })).toMatchObject(refused(detail));
  });

  it('FAPI2-5.4.2-01 keys that do not come by TLS', async () => {
    const answer = await scene.register({ ...MACHINE, jwks: undefined, jwks_uri: 'http://desk.example/jwks' });
    expect(answer).toMatchObject(refused('jwks_uri'));
  });

  it('MTLS-2.2.2-01 a certificate with another key than the JWK around it', async () => {
    const key = { ...traderKey.jwk, x5c: ['AAAA'] };
    const answer = await scene.register({ ...MACHINE, jwks: { keys: [key] } });
    expect(answer).toMatchObject(refused('jwks.keys[0].x5c'));
  });

  it('and nothing that was sent is said again', async () => {
    const marker = 'https-//marker.example';
    for (const member of ['scope', 'client_uri', 'grant_types', 'jwks', 'jwks_uri', 'redirect_uris', marker]) {
      for (const value of [marker, [marker], { [marker]: marker }, { keys: [{ [marker]: marker }] }]) {
        const { status, text } = await scene.register({ ...DESK, [member]: value });
        if (status !== 201) expect(text).not.toContain('marker');
      }
    }
  });
});

describe('RFC 7591 §3.1: a body', () => {
  const sent = (body: string, type = 'application/json') =>
    scene.send('register', { headers: ['Authorization', `Bearer ${INITIAL}`, 'Content-Type', type], body });

  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset=UTF-8'])(
    '%s is taken',
    async (type) => {
      expect(await sent(JSON.stringify(MACHINE), type)).toMatchObject({ status: 201 });
    },
  );

  it.each(['text/plain', 'application/jsonp', 'application/x-www-form-urlencoded', 'application/jwt', ''])(
    'of type %j is refused',
    async (type) => {
      expect(await sent(JSON.stringify(MACHINE), type)).toMatchObject(refused('the body is not application/json'));
    },
  );

  it.each([
    ['nothing', '', 'the body is not an object'],
    ['half an object', '{', 'the body is not an object'],
    ['an array', '[]', 'the body is not an object'],
    ['null', 'null', 'the body is not an object'],
    ['a string', '"{}"', 'the body is not an object'],
    ['an object and more', `${JSON.stringify(MACHINE)}x`, 'the body is not an object'],
    ['65 KiB', `{"a":"${'a'.repeat(65_536)}"}`, 'the body is too large'],
    ['17 levels', `{"a":${'['.repeat(16)}${']'.repeat(16)}}`, 'the body is too deep'],
    ['32,001 levels', `{"a":${'['.repeat(32_000)}${']'.repeat(32_000)}}`, 'the body is too deep'],
  ])('of %s is refused', async (_what, body, detail) => {
    expect(await sent(body)).toMatchObject(refused(detail));
  });

  it('of two types is refused', async () => {
    const headers = [...fields(INITIAL), 'Content-Type', 'application/json'];
    expect(await scene.register(MACHINE, { headers })).toMatchObject(refused('the body is not application/json'));
  });
});

describe('RFC 7591 §3: who may register', () => {
  const asked = (headers: readonly string[], target = '/register') =>
    scene.register(MACHINE, { target, headers: ['Content-Type', 'application/json', ...headers] });

  it.each([
    ['a wrong token', `Bearer ${INITIAL}x`, 'Bearer error="invalid_token"'],
    ['the hash of the right one', `Bearer ${hash('sha256', INITIAL, 'base64url')}`, 'Bearer error="invalid_token"'],
    ['another scheme', `DPoP ${INITIAL}`, 'Bearer'],
    ['a password', 'Basic dHJhZGVyOnNlY3JldA==', 'Bearer'],
  ])('RFC 6750 §3: not with %s', async (_what, authorization, challenge) => {
    expect(await asked(['Authorization', authorization])).toMatchObject(unauthorized(challenge));
  });

  it('RFC 6750 §3.1: not without a token', async () => {
    expect(await asked([])).toMatchObject(unauthorized('Bearer'));
  });

  it('each initial access token of the configuration does', async () => {
    expect(await asked(['Authorization', 'Bearer another'])).toMatchObject({ status: 201 });
    expect(await asked(['authorization', `bearer ${INITIAL}`])).toMatchObject({ status: 201 });
  });

  it.each([
    ['two of them', ['Authorization', `Bearer ${INITIAL}`, 'authorization', `Bearer ${INITIAL}`], '/register'],
    ['one that is none', ['Authorization', 'Bearer a b'], '/register'],
    ['one in the query', ['Authorization', `Bearer ${INITIAL}`], `/register?access_token=${INITIAL}`],
  ])('RFC 6750 §2: %s is 400', async (_what, headers, target) => {
    const answer = await asked(headers, target);
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    expect(answer.text).not.toContain(INITIAL);
  });

  it('is decided before the body is looked at', async () => {
    const answer = await scene.send('register', { headers: fields('wrong'), body: '{' });
    expect(answer).toMatchObject(unauthorized('Bearer error="invalid_token"'));
  });

  it.each(['GET', 'PUT', 'DELETE', 'HEAD', 'post', ''])(
    'RFC 9110 §15.5.6: the method %j is not served',
    async (method) => {
      expect(await scene.register(MACHINE, { method })).toMatchObject({ status: 405, headers: { Allow: 'POST' } });
    },
  );
});

describe('a store', () => {
  it.each([
    ['that does not answer', 'store_unavailable'],
    ['that is full', 'store_full'],
  ] as const)('%s refuses for now', async (_what, code) => {
    const store = memoryStore({ clock: () => NOW * 1000 });
    const broken: Store = {
      ...store,
      add() {
        throw new HoldfastError(code);
      },
    };
    const answer = await registrationScene({ store: broken }).register(MACHINE);
    expect(answer).toMatchObject({ status: 503, headers: { 'Retry-After': '1' }, body: { code } });
  });

  it('keeps a client for as long as it is asked for', async () => {
    let now = NOW * 1000;
    const scene = registrationScene({ clock: () => now });
    const client = await scene.registered();
    now += 50 * 365 * 86_400_000;
    expect(await scene.manage('GET', client)).toMatchObject({ status: 200 });
  });
});

describe('a client that registered', () => {
  it('is found by its client_id, and no other is', async () => {
    const { clientId } = await scene.registered({ ...MACHINE, jwks: { keys: [thiefKey.jwk] } });
    const client = await scene.registration.clients.find(clientId);
    expect([client.clientId, client.scope]).toEqual([clientId, ['orders:read', 'positions:read']]);
    for (const other of ['trader', 'dyn-', 'dyn-AAAAAAAAAAAAAAAAAAAAAA', `${clientId} 1`, `${clientId}/1`, '']) {
      await expect(scene.registration.clients.find(other)).rejects.toThrow(
        expect.objectContaining({ code: 'client_unknown' }),
      );
    }
  });

  it('is not looked for in the store where its client_id is none of ours', async () => {
    const asked: string[] = [];
    const store = memoryStore({ clock: () => NOW * 1000 });
    const { registration } = registrationScene({
      store: {
        ...store,
        get(key) {
          asked.push(key);
          return store.get(key);
        },
      },
    });
    const ids = ['trader', 'dyn-x', 'dyn-AAAAAAAAAAAAAAAAAAAAA ', 'dyn-AAAAAAAAAAAAAAAAAAAAAA', 'x'.repeat(99_999)];
    await Promise.allSettled(ids.map((id) => registration.clients.find(id)));
    expect(asked).toEqual(['client dyn-AAAAAAAAAAAAAAAAAAAAAA 1']);
  });

  it('loses the scope that is no longer open to those who register', async () => {
    const store = memoryStore({ clock: () => NOW * 1000 });
    const { clientId } = await registrationScene({ store }).registered();
    const narrowed = registrationScene({ store, policy: { scope: 'orders:read' } }).registration;
    expect((await narrowed.clients.find(clientId)).scope).toEqual(['orders:read']);
  });
});

function refused(detail: string, error = 'invalid_client_metadata') {
  return {
    status: 400,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
    body: { error, error_description: expect.stringMatching(new RegExp(`: ${detail.replace(/[[\].]/g, '\\$&')}$`)) },
  };
}

describe('RFC 7591 §5: who holds an initial access token does nothing in excess', () => {
  it('registers a thousand clients in a day, and keeps nobody else from it', async () => {
    const time = { now: NOW };
    const scene = registrationScene({ clock: () => time.now * 1000 });
    for (let i = 0; i < 1000; i += 1) await scene.registered();
    expect(await scene.register({ ...MACHINE, scope: 'nothing' })).toMatchObject({ status: 400 });
    expect(await scene.register(MACHINE)).toMatchObject({ status: 503, body: { code: 'too_many_requests' } });
    expect(await scene.register(MACHINE, { headers: fields('another') })).toMatchObject({ status: 201 });
    time.now += 86_400;
    expect(await scene.register(MACHINE)).toMatchObject({ status: 201 });
  });

  it.each([' ', '   ', '\t\n', '\u00A0'])('has a name that can be seen, if any: %j', async (name) => {
    const { status, body } = await registrationScene().register({ ...MACHINE, client_name: name });
    expect({ status, error: body['error'] }).toEqual({ status: 400, error: 'invalid_client_metadata' });
  });

  it('names each grant once', async () => {
    const grants = Array.from({ length: 5 }, () => 'client_credentials');
    expect((await registrationScene().register({ ...MACHINE, grant_types: grants })).status).toBe(400);
  });
});

function unauthorized(challenge: string) {
  return {
    status: 401,
    headers: { 'WWW-Authenticate': challenge, 'Cache-Control': 'no-store' },
    body: { error: 'invalid_token', code: 'registration_unauthorized' },
  };
}

/** A store that tells what is written into it. */
function listening(store: Store, written: string[]): Store {
  return {
    ...store,
    add(key, value, expiresAt) {
      written.push(key, value);
      return store.add(key, value, expiresAt);
    },
  };
}
