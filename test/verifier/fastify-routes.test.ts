import { protect } from '@holdfast/verifier/fastify';
import fastify, { type FastifyInstance, type RouteShorthandOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { Scene } from './scene.ts';
import { openVenue } from './venue-client.ts';
import { plugin } from './venue-server.ts';

describe('a route', () => {
  const ready = async (config: object | undefined, when: 'before' | 'after'): Promise<FastifyInstance> => {
    const app = fastify();
    const options = (config === undefined ? {} : { config }) as RouteShorthandOptions;
    const add = (routes: FastifyInstance) => routes.get('/route', options, async () => 'served');
    if (when === 'before') add(app);
    app.register(protect, { verifier: new Scene().verifier });
    if (when === 'after') app.register(plugin(add));
    return await app;
  };

  it.each([
    undefined,
    {},
    { scope: 'orders:read' },
    { scope: undefined },
    { public: false },
    { public: 'true' },
    { public: 1 },
    { scopes: ['a'] },
    { scope: [7] },
    { scope: ['a b'] },
    { scope: { 0: 'a' } },
  ])('stops the start when it says neither scope nor public: %j', async (config) => {
    await expect(ready(config, 'after')).rejects.toThrow(TypeError);
  });

  it('stops the start when it says both', async () => {
    await expect(ready({ public: true, scope: ['orders:read'] }, 'after')).rejects.toThrow(TypeError);
  });

  it.each([undefined, { scope: 'orders:read' }, { public: true, scope: ['orders:read'] }])(
    'that was registered before the protection is closed, not half open: %j',
    async (config) => {
      const app = await ready(config, 'before');
      const reply = await app.inject({ url: '/route' });
      expect(reply.statusCode).toBe(500);
      expect(reply.json()).toMatchObject({ error: 'server_error', code: 'internal' });
    },
  );

  it('that was registered before the protection and says what it needs is protected', async () => {
    const app = await ready({ scope: ['orders:read'] }, 'before');
    expect((await app.inject({ url: '/route' })).statusCode).toBe(401);
  });

  it('cannot be protected twice by accident', async () => {
    const app = fastify();
    const { verifier } = new Scene();
    app.register(protect, { verifier });
    app.register(plugin((inner) => inner.register(protect, { verifier })));
    await expect(app.ready()).rejects.toThrow(/access/);
  });
});

describe('methods and paths', () => {
  it('HEAD is protected like GET, with a proof for HEAD', async () => {
    await using venue = await openVenue(new Scene());
    expect((await venue.send({ method: 'HEAD', credentials: 'none' })).status).toBe(401);
    expect((await venue.send({ method: 'HEAD' })).status).toBe(200);
    expect((await venue.send({ method: 'HEAD', path: '/positions' })).status).toBe(403);
  });

  it.each([
    ['OPTIONS', '/orders'],
    ['GET', '/nothing'],
    ['GET', '/healthz/x'],
    ['DELETE', '/orders'],
  ])('404 to %s %s, where nothing is, with and without a token', async (method, path) => {
    await using venue = await openVenue(new Scene());
    for (const credentials of ['none', 'good'] as const) {
      expect((await venue.send({ method, path, credentials })).status).toBe(404);
    }
  });

  it('strangers get 401 where the protected scope has a page of its own for nothing', async () => {
    const deep = plugin((app) => app.setNotFoundHandler((_request, reply) => reply.code(404).send('nothing here')));
    await using venue = await openVenue(new Scene(), { routes: (app) => app.register(deep, { prefix: '/deep' }) });
    expect((await venue.send({ path: '/deep/x', credentials: 'none' })).status).toBe(401);
    const known = await venue.send({ path: '/deep/x' });
    expect([known.status, await known.text()]).toEqual([404, 'nothing here']);
  });

  it('public routes are served without a token, and with a bad one', async () => {
    await using venue = await openVenue(new Scene());
    for (const credentials of ['none', 'malformed', 'good'] as const) {
      expect((await venue.send({ path: '/healthz', credentials })).status).toBe(200);
    }
  });
});

describe('scopes of the server', () => {
  it('beside the protected one stay open', async () => {
    await using venue = await openVenue(new Scene(), { siblings: (app) => app.get('/sibling', async () => 'open') });
    expect((await venue.send({ path: '/sibling', credentials: 'none' })).status).toBe(200);
    expect((await venue.send({ credentials: 'none' })).status).toBe(401);
  });

  it('within the protected one are protected', async () => {
    const deep = plugin((app) => app.get('/x', { config: { scope: [] } }, async () => 'x'));
    await using venue = await openVenue(new Scene(), { routes: (app) => app.register(deep, { prefix: '/deep' }) });
    expect((await venue.send({ path: '/deep/x', credentials: 'none' })).status).toBe(401);
    expect((await venue.send({ path: '/deep/x' })).status).toBe(200);
  });

  it('within the protected one stop the start when a route of theirs is silent', async () => {
    const deep = plugin((app) => app.get('/x', async () => 'x'));
    const opened = openVenue(new Scene(), { routes: (app) => app.register(deep, { prefix: '/deep' }) });
    await expect(opened).rejects.toThrow('GET /deep/x');
  });
});
