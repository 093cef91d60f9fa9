import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { DECISIONS } from '@holdfast/verifier';
import { protect } from '@holdfast/verifier/fastify';
import { admit } from '@holdfast/verifier/node';
import { upgrade } from '@holdfast/verifier/websocket';
import fastify from 'fastify';
import { expect, it } from 'vitest';
import { makeCertificates } from './certificates.ts';
import { credentials } from './credentials.ts';
import { boundTo, Scene } from './scene.ts';
import { exchange, plugin, serveVenue } from './venue-server.ts';

const ALL = 150; // more than are begun at once

it('requests that come together are each judged by themselves, in the asynchronous context of their own', async () => {
  const scene = new Scene();
  const context = new AsyncLocalStorage<number>();
  const app = fastify();
  app.addHook('onRequest', (request, _reply, done) => context.run(Number(request.headers['x-name']), done));
  app.addHook('onSend', async (_request, reply) => void reply.header('x-name', context.getStore()));
  app.register(protect, { verifier: scene.verifier });
  app.register(plugin((scope) => scope.get('/orders', { config: { scope: [] } }, () => context.getStore())));

  const good = await Promise.all(Array.from({ length: ALL }, () => scene.message()));
  // Every fifth has the proof of the one before
  const sent = good.map(({ headers }, i) => ((i % 5 === 4 && good[i - 1]) || { headers }).headers);
  const replies = await Promise.all(
    sent.map((fields, i) => {
      const [, authorization = '', , dpop = ''] = fields;
      return app.inject({ url: '/orders', headers: { authorization, dpop, 'x-name': i } });
    }),
  );

  const outcomes = replies.map((reply) => [
    reply.statusCode,
    Number(reply.headers['x-name']),
    reply.json().code ?? reply.json(),
  ]);
  expect(outcomes).toEqual(good.map((_, i) => (i % 5 === 4 ? [401, i, 'proof_replayed'] : [200, i, i])));
});

it('MTLS-3-02 a request whose connection ends while it waits is judged by the certificate that it came with', async () => {
  const tls = await makeCertificates();
  const scene = new Scene();
  await using server = await serveVenue(scene.verifier, { tls });
  // After the listener of Fastify, so that the request is waiting by then
  server.app.server.on('request', ({ socket }) => socket.destroy());
  const decided = new Promise((resolve) => subscribe(DECISIONS, resolve));
  const { key, certificate: cert } = tls.mine;
  const headers = { authorization: `Bearer ${scene.token(boundTo(tls.mine.der))}` };
  get({ host: '127.0.0.1', port: server.port, path: '/orders', ca: tls.ca, key, cert, headers }).on('error', () => {});
  expect(await decided).toMatchObject({ outcome: 'granted' });
});

it('an upgrade waits its turn, too, behind the request before it on its connection', async () => {
  const scene = new Scene();
  const { verifier } = scene;
  const server = createServer(async (request, response) => {
    if (await admit(verifier, request, response)) response.end('first');
  });
  server.on('upgrade', async (request, socket) => {
    if (await upgrade(verifier, request, socket)) socket.end('second');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const request = async () => {
    const { authorization, dpop } = await credentials(scene);
    return `GET /orders HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\nDPoP: ${dpop}\r\n`;
  };
  const both = `${await request()}\r\n${await request()}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
  expect(await exchange((server.address() as AddressInfo).port, both)).toMatch(/^HTTP\/1\.1 200 .*firstsecond$/s);
  server.close();
});
