import { request as httpsRequest } from 'node:https';
import { json } from 'node:stream/consumers';
import type { Credential } from '@holdfast/certs-scripts';
import { protect } from '@holdfast/verifier/web';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { listen, type ServedBy, serve } from './adapted-servers.ts';
import { type Certificates, makeCertificates } from './certificates.ts';
import { credentials } from './credentials.ts';
import { boundTo, Scene } from './scene.ts';

async function serveApp(app: Hono<{ Bindings: HttpBindings }>): Promise<ServedBy> {
  return await listen(getRequestListener(app.fetch) as Parameters<typeof listen>[0]);
}

describe('N2 the target that a proof is for', () => {
  it('is the whole of it, also below a base path', async () => {
    const scene = new Scene();
    const handle = protect(scene.verifier, (_request, { clientId }) => new Response(clientId));
    const inner = new Hono().get('/orders', (context) => handle(context.req.raw));
    await using server = await serveApp(new Hono<{ Bindings: HttpBindings }>().route('/api/v1', inner));
    const send = async (htu: string) => {
      const headers = await credentials(scene, { path: htu });
      return (await fetch(`http://127.0.0.1:${server.port}/api/v1/orders?limit=1`, { headers })).status;
    };
    expect([await send('/api/v1/orders'), await send('/orders')]).toEqual([200, 401]);
  });
});

it('HEAD is protected like GET, with a proof for HEAD', async () => {
  const scene = new Scene();
  await using server = await serve('hono', scene.verifier);
  const head = async (method: string) =>
    (
      await fetch(`http://127.0.0.1:${server.port}/orders`, {
        method: 'HEAD',
        headers: await credentials(scene, { method }),
      })
    ).status;
  expect([await head('HEAD'), await head('GET')]).toEqual([200, 401]);
});

it('DPOP-8.2-02 the next nonce comes with what a later middleware makes of the answer', async () => {
  const scene = new Scene();
  const handle = protect(scene.verifier, () => Response.json({}, { headers: { 'Cache-Control': 'public' } }));
  const app = new Hono<{ Bindings: HttpBindings }>();
  app.use(async (context, next) => {
    await next();
    context.header('X-Mine', '1');
  });
  app.get('/orders', (context) => handle(context.req.raw));
  await using server = await serveApp(app);
  const nonce = await scene.nonce();
  scene.wait(60);
  const { headers } = await fetch(`http://127.0.0.1:${server.port}/orders`, {
    headers: await credentials(scene, { nonce }),
  });
  expect([headers.get('dpop-nonce'), headers.get('cache-control'), headers.get('x-mine')]).toEqual([
    await scene.nonce(),
    'no-store',
    '1',
  ]);
});

describe('MTLS-3-03 the certificate of a Node connection', () => {
  const send = async (server: ServedBy, tls: Certificates, token: string, present?: Credential) => {
    const identity = present === undefined ? {} : { cert: present.certificate, key: present.key };
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const options = { port: server.port, host: '127.0.0.1', servername: 'localhost', path: '/orders', ca: tls.ca };
    const headers = { authorization: `Bearer ${token}` };
    httpsRequest({ ...options, ...identity, agent: false, headers }, (response) => resolve(json(response)))
      .on('error', reject)
      .end();
    return await promise;
  };

  it('serves a token with its certificate only', async () => {
    const scene = new Scene();
    const tls = await makeCertificates();
    await using server = await serve('hono', scene.verifier, { tls });
    const token = scene.token(boundTo(tls.mine.der));
    expect(await send(server, tls, token, tls.mine)).toEqual({ client: 'client-1' });
    expect(await send(server, tls, token, tls.other)).toMatchObject({ code: 'certificate_mismatch' });
    expect(await send(server, tls, token)).toMatchObject({ code: 'certificate_missing' });
  });
});
