import { protect } from '@holdfast/verifier/fastify';
import fastify, { type FastifyInstance } from 'fastify';
import { describe, expect, it } from 'vitest';
import { ORIGIN, Scene } from './scene.ts';
import { openVenue } from './venue-client.ts';
import { plugin } from './venue-server.ts';

describe('the answer', () => {
  it('FAPI2-5.3.4-01 is served for a good request and refused without one', async () => {
    await using venue = await openVenue(new Scene());
    const served = await venue.send();
    expect([served.status, await served.json()]).toEqual([200, { client: 'client-1' }]);
    expect((await venue.send({ credentials: 'none' })).status).toBe(401);
  });

  it('FAPI2-5.3.4-04 C066 depends on the scope of the route', async () => {
    await using venue = await openVenue(new Scene());
    expect((await venue.send({ path: '/positions' })).status).toBe(403);
    expect((await venue.send({ path: '/positions', scope: 'positions:read' })).status).toBe(200);
    expect((await venue.send({ method: 'POST', scope: 'orders:read' })).status).toBe(403);
    expect((await venue.send({ method: 'POST', scope: 'orders:write' })).status).toBe(200);
  });

  it('C069 leaves the body of a request to the handler', async () => {
    const echo = (routes: FastifyInstance) => routes.post('/echo', { config: { scope: [] } }, async ({ body }) => body);
    await using venue = await openVenue(new Scene(), { routes: echo });
    const reply = await venue.send({ method: 'POST', path: '/echo', body: { side: 'buy' } });
    expect([reply.status, await reply.json()]).toEqual([200, { side: 'buy' }]);
  });

  it('is JSON with error, error_description and code when it is a refusal', async () => {
    await using venue = await openVenue(new Scene());
    const reply = await venue.send({ path: '/orders?access_token=x' });
    expect([reply.status, reply.headers.get('content-type')]).toEqual([400, 'application/json; charset=utf-8']);
    expect(await reply.json()).toEqual({
      error: 'invalid_request',
      error_description: 'Access tokens are not accepted in the query',
      code: 'credentials_in_query',
    });
  });

  it('DPOP-7.2-02 names no error in the body either when nothing was attempted', async () => {
    await using venue = await openVenue(new Scene());
    const body = await (await venue.send({ credentials: 'none' })).json();
    expect(body).toEqual({ error_description: expect.any(String), code: 'credentials_missing' });
  });

  it('DPOP-7.1-04 is 503 with Retry-After, and no challenge, when the store is down', async () => {
    const add = () => Promise.reject(new Error('down'));
    await using venue = await openVenue(new Scene({ replay: { add } }));
    const reply = await venue.send();
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([503, '1']);
    expect(reply.headers.get('www-authenticate')).toBeNull();
    expect(await reply.json()).toMatchObject({ error: 'temporarily_unavailable', code: 'store_unavailable' });
  });

  it('does not wait for the body', async () => {
    await using venue = await openVenue(new Scene());
    const head = 'POST /orders HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\n';
    expect(await venue.exchange(`${head}Content-Length: 100000000\r\n\r\n`)).toMatch(/^HTTP\/1\.1 401 /);
  });
});

describe('the nonce of an answer', () => {
  const more = (routes: FastifyInstance) => {
    routes.get('/fails', { config: { scope: [] } }, async () => {
      throw new Error('handler');
    });
    routes.get('/cached', { config: { scope: [] } }, (_request, reply) =>
      reply.header('cache-control', 'public, max-age=60').send('data'),
    );
  };

  it.each([
    ['/orders', 200],
    ['/fails', 500],
    ['/cached', 200],
  ])('C082 DPOP-8.2-02 comes with that of %s, uncacheable whatever the handler says', async (path, status) => {
    const scene = new Scene();
    await using venue = await openVenue(scene, { routes: more });
    const nonce = await scene.nonce();
    scene.wait(60);
    const reply = await venue.send({ path, nonce });
    expect([reply.status, reply.headers.get('dpop-nonce')]).toEqual([status, await scene.nonce()]);
    expect(reply.headers.get('cache-control')).toBe('no-store');
  });

  it('is left out while the client has the newest, and the handler decides about caches', async () => {
    await using venue = await openVenue(new Scene(), { routes: more });
    const reply = await venue.send({ path: '/cached' });
    expect(reply.headers.get('dpop-nonce')).toBeNull();
    expect(reply.headers.get('cache-control')).toBe('public, max-age=60');
  });
});

it('N2 judges the target as it came, before a rewrite', async () => {
  const scene = new Scene();
  const app = fastify({ rewriteUrl: ({ url = '' }) => url.replace(/^\/public/, '').replace(/\?.*/, '') });
  app.register(protect, { verifier: scene.verifier });
  app.register(plugin((routes) => routes.get('/orders', { config: { scope: [] } }, async () => 'served')));
  const get = async (url: string, htu: string) => {
    const token = scene.token();
    const dpop = await scene.proof(token, { payload: { htu: ORIGIN + htu } });
    return (await app.inject({ url, headers: { authorization: `DPoP ${token}`, dpop } })).statusCode;
  };
  expect(await get('/public/orders', '/public/orders')).toBe(200);
  expect(await get('/public/orders', '/orders')).toBe(401);
  expect(await get('/public/orders?access_token=x', '/public/orders')).toBe(400);
  await app.close();
});
