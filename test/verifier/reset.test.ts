import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
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
