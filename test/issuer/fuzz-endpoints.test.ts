import { hash } from 'node:crypto';
import { createIssuer, readConfig } from '@holdfast/issuer';
import { issuerRoutes } from '@holdfast/issuer/fastify';
import { memoryStore } from '@holdfast/stores';
import fc from 'fast-check';
import fastify, { type FastifyInstance, type InjectOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { encode, signed } from '../proof/forge.ts';
import { ASSERTION_TYPE, assertion, ISSUER, NOW, proof, thiefKey, traderKey, VENUE } from './forge.ts';
import { CALLBACK, CHALLENGE, createPeople, DESK, ORDER, ORDER_ENTRY, RIVAL, VERIFIER } from './people.ts';
import { configuration } from './scene.ts';

const TOKEN = 'initial';
const runs = { numRuns: Number(process.env['HOLDFAST_FUZZ'] ?? 400) };
const clock = () => NOW * 1000;
const EVERYTHING = {
  clients: [{ ...DESK, grant_types: [...DESK.grant_types, 'urn:ietf:params:oauth:grant-type:token-exchange'] }, RIVAL],
  authorization_details_types: [ORDER_ENTRY],
  dpop_nonce: 'off',
  status_list: {},
  resource_servers: [
    {
      client_id: 'venue',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [thiefKey.jwk] },
      resources: [VENUE],
    },
  ],
  registration: {
    initial_access_token_hashes: [hash('sha256', TOKEN, 'base64url')],
    scope: 'orders:read',
  },
};

const people = await createPeople();
const issuer = await createIssuer({
  config: readConfig(configuration(EVERYTHING)),
  store: memoryStore({ clock }),
  clock,
  login: { check: async () => ({ sub: 'anna' }) },
});
const app = fastify() as unknown as FastifyInstance;
app.register(issuerRoutes, { issuer, origin: ISSUER, rateLimits: 'off' });
await app.ready();

const PATHS = ['/token', '/par', '/authorize', '/interaction/', '/introspect', '/revoke', '/userinfo', '/register'];
const DOCUMENTS = ['/jwks', '/status/', '/style.css', '/.well-known/oauth-authorization-server', '/x'];

const text = fc.string({ unit: 'binary', maxLength: 60 });
const json = fc.jsonValue({ maxDepth: 3 });
const claims = {
  iss: fc.constantFrom('trader', 'venue', ISSUER),
  sub: fc.constantFrom('trader', 'venue'),
  aud: fc.oneof(fc.constant(ISSUER), json),
};
const jwt = fc
  .record(
    {
      ...claims,
      exp: fc.oneof(fc.constant(NOW + 60), json),
      nbf: fc.oneof(fc.constant(NOW), json),
      jti: json,
      client_id: fc.constantFrom('trader', 'x'),
      response_type: fc.constant('code'),
      redirect_uri: fc.oneof(fc.constant(CALLBACK), json),
      authorization_details: fc.oneof(fc.constant([ORDER]), json),
      resource: json,
      code_challenge: fc.constant(CHALLENGE),
      code_challenge_method: fc.constant('S256'),
    },
    { requiredKeys: [] },
  )
  .map((payload) => signed(JSON.stringify({ alg: 'ES256' }), JSON.stringify(payload), traderKey));
/** What a parameter may be: sound, nearly sound, or anything. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  grant_type: [
    'authorization_code',
    'refresh_token',
    'client_credentials',
    'urn:ietf:params:oauth:grant-type:token-exchange',
  ],
  response_type: ['code', 'token'],
  response_mode: ['jwt', 'query', 'fragment'],
  redirect_uri: [CALLBACK, 'https://evil.example/', 'http://127.0.0.1:1/'],
  scope: ['orders:read', 'openid', 'orders:read orders:write'],
  resource: [VENUE, 'x'],
  code_challenge: [CHALLENGE],
  code_challenge_method: ['S256', 'plain'],
  code_verifier: [VERIFIER],
  code: ['x'.repeat(43)],
  refresh_token: ['x'.repeat(43)],
  request_uri: [`urn:ietf:params:oauth:request_uri:${'x'.repeat(43)}`],
  authorization_details: [JSON.stringify([ORDER]), '[{"__proto__":{"type":"order_entry"}}]', '[[[[[[[[[[]]]]]]]]]]'],
  dpop_jkt: [CHALLENGE],
  prompt: ['none', 'login consent'],
  state: ['s', 's'.repeat(2000)],
  nonce: ['n'],
  client_id: ['trader', 'venue', 'rival'],
  token: ['a.b.c', 'x'],
  subject_token: ['a.b.c', 'x'],
  subject_token_type: ['urn:ietf:params:oauth:token-type:access_token'],
  decision: ['approve', 'deny'],
  csrf: ['x'],
  login: ['anna'],
  password: ['p'],
};
const parameter = fc
  .constantFrom(...Object.keys(VALUES), 'request')
  .chain((name) =>
    fc.tuple(fc.constant(name), fc.oneof(fc.constantFrom(...(VALUES[name] ?? ['x'])), text, jwt, json.map(stringify))),
  );
const parameters = fc.uniqueArray(fc.oneof({ weight: 9, arbitrary: parameter }, fc.tuple(text, text)), {
  maxLength: 12,
  selector: ([name]) => name,
});
const authentication = fc.constantFrom<() => [string, string][]>(
  () => [],
  () => authenticated(assertion()),
  () => authenticated(assertion({ key: thiefKey, payload: { iss: 'venue', sub: 'venue' } })),
);
const proofs = fc.constantFrom<(path: string) => string | undefined>(
  () => undefined,
  (path) => proof({ payload: { htu: ISSUER + path } }),
  () => encode('x'),
);
const header = fc.tuple(
  fc.constantFrom('authorization', 'cookie', 'origin', 'accept', 'accept-encoding', 'content-type', 'dpop', 'host'),
  fc.oneof(
    fc.constantFrom(
      `Bearer ${TOKEN}`,
      'DPoP a.b.c',
      'application/token-introspection+jwt',
      'gzip;q=x',
      '*/*',
      'a=b;;=',
    ),
    fc.string({ unit: 'grapheme-ascii', maxLength: 60 }),
  ),
);

