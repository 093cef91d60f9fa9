import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { HoldfastError } from '@holdfast/proof';
import { describe, expect, it } from 'vitest';
import { Scene } from './scene.ts';
import { serveVenue } from './venue-server.ts';

/** Time for a handler that must not run: a real clock is what Fastify goes by here. */
const LONG_ENOUGH = 100; // ms

describe('DPOP-7.1-04 a client that is gone before its refusal is sent', () => {
  it.each(['GET', 'DELETE'])('gets no handler to run by that: %s', async (method) => {
    let ran = 0;
    let refusals = 0;
    await using server = await serveVenue(new Scene().verifier, {
      routes: (guarded) => {
        // An audit trail, as applications write one
        guarded.addHook('onSend', async () => {
          refusals += 1;
          await wait(5);
        });
        guarded.route({
          method,
          url: '/attempt',
          config: { scope: ['orders:write'] },
          handler: async () => (ran += 1),
        });
      },
    });
    for (let i = 0; i < 10; i += 1) {
      const socket = connect(server.port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(`${method} /attempt HTTP/1.1\r\nHost: venue.example\r\n\r\n`, () => socket.resetAndDestroy());
    }
    await expect.poll(() => refusals).toBeGreaterThan(0);
    await wait(LONG_ENOUGH);
    expect(ran).toBe(0);
  });
});

describe('DPOP-7.1-04 a refusal that cannot be sent', () => {
  it('is a 500 when the log throws, and the server goes on', async () => {
    const log = {
      write: (line: string) => {
        if (line.includes('refused')) throw new Error('disk full');
      },
    };
    await using server = await serveVenue(new Scene().verifier, { log });
    for (let i = 0; i < 2; i += 1) {
      const answer = await server.exchange('GET /orders HTTP/1.1\r\nHost: venue.example\r\nConnection: close\r\n\r\n');
      expect(answer).toMatch(/^HTTP\/1\.1 500 /);
    }
  });

  it('is a 503 when the store throws a refusal of somebody else', async () => {
    const scene = new Scene({ replay: { add: () => Promise.reject(new HoldfastError('token_request_refused')) } });
    expect(await scene.refusal()).toMatchObject({ code: 'store_unavailable', status: 503 });
  });
});
