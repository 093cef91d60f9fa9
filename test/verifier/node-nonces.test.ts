import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect as connectHttp2, type Http2ServerResponse } from 'node:http2';
import { admit } from '@holdfast/verifier/node';
import { describe, expect, it } from 'vitest';
import { listen } from './adapted-servers.ts';
import { makeCertificates } from './certificates.ts';
import { credentials } from './credentials.ts';
import { guard, type Handler, send } from './node-guard.ts';
import { Scene } from './scene.ts';

describe('DPOP-8.2-02 C082 the next nonce', () => {
  const handlers: Readonly<Record<string, Handler>> = {
    'nothing special': (_request, response) => response.end(),
    setHeader: (_request, response) => response.setHeader('cache-control', 'public').end(),
    'writeHead with an object': (_request, response) => response.writeHead(200, { 'cache-control': 'public' }).end(),
    'writeHead with a reason': (_request, response) =>
      response.writeHead(200, 'Fine', { 'CACHE-CONTROL': 'public' }).end(),
    'writeHead with a list': (_request, response) =>
      response.writeHead(200, ['Cache-Control', 'public', 'DPoP-Nonce', 'another', 'X-Mine', '1', 'X-Mine', '2']).end(),
    removeHeader: (_request, response) => {
      for (const name of response.getHeaderNames()) response.removeHeader(name);
      response.end();
    },
    write: (_request, response) => {
      response.setHeader('Cache-Control', 'public');
      response.write('a');
      response.end();
    },
    flushHeaders: (_request, response) => {
      response.flushHeaders();
      response.end();
    },
  };

  it.each(Object.entries(handlers))(
    'reaches the client uncacheable, whatever the handler does: %s',
    async (_what, handler) => {
      const scene = new Scene();
      await using server = await guard(scene.verifier, handler);
      const nonce = await scene.nonce();
      scene.wait(60);
      const { status, headers } = await send(scene, server, { nonce });
      expect([status, headers.get('dpop-nonce'), headers.get('cache-control')]).toEqual([
        200,
        await scene.nonce(),
        'no-store',
      ]);
      if (headers.has('x-mine')) expect(headers.get('x-mine')).toBe('1, 2');
    },
  );

  it.each<[string, (response: Http2ServerResponse) => unknown]>([
    ['end', (response) => response.end()],
    ['an object', (response) => response.writeHead(200, { 'cache-control': 'public' }).end()],
    ['a list of pairs', (response) => response.writeHead(200, [['cache-control', 'public']] as never).end()],
    ['a list', (response) => response.writeHead(200, ['cache-control', 'public', 'dpop-nonce', 'x'] as never).end()],
    [
      'write',
      (response) => {
        response.write('a');
        response.end();
      },
    ],
  ])('reaches the client over HTTP/2: %s', async (_what, handler) => {
    const scene = new Scene();
    const tls = await makeCertificates();
    const listener = async (request: IncomingMessage, response: ServerResponse) => {
      response.setHeader('Cache-Control', 'private');
      if (await admit(scene.verifier, request, response)) handler(response as unknown as Http2ServerResponse);
    };
    await using server = await listen(listener, { tls, http2: true });
    const nonce = await scene.nonce();
    scene.wait(60);
    const session = connectHttp2(`https://localhost:${server.port}`, { ca: tls.ca });
    const stream = session.request({ ':path': '/orders', ...(await credentials(scene, { nonce })) });
    const [headers] = await once(stream, 'response');
    session.destroy();
    expect(headers).toMatchObject({ ':status': 200, 'dpop-nonce': await scene.nonce(), 'cache-control': 'no-store' });
  });

  it('is left out while the client has the newest, and the handler decides about caches', async () => {
    const scene = new Scene();
    await using server = await guard(scene.verifier, (_request, response) => {
      response.writeHead(200, { 'Cache-Control': 'public' }).end();
    });
    const { headers } = await send(scene, server);
    expect([headers.get('dpop-nonce'), headers.get('cache-control')]).toEqual([null, 'public']);
  });
});

it('N2 the proof is for originalUrl, where a framework keeps it, and not for the rest of it in url', async () => {
  const scene = new Scene();
  await using server = await guard(
    scene.verifier,
    (request, response) => response.end(request.url),
    (request) => {
      Object.assign(request, { originalUrl: request.url });
      request.url = '/orders';
    },
  );
  const path = '/public/orders?limit=1';
  expect(await (await send(scene, server, { path })).text()).toBe('/orders');
  const headers = await credentials(scene, { path: '/orders' });
  expect((await fetch(`http://127.0.0.1:${server.port}${path}`, { headers })).status).toBe(401);
  expect((await send(scene, server, { path: '/public/orders?access_token=x' })).status).toBe(400);
});
