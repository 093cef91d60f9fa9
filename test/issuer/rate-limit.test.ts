import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import fastify, { type FastifyInstance, type FastifyPluginAsync } from 'fastify';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { limitRates, RATE_LIMITS, type RateLimitOptions } from '../../packages/issuer/src/rate-limit.ts';

const MINUTE = 60_000;
const LOGIN = '/login';
/** Time for a reset to arrive, and for a route that must not be reached: a real clock is what both go by. */
const LONG_ENOUGH = 100; // ms

// The plugin reads the time of the machine
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 }));
const apps: FastifyInstance[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const app of apps.splice(0)) await app.close();
});

/** An application whose routes are limited; it counts what reached a route, and tells `onSend` of each answer. */
async function limited(options: RateLimitOptions, onSend?: (status: number) => Promise<void>) {
  const app = fastify({ trustProxy: true }) as unknown as FastifyInstance;
  const reached: unknown[] = [];
  apps.push(app);
  if (onSend !== undefined) app.addHook('onSend', (_request, { statusCode }) => onSend(statusCode));
  const plugin: FastifyPluginAsync = async (routes) => {
    routes.removeAllContentTypeParsers();
    routes.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, parsed) => parsed(null, body));
    await limitRates(routes, { logins: [LOGIN], ...options });
    for (const url of ['/token', '/par', LOGIN]) {
      routes.route({
        method: ['GET', 'POST'],
        url,
        handler: async (request) => {
          reached.push(request.body);
          return {};
        },
      });
    }
  };
  app.register(plugin);
  await app.ready();
  const send = async (request: Sent = {}) => {
    const { from = '192.0.2.1', method = 'POST', url = '/token', body = '', headers = {} } = request;
    return app.inject({ method, url, remoteAddress: from, payload: body, headers });
  };
  /** How many of these requests, one after the other, were let through. */
  const passed = async (times: number, request: Sent = {}) => {
    let count = 0;
    for (let i = 0; i < times; i++) if ((await send(request)).statusCode === 200) count++;
    return count;
  };
  return { app, reached, send, passed };
}