function authenticated(text: string): [string, string][] {
  return [
    ['client_assertion', text],
    ['client_assertion_type', ASSERTION_TYPE],
  ];
}

function stringify(value: unknown): string {
  return JSON.stringify(value);
}

const written = (pairs: readonly (readonly [string, string])[]) =>
  pairs.map((pair) => pair.map((each) => encodeURIComponent(each.toWellFormed())).join('=')).join('&');

/** An answer in good order: never a server error, never a redirect to where no client registered. */
async function expectOrderly(request: InjectOptions): Promise<number> {
  const { statusCode, headers, body } = await app.inject(request);
  expect(statusCode, body).toBeLessThan(500);
  const { location } = headers;
  if (location !== undefined) expect(location).toMatch(/^https:\/\/(?:desk\.example\/callback|issuer\.example\/)/);
  const type = String(headers['content-type'] ?? '');
  if (type.startsWith('application/json') && body !== '') expect(() => JSON.parse(body)).not.toThrow();
  if (type.startsWith('text/html')) expect(headers['content-security-policy']).toContain("default-src 'none'");
  return statusCode;
}

describe('FAPI2-5.4.1-01, BCP-2.1-02, FAPI2-5.3.2.1-07: whatever is sent, to whatever endpoint, the answer is in good order', () => {
  it('forms with parameters that belong there, of a client and of nobody', async () => {
    const path = fc.constantFrom(...PATHS);
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(path, parameters, authentication, proofs, async (url, pairs, authenticate, prove) => {
        const dpop = prove(url);
        const status = await expectOrderly({
          method: 'POST',
          url,
          headers: { 'content-type': 'application/x-www-form-urlencoded', ...(dpop === undefined ? {} : { dpop }) },
          payload: written([...pairs, ...authenticate()]),
        });
        statuses.add(status);
      }),
      runs,
    );
    expect([...statuses]).toEqual(expect.arrayContaining([400, 401]));
  });

  it('sound requests with one parameter put to anything', async () => {
    const sound = {
      response_type: 'code',
      redirect_uri: CALLBACK,
      code_challenge: CHALLENGE,
      code_challenge_method: 'S256',
    };
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(fc.option(parameter, { nil: undefined }), async (changed) => {
        const form = {
          ...sound,
          ...Object.fromEntries([...(changed === undefined ? [] : [changed]), ...authenticated(assertion())]),
        };
        const headers = { 'content-type': 'application/x-www-form-urlencoded' };
        const status = await expectOrderly({
          method: 'POST',
          url: '/par',
          headers,
          payload: written(Object.entries(form)),
        });
        statuses.add(status);
      }),
      runs,
    );
    expect([...statuses]).toEqual(expect.arrayContaining([201, 400]));
  });

  it('queries, headers, methods and bodies of any kind', async () => {
    const path = fc.constantFrom(...PATHS, ...DOCUMENTS);
    const tail = fc.oneof(fc.constant(''), fc.string({ unit: fc.constantFrom(...'abc/.%20?#=&'), maxLength: 20 }));
    const method = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS' as const);
    await fc.assert(
      fc.asyncProperty(method, path, tail, parameters, fc.array(header, { maxLength: 5 }), text, async (...all) => {
        const [verb, start, end, pairs, fields, body] = all;
        const payload = verb === 'GET' || verb === 'HEAD' ? {} : { payload: body };
        await expectOrderly({
          method: verb,
          url: `${start}${end}${end.includes('?') ? '&' : '?'}${written(pairs)}`,
          headers: Object.fromEntries(fields),
          ...payload,
        });
      }),
      runs,
    );
  });

  it('registrations of any JSON', async () => {
    const member = fc.constantFrom(...Object.keys(DESK), 'jwks_uri', 'client_secret', '__proto__');
    const metadata = fc
      .tuple(fc.dictionary(member, json), fc.boolean())
      .map(([changes, isSound]) => ({ ...(isSound ? { ...DESK, client_id: undefined } : {}), ...changes }));
    await fc.assert(
      fc.asyncProperty(fc.oneof(metadata, json), async (payload) => {
        const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
        await expectOrderly({ method: 'POST', url: '/register', headers, payload: JSON.stringify(payload) });
      }),
      runs,
    );
  });

  it('BCP-2.1-02 the front door leads to no place but our own pages, whatever stands in its URL', async () => {
    const requestUri = await people.pushed();
    await fc.assert(
      fc.asyncProperty(parameters, async (pairs) => {
        const others = pairs.filter(([name]) => name !== 'client_id' && name !== 'request_uri');
        const query = written([['client_id', 'trader'], ['request_uri', requestUri], ...others]);
        const { status, headers, refusal } = await people.browse({ cookies: new Map() }, `/authorize?${query}`);
        if (refusal?.code === 'too_many_requests' || refusal?.code === 'form_malformed') return;
        expect(status).toBe(303);
        expect(headers['Location']).toMatch(/^https:\/\/issuer\.example\/interaction\/[\w-]{22}$/);
      }),
      { numRuns: 100 },
    );
  });
});
