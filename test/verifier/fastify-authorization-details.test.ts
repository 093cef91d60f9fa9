import { protect } from '@holdfast/verifier/fastify';
import fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNT, ADAPTERS, type ServedBy, serve } from './adapted-servers.ts';
import { parseChallenges } from './challenge-parser.ts';
import { credentials } from './credentials.ts';
import { Scene } from './scene.ts';
import { plugin } from './venue-server.ts';

const REPORT = { type: 'report', datatypes: ['fills'] };
const TRADES = { type: 'account', actions: ['read', 'trade'], identifier: 'A-1' };
const [account] = ACCOUNT.authorizationDetails;

describe.each(ADAPTERS)('RFC 9396 §9 authorization_details on %s', (adapter) => {
  const scene = new Scene();
  let server: ServedBy;

  beforeAll(async () => {
    server = await serve(adapter, scene.verifier);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const send = async (details: unknown, scope = 'orders:read') => {
    const token = scene.token({ payload: { scope, authorization_details: details } });
    const headers = await credentials(scene, { path: '/account', token });
    return await fetch(`http://127.0.0.1:${server.port}/account`, { headers });
  };

  it.each<[string, unknown[]]>([
    ['as they are needed', [TRADES, REPORT]],
    ['in another order, with more beside them', [REPORT, { type: 'other' }, TRADES]],
    ['with more actions', [{ ...TRADES, actions: ['trade', 'cancel', 'read'] }, REPORT]],
    ['with fields that only the handler knows', [{ ...TRADES, maximum: { amount: '1', currency: 'EUR' } }, REPORT]],
    ['once too little and once enough', [{ ...TRADES, actions: ['read'] }, TRADES, REPORT]],
  ])('FAPI2-5.3.4-04 are good %s', async (_what, details) => {
    const reply = await send(details);
    expect([reply.status, await reply.json()]).toEqual([200, { client: 'client-1' }]);
  });

  it.each<[string, unknown]>([
    ['none are there', undefined],
    ['the list is empty', []],
    ['a type is missing', [REPORT]],
    ['another type is missing', [TRADES]],
    ['the type is written in another letter case', [{ ...TRADES, type: 'Account' }, REPORT]],
    ['an action is missing', [{ ...TRADES, actions: ['read'] }, REPORT]],
    ['there are no actions', [{ type: 'account', identifier: 'A-1' }, REPORT]],
    [
      'the actions are spread over two objects',
      [{ ...TRADES, actions: ['read'] }, { ...TRADES, actions: ['trade'] }, REPORT],
    ],
    ['the actions are one string that holds them', [{ ...TRADES, actions: 'read trade' }, REPORT]],
    ['the actions are an object', [{ ...TRADES, actions: { read: true, trade: true } }, REPORT]],
    ['the identifier is another', [{ ...TRADES, identifier: 'A-2' }, REPORT]],
    [
      'the identifier is in another object',
      [{ ...TRADES, identifier: undefined }, { type: 'account', identifier: 'A-1' }, REPORT],
    ],
    ['the data type is missing', [TRADES, { type: 'report' }]],
  ])('FAPI2-5.3.4-04 are not enough when %s; the answer says what is needed', async (_what, details) => {
    const reply = await send(details);
    expect([reply.status, await reply.json()]).toEqual([
      403,
      {
        error: 'insufficient_scope',
        error_description: expect.stringContaining('account report'),
        code: 'authorization_details_insufficient',
        authorization_details: ACCOUNT.authorizationDetails,
      },
    ]);
    const [challenge] = parseChallenges(reply.headers.get('www-authenticate') ?? '');
    expect(challenge?.parameters).toMatchObject({ error: 'insufficient_scope' });
    expect(challenge?.parameters).not.toHaveProperty('scope');
  });

  it('FAPI2-5.3.4-04 do not stand in for a scope; the challenge says which', async () => {
    const reply = await send([TRADES, REPORT], 'positions:read');
    expect([reply.status, await reply.json()]).toEqual([
      403,
      { error: 'insufficient_scope', error_description: expect.any(String), code: 'scope_insufficient' },
    ]);
    const [challenge] = parseChallenges(reply.headers.get('www-authenticate') ?? '');
    expect(challenge?.parameters).toMatchObject({ error: 'insufficient_scope', scope: 'orders:read' });
  });

  it.each([
    ['a string', 'account'],
    ['JSON in a string', JSON.stringify([TRADES, REPORT])],
    ['an object', TRADES],
    ['null', null],
    ['a list of strings', ['account']],
    ['a list with null', [TRADES, REPORT, null]],
    ['a list of lists', [[TRADES, REPORT]]],
    ['an object without type', [TRADES, REPORT, { actions: ['read'] }]],
    ['a type that is no string', [TRADES, REPORT, { type: 7 }]],
  ])('make the token a bad one when they are %s', async (_what, details) => {
    const reply = await send(details);
    expect([reply.status, await reply.json()]).toEqual([401, expect.objectContaining({ code: 'token_claims' })]);
  });
});

describe('a Fastify route with authorizationDetails', () => {
  const start = async (config: object) => {
    const app = fastify();
    app.register(protect, { verifier: new Scene().verifier });
    app.register(plugin((routes) => routes.get('/route', { config }, async () => 'served')));
    return await app;
  };

  it.each([
    ['names no scope', { authorizationDetails: [account] }],
    ['is public', { public: true, authorizationDetails: [account] }],
    ['has them in no list', { scope: [], authorizationDetails: account }],
    ['names no type', { scope: [], authorizationDetails: [{ actions: ['read'] }] }],
    ['has a field that nobody reads', { scope: [], authorizationDetails: [{ type: 'account', action: ['read'] }] }],
    ['has a field of the wrong kind', { scope: [], authorizationDetails: [{ type: 'account', actions: 'read' }] }],
    ['says undefined', { scope: [], authorizationDetails: [{ type: 'account', actions: undefined }] }],
  ])('stops the start when it %s', async (_what, config) => {
    await expect(start(config)).rejects.toThrow(TypeError);
  });

  it('starts when it names both', async () => {
    await expect(start({ scope: [], authorizationDetails: [account] })).resolves.toBeDefined();
  });
});