interface Sent {
  readonly from?: string;
  readonly method?: 'GET' | 'POST';
  readonly url?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const assertion = (claims: unknown) =>
  `client_assertion=e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;

describe('by address', () => {
  it('REV-5-01 refuses what is too much on all endpoints together, and takes it a minute later', async () => {
    const { send, passed, reached } = await limited({ limits: { address: 3 } });
    expect(await passed(1, { url: '/token' })).toBe(1);
    expect(await passed(2, { url: '/par', method: 'GET' })).toBe(2);
    expect(await passed(2, { url: '/token' })).toBe(0);
    expect(reached).toHaveLength(3);
    vi.setSystemTime(Date.now() + MINUTE - 1);
    expect((await send()).statusCode).toBe(429);
    vi.setSystemTime(Date.now() + 1);
    expect(await passed(4)).toBe(3);
  });

  it('REV-5-01 says so in the words of RFC 6749 §5.2, and when to come again', async () => {
    const { send, passed } = await limited({ limits: { address: 1 } });
    await passed(1);
    vi.setSystemTime(Date.now() + 12_500);
    const { statusCode, headers, body } = await send();
    expect([statusCode, headers['retry-after'], headers['cache-control']]).toEqual([429, '48', 'no-store']);
    expect(headers['content-type']).toMatch(/^application\/json\b/);
    expect(JSON.parse(body)).toEqual({
      error: 'temporarily_unavailable',
      error_description: 'Too many requests; try again later',
      code: 'too_many_requests',
    });
  });

  it('does not let one address pay for another', async () => {
    const { passed } = await limited({ limits: { address: 2 } });
    expect(await passed(3)).toBe(2);
    expect(await passed(3, { from: '192.0.2.2' })).toBe(2);
  });

  it('takes the word of no header, whatever the application believes', async () => {
    const { passed } = await limited({ limits: { address: 2 } });
    const forwarded = ['x-forwarded-for', 'forwarded', 'x-real-ip', 'true-client-ip', 'cf-connecting-ip'];
    let count = 0;
    for (const name of forwarded) count += await passed(1, { headers: { [name]: `198.51.100.${count}` } });
    expect(count).toBe(2);
  });

  it('counts a /64 of IPv6 as one address, and IPv4 in IPv6 as IPv4', async () => {
    const { passed } = await limited({ limits: { address: 2 } });
    expect(await passed(2, { from: '2001:db8:0:1::1' })).toBe(2);
    expect(await passed(1, { from: '2001:db8:0:1:ffff:ffff:ffff:ffff' })).toBe(0);
    expect(await passed(1, { from: '2001:db8:0:2::1' })).toBe(1);
    expect(await passed(2, { from: '::ffff:192.0.2.1' })).toBe(2);
    expect(await passed(1, { from: '192.0.2.1' })).toBe(0);
    expect(await passed(1, { from: 'fe80::1%eth0' })).toBe(1);
  });

  it('comes before the body is read', async () => {
    const { app, passed, reached } = await limited({ limits: { address: 1 } });
    await app.listen({ port: 0, host: '127.0.0.1' });
    await passed(1, { from: '127.0.0.1' });
    const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('POST /token HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 100\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 429 /);
    expect(reached).toHaveLength(1);
  });
});

describe('by client', () => {
  it.each([
    ['client_id', 'client_id=one', 'client_id=two'],
    ['client_id after other parameters', 'a=b&client_id=one', 'a=b&client_id=two'],
    ['a client_id in another spelling', 'client_id=%6Fne', 'client_id=tw%6f'],
    ['the subject of an assertion', assertion({ sub: 'one' }), assertion({ sub: 'two' })],
    ['client_id before the subject', `client_id=one&${assertion({ sub: 'two' })}`, assertion({ sub: 'two' })],
  ])('REV-5-01 counts POST requests by %s', async (_what, one, two) => {
    const { passed } = await limited({ limits: { client: 2 } });
    expect(await passed(3, { body: one })).toBe(2);
    expect(await passed(1, { body: 'client_id=one' })).toBe(0);
    expect(await passed(3, { body: two })).toBe(2);
    expect(await passed(3, { body: one, from: '192.0.2.2' })).toBe(2);
    expect(await passed(3, { body: one, method: 'GET' })).toBe(3);
  });

  it.each([
    ['nothing', ''],
    ['JSON', '{"client_name":"x"}'],
    ['an assertion that is none', 'client_assertion=a.b.c'],
    ['an assertion of null', assertion(null)],
    ['a subject that is no text', assertion({ sub: { toString: 1 } })],
    ['no second part', 'client_assertion=abc'],
    ['broken escapes', 'x_client_id=%'],
    ['a name that ends the same', 'other_client_id=one'],
  ])('counts as nobody who sends %s', async (_what, body) => {
    const { passed } = await limited({ limits: { client: 2 } });
    expect(await passed(2, { body: '' })).toBe(2);
    expect(await passed(1, { body })).toBe(0);
    expect(await passed(1, { body: 'client_id=one' })).toBe(1);
  });
});

describe('logins', () => {
  it('REV-5-01 are limited more strictly, whichever client they are for', async () => {
    const { passed } = await limited({ limits: { login: 2 } });
    expect(await passed(2, { url: LOGIN, body: 'client_id=one' })).toBe(2);
    expect(await passed(1, { url: LOGIN, body: 'client_id=two' })).toBe(0);
    expect(await passed(3, { url: LOGIN, method: 'GET' })).toBe(3);
    expect(await passed(3)).toBe(3);
  });

  it('are refused with the page that the adapter gives, under the same status and time', async () => {
    const { send, passed } = await limited({
      limits: { login: 1 },
      answer: ({ url }, { code }) => ({
        status: 503,
        headers: { 'Content-Type': 'text/html' },
        body: `${url} ${code}`,
      }),
    });
    await passed(1, { url: LOGIN });
    const { statusCode, headers, body } = await send({ url: LOGIN });
    expect([statusCode, headers['content-type'], headers['retry-after'], body]).toEqual([
      429,
      'text/html',
      '60',
      '/login too_many_requests',
    ]);
  });
});

describe('a client that is gone before its refusal is sent', () => {
  it.each([
    ['address', '/token'],
    ['login', LOGIN],
    ['client', '/token'],
  ])('REV-5-01 reaches no route by that: %s', async (limit, url) => {
    const gone = Promise.withResolvers<void>();
    // An audit trail, as applications write one
    const audit = async (status: number) => {
      if (status !== 429) return;
      client.resetAndDestroy();
      await wait(LONG_ENOUGH);
      gone.resolve();
    };
    const { app, passed, reached } = await limited({ limits: { [limit]: 1 } }, audit);
    await app.listen({ port: 0, host: '127.0.0.1' });
    await passed(1, { from: '127.0.0.1', url });
    const client = connect((app.server.address() as AddressInfo).port, '127.0.0.1');
    client.write(`POST ${url} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`);
    await gone.promise;
    await wait(LONG_ENOUGH);
    expect(reached).toHaveLength(1);
  });
});

describe('the limits', () => {
  it('let a client renew what 500 orders need, each with a challenge before it', async () => {
    const { passed } = await limited({});
    expect(await passed(1000, { body: 'client_id=one' })).toBe(1000);
  });

  it('by default are the narrower the more a request costs', () => {
    expect(RATE_LIMITS.login).toBeLessThan(RATE_LIMITS.client);
    expect(RATE_LIMITS.client).toBeLessThan(RATE_LIMITS.address);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('%s bounds nothing, or everything', async (limit) => {
    const app = fastify() as unknown as FastifyInstance;
    await expect(limitRates(app, { limits: { address: limit } })).rejects.toThrow(/^address: a whole number/);
  });

  it('remember a bounded number of addresses, and forget that which was quiet for longest', async () => {
    const { passed } = await limited({ limits: { address: 1 } });
    for (let i = 0; i < 40_000; i++) await passed(1, { from: `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}` });
    expect(await passed(1, { from: '10.0.0.0' })).toBe(1);
    expect(await passed(1, { from: '10.0.156.63' })).toBe(0);
  }, 60_000);
});
