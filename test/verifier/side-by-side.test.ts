import { AsyncLocalStorage } from 'node:async_hooks';
import { protect } from '@holdfast/verifier/fastify';
import fastify from 'fastify';
import { expect, it } from 'vitest';
import { Scene } from './scene.ts';
import { plugin } from './venue-server.ts';

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
