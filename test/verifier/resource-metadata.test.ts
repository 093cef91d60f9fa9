import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { json } from 'node:stream/consumers';
import type { ResourceMetadataMembers } from '@holdfast/verifier';
import { protect, resourceMetadata } from '@holdfast/verifier/fastify';
import fastify, { type FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import { ADAPTERS, serve } from './adapted-servers.ts';
import { parseChallenges } from './challenge-parser.ts';
import { credentials } from './credentials.ts';
import { makeKey, published } from './forge.ts';
import { ISSUER, ORIGIN, Scene } from './scene.ts';
import { plugin } from './venue-server.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';
const members: ResourceMetadataMembers = {
  scopes_supported: ['orders:read', 'orders:write'],
  resource_name: 'Venue',
  resource_documentation: 'https://venue.example/docs',
  authorization_details_types_supported: [],
};

describe('RFC 9728 §2 the document', () => {
  it('PRM-2-02 names every issuer whose tokens are taken, and the details it is told of', () => {
    const jwks = { keys: [published(makeKey())] };
    const issuer = [
      { issuer: ISSUER, jwks },
      { issuer: 'https://second.example', jwks },
    ];
    const metadata = { ...members, authorization_details_types_supported: ['account'] };
    expect(new Scene({ issuer, jwks: undefined as never, metadata }).verifier.metadata?.document).toMatchObject({
      ...metadata,
      authorization_servers: [ISSUER, 'https://second.example'],
    });
  });

  it.each([
    { jwks_uri: 'http://venue.example/jwks' },
    { resource_signing_alg_values_supported: ['none'] },
    { resource: 'https://evil.example' },
    { scopes_supported: 'orders:read' },
    { scopes_supported: [7] },
    { resource_name: '' },
    { resource_name: undefined },
    { resource_policy_uri: 'http://venue.example/policy' },
    { resource_policy_uri: 'policy' },
    { scope_supported: ['orders:read'] },
  ])('PRM-2-03 is not made with %j', (metadata) => {
    expect(() => new Scene({ metadata: metadata as ResourceMetadataMembers })).toThrow(TypeError);
  });
});

describe.each(ADAPTERS)('RFC 9728 §3 on %s', (adapter) => {
  const open = async (scene: Scene) => {
    const server = await serve(adapter, scene.verifier);
    const get = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${server.port}${path}`, init);
    return Object.assign(server, { get });
  };

  it('PRM-3.2-01 answers 200 with JSON, to anybody, without what has no value', async () => {
    const scene = new Scene({ metadata: members });
    await using server = await open(scene);
    for (const authorization of [undefined, 'x y z', 'DPoP x']) {
      const headers = authorization === undefined ? {} : { headers: { authorization } };
      const reply = await server.get(WELL_KNOWN, headers);
      expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
      const document = (await reply.json()) as object;
      expect(document).toEqual(scene.verifier.metadata?.document);
      expect(document).toMatchObject({ resource: ORIGIN, resource_name: 'Venue' });
      expect(document).not.toHaveProperty('authorization_details_types_supported');
    }
  });

  it('PRM-3.2-01 answers HEAD, and a GET with a query or in absolute form', async () => {
    await using server = await open(new Scene({ metadata: members }));
    const head = await server.get(WELL_KNOWN, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
    expect((await server.get(`${WELL_KNOWN}?x=1`)).status).toBe(200);
    const absolute = httpRequest({ port: server.port, host: '127.0.0.1', path: ORIGIN + WELL_KNOWN }).end();
    const [response] = await once(absolute, 'response');
    expect([response.statusCode, await json(response)]).toEqual([200, expect.objectContaining({ resource: ORIGIN })]);
  });

  it('serves nothing else by that', async () => {
    await using server = await open(new Scene({ metadata: members }));
    for (const [path, method] of [
      [WELL_KNOWN, 'POST'],
      [`${WELL_KNOWN}/orders`, 'GET'],
      [`${WELL_KNOWN}/../../orders`, 'GET'],
      [`/orders?${WELL_KNOWN}`, 'GET'],
      ['/orders', 'GET'],
    ] as const) {
      expect([401, 404]).toContain((await server.get(path, { method })).status);
    }
  });

  it('serves none without the option', async () => {
    await using server = await open(new Scene());
    expect([401, 404]).toContain((await server.get(WELL_KNOWN)).status);
  });

  it.each([
    ['nothing', {}, ['DPoP', 'Bearer']],
    ['DPoP', { authorization: 'DPoP x' }, ['DPoP']],
    ['Bearer', { authorization: 'Bearer x' }, ['Bearer', 'DPoP']],
  ])(
    'PRM-5.1-01 leads a client that tried %s there, from a challenge of each scheme',
    async (_what, headers, schemes) => {
      const scene = new Scene({ metadata: members });
      await using server = await open(scene);
      const refused = await server.get('/orders', { headers });
      const challenges = parseChallenges(refused.headers.get('www-authenticate') ?? '');
      expect(challenges.map(({ scheme }) => scheme)).toEqual(schemes);
      for (const { parameters } of challenges)
        expect(parameters['resource_metadata']).toBe(scene.verifier.metadata?.url);
      const { origin, pathname } = new URL(challenges[0]?.parameters['resource_metadata'] ?? '');
      // PRM-3.3-01: what the client called is of the resource that the document names
      const document = (await (await server.get(pathname)).json()) as { resource: string };
      expect([origin, document.resource]).toEqual([ORIGIN, ORIGIN]);
    },
  );

  it('PRM-3-01 finds the document of a resource that has a path', async () => {
    for (const path of ['/api', '/api/', '/a:b', '/a%20b', '/%C3%A4']) {
      await using server = await open(new Scene({ metadata: members, audience: ORIGIN + path }));
      const reply = await server.get(WELL_KNOWN + path);
      expect([path, await reply.json()]).toEqual([path, expect.objectContaining({ resource: ORIGIN + path })]);
      for (const other of ['', `${path}x`]) expect((await server.get(WELL_KNOWN + other)).status).not.toBe(200);
    }
  });
});

describe('PRM-3-01 a Fastify server', () => {
  const { verifier } = new Scene({ metadata: members });
  const statusOf = async (app: FastifyInstance, url = WELL_KNOWN) => (await app.inject({ url })).statusCode;
  const guarded = (path: string) =>
    plugin((scope) => {
      scope.register(protect, { verifier });
      scope.register(plugin((routes) => routes.get(path, { config: { scope: [] } }, async () => 'served')));
    });

  it('has one document for two protected scopes', async () => {
    const app = fastify();
    app.register(guarded('/a'));
    app.register(guarded('/b'));
    expect([await statusOf(app), await statusOf(app, '/a'), await statusOf(app, '/b')]).toEqual([200, 401, 401]);
  });

  it('keeps a route that is there already', async () => {
    const app = fastify();
    app.get(WELL_KNOWN, async () => ({ signed: true }));
    app.register(guarded('/a'));
    expect((await app.inject({ url: WELL_KNOWN })).json()).toEqual({ signed: true });
  });

  it('does not start when only a scope with a prefix is protected, which has no such path', async () => {
    const app = fastify();
    app.register(guarded('/a'), { prefix: '/api' });
    await expect(app.ready()).rejects.toThrow(WELL_KNOWN);
  });

  it('starts when the document is offered beside it', async () => {
    const app = fastify();
    app.register(resourceMetadata, { verifier });
    app.register(guarded('/a'), { prefix: '/api' });
    expect([await statusOf(app), await statusOf(app, '/api/a')]).toEqual([200, 401]);
  });

  it('answers HEAD also when it makes no HEAD routes of its own', async () => {
    const app = fastify({ exposeHeadRoutes: false });
    app.register(guarded('/a'));
    expect((await app.inject({ method: 'HEAD', url: WELL_KNOWN })).statusCode).toBe(200);
  });

  it('cannot offer what the verifier does not have', async () => {
    const app = fastify();
    app.register(resourceMetadata, { verifier: new Scene().verifier });
    await expect(app.ready()).rejects.toThrow(TypeError);
  });
});

it('DPOP-8.2-02 the way to the metadata is in the way of nothing: a good request is served', async () => {
  const scene = new Scene({ metadata: members });
  for (const adapter of ADAPTERS) {
    await using server = await serve(adapter, scene.verifier);
    const headers = await credentials(scene);
    expect((await fetch(`http://127.0.0.1:${server.port}/orders`, { headers })).status).toBe(200);
  }
});
