import { protect, resourceMetadata } from '@holdfast/verifier/node';
import express, { type Express } from 'express';
import { describe, expect, it } from 'vitest';
import { listen, type ServedBy } from './adapted-servers.ts';
import { credentials, type Wanted } from './credentials.ts';
import { Scene } from './scene.ts';

async function serveApp(build: (app: Express) => unknown): Promise<ServedBy> {
  const app = express();
  build(app);
  return await listen(app);
}

async function send(scene: Scene, { port }: ServedBy, wanted: Wanted & { readonly htu?: string }): Promise<Response> {
  const { method = 'GET', path = '/orders', htu = path } = wanted;
  const headers = await credentials(scene, { ...wanted, path: htu });
  return await fetch(`http://127.0.0.1:${port}${path}`, { method, headers });
}

const whoami: express.RequestHandler = (request, response) => void response.send(request.access?.clientId);

describe('N2 the target that a proof is for', () => {
  it('is the whole of it, also below a mounted router', async () => {
    const scene = new Scene();
    await using server = await serveApp((app) => {
      const inner = express.Router().get('/orders', protect(scene.verifier, { scope: ['orders:read'] }), whoami);
      app.use('/api', express.Router().use('/v1', inner));
    });
    const path = '/api/v1/orders?limit=1';
    const served = await send(scene, server, { path });
    expect([served.status, await served.text()]).toEqual([200, 'client-1']);
    for (const htu of ['/orders', '/v1/orders', '/api/v1']) {
      const refused = await send(scene, server, { path, htu });
      expect([refused.status, await refused.json()]).toEqual([401, expect.objectContaining({ code: 'proof_htu' })]);
    }
  });

  it('is the one that was sent, before a middleware rewrote it', async () => {
    const scene = new Scene();
    await using server = await serveApp((app) => {
      app.use((request, _response, next) => {
        request.url = request.url.replace(/^\/public/, '').replace(/\?.*/, '');
        next();
      });
      app.use(protect(scene.verifier));
      app.get('/orders', whoami);
    });
    expect((await send(scene, server, { path: '/public/orders' })).status).toBe(200);
    expect((await send(scene, server, { path: '/public/orders', htu: '/orders' })).status).toBe(401);
    expect((await send(scene, server, { path: '/public/orders?access_token=x' })).status).toBe(400);
  });
});

describe('FAPI2-5.3.4-01 a refusal', () => {
  it('reaches no other middleware, no handler and no error handler', async () => {
    const scene = new Scene();
    let reached = 0;
    const reach: express.RequestHandler = (_request, _response, next) => {
      reached += 1;
      next();
    };
    const onError: express.ErrorRequestHandler = (_error, _request, response, _next) => {
      reached += 1;
      response.end();
    };
    await using server = await serveApp((app) => {
      app.use(protect(scene.verifier, { scope: ['positions:read'] }), reach);
      app.get('/orders', reach, whoami);
      app.use(onError);
    });
    expect((await send(scene, server, {})).status).toBe(403);
    expect((await fetch(`http://127.0.0.1:${server.port}/orders`)).status).toBe(401);
    expect(reached).toBe(0);
  });

  it('is what strangers get for what is nowhere', async () => {
    const scene = new Scene();
    await using server = await serveApp((app) => app.use(protect(scene.verifier)));
    expect((await fetch(`http://127.0.0.1:${server.port}/nothing`)).status).toBe(401);
    expect((await send(scene, server, { path: '/nothing' })).status).toBe(404);
  });

  it('stays as it is beside fields that a middleware has set', async () => {
    const scene = new Scene();
    await using server = await serveApp((app) => {
      app.use((_request, response, next) => {
        response.set({ 'Cache-Control': 'public', 'Content-Type': 'text/html', 'X-Mine': '1' });
        next();
      });
      app.use(protect(scene.verifier));
    });
    const { status, headers } = await fetch(`http://127.0.0.1:${server.port}/orders`);
    expect([status, headers.get('cache-control'), headers.get('x-mine')]).toEqual([401, 'no-store', '1']);
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  });
});

describe('DPOP-8.2-02 C082 the next nonce', () => {
  it.each<[string, number, express.RequestHandler]>([
    ['an answer', 200, (_request, response) => void response.set('Cache-Control', 'public').json({})],
    [
      'an error',
      500,
      () => {
        throw new Error('handler');
      },
    ],
    ['a redirect', 302, (_request, response) => response.redirect('/elsewhere')],
    ['nothing', 404, (_request, _response, next) => next()],
  ])('comes with %s, uncacheable', async (_what, status, handler) => {
    const scene = new Scene();
    await using server = await serveApp((app) => {
      app.set('env', 'production').set('trust proxy', false);
      app.use(protect(scene.verifier));
      app.get('/orders', handler);
      // Express would print the error
      app.use(((_error, _request, response, _next) => void response.status(500).end()) as express.ErrorRequestHandler);
    });
    const nonce = await scene.nonce();
    scene.wait(60);
    const headers = await credentials(scene, { nonce });
    const reply = await fetch(`http://127.0.0.1:${server.port}/orders`, { headers, redirect: 'manual' });
    expect([reply.status, reply.headers.get('dpop-nonce')]).toEqual([status, await scene.nonce()]);
    expect(reply.headers.get('cache-control')).toBe('no-store');
  });
});

it('PRM-3-01 serves metadata at the top of the server for what is protected below a path', async () => {
  const scene = new Scene({ metadata: {} });
  await using server = await serveApp((app) => {
    app.use(resourceMetadata(scene.verifier));
    app.use('/api', protect(scene.verifier), whoami);
  });
  const reply = await fetch(`http://127.0.0.1:${server.port}/.well-known/oauth-protected-resource`);
  expect([reply.status, await reply.json()]).toEqual([200, scene.verifier.metadata?.document]);
  expect((await send(scene, server, { path: '/api/orders' })).status).toBe(200);
  expect((await fetch(`http://127.0.0.1:${server.port}/api/orders`)).status).toBe(401);
});
