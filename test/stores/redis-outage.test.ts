import { once } from 'node:events';
import { redisReplayStore, redisStore } from '@holdfast/stores/redis';
import { createClient, type RedisClientType } from '@redis/client';
import { beforeEach, describe, expect, it } from 'vitest';
import { needsProgram } from '../programs.ts';
import { RedisServer } from './redis-server.ts';
import { added, START, times } from './replay-contract.ts';

const clock = () => START * 1000;

beforeEach((context) => {
  needsProgram(context, 'redis-server');
});

/** Settles when the client is connected again. */
async function reconnected(client: RedisClientType): Promise<void> {
  if (!client.isReady) await once(client, 'ready');
}

describe('a server that is gone', () => {
  it('was never there: refused', async () => {
    const client = createClient({ socket: { path: '/nonexistent/redis.sock', tls: false } });
    const store = redisStore({ client, clock });
    expect(await added(store, 'a')).toBe('store_unavailable');
    await expect(store.get('a')).rejects.toMatchObject({ code: 'store_unavailable' });
    await expect(store.take('a')).rejects.toMatchObject({ code: 'store_unavailable' });
  });

  it('DPOP-11.1-02 ends while reservations are under way: each is answered, none twice with true', async () => {
    await using server = await RedisServer.start();
    const client = await server.connect();
    const store = redisReplayStore({ client, clock });
    const keys = times(5000, (i) => `key ${i % 2500}`);
    await added(store, 'first');
    const answers = keys.map((key) => added(store, key));
    await Promise.race(answers);
    await server.kill();
    const admitted = new Map<string, number>();
    for (const [i, answer] of (await Promise.all(answers)).entries()) {
      expect([true, false, 'store_unavailable']).toContain(answer);
      const key = keys[i] ?? '';
      if (answer === true) admitted.set(key, (admitted.get(key) ?? 0) + 1);
    }
    expect([...admitted.values()].filter((count) => count > 1)).toEqual([]);
    expect(await added(store, 'later')).toBe('store_unavailable');
  });

  it('DPOP-11.1-02 leaves reservations unanswered that it may have made: refused', async () => {
    await using server = await RedisServer.start();
    const client = await server.connect();
    const store = redisReplayStore({ client, clock, timeout: 15_000 });
    expect(await added(store, 'a')).toBe(true);
    server.pause();
    const answers = times(100, (i) => added(store, `key ${i}`));
    await new Promise(setImmediate); // they are sent
    await server.kill();
    expect(await Promise.all(answers)).toEqual(times(100, () => 'store_unavailable'));
  });

  it('is served again when it comes back, with no reservation left over from before', async () => {
    await using server = await RedisServer.start();
    const client = await server.connect();
    const store = redisReplayStore({ client, clock });
    expect(await added(store, 'a')).toBe(true);
    await server.kill();
    await expect.poll(() => client.isReady).toBe(false);
    expect(await Promise.all(times(100, (i) => added(store, `while away ${i}`)))).toEqual(
      times(100, () => 'store_unavailable'),
    );
    await server.run();
    await reconnected(client);
    expect(await added(store, 'b')).toBe(true);
    expect(await added(store, 'b')).toBe(false);
    expect(await client.keys('*while away*')).toEqual([]);
  });

  it('does not end the process, though nobody listens for errors of the client', async () => {
    await using server = await RedisServer.start();
    const client = await server.connect();
    redisReplayStore({ client, clock });
    await server.kill();
    await expect.poll(() => client.isReady).toBe(false);
  });
});

describe('a server that hangs', () => {
  it('is waited for until the timeout, on old and new connections; what it does later admits nobody', async () => {
    await using server = await RedisServer.start();
    const [known, fresh] = [await server.connect(), await server.connect()];
    const stores = [known, fresh].map((client) => redisReplayStore({ client, clock, timeout: 100 }));
    const [first, second] = stores;
    if (first === undefined || second === undefined) throw new Error('no stores');
    expect(await added(first, 'a')).toBe(true);
    server.pause();
    for (const store of stores) {
      expect(await Promise.all(times(10, (i) => added(store, `b ${i}`)))).toEqual(times(10, () => 'store_unavailable'));
    }
    server.resume();
    await known.ping();
    const again = await Promise.all(times(10, (i) => added(first, `b ${i}`)));
    expect(again).toEqual(times(10, () => false)); // reserved, though nobody was told
    expect(await added(second, 'c')).toBe(true);
  });

  it('is asked no more when it owes too many answers', async () => {
    await using server = await RedisServer.start();
    const client = await server.connect();
    const store = redisReplayStore({ client, clock, timeout: 50, noeviction: 'assured' });
    server.pause();
    for (let round = 0; round < 4; round += 1) {
      const answers = await Promise.all(times(5000, (i) => added(store, `${round} ${i}`)));
      expect(new Set(answers)).toEqual(new Set(['store_unavailable']));
    }
    server.resume();
    await expect.poll(() => added(store, 'after')).not.toBe('store_unavailable');
    expect(await client.dbSize()).toBe(10_001);
  });
});

describe('a server that is full', () => {
  it('DPOP-11.1-02 under noeviction: store_full, and no live entry is forgotten', async () => {
    await using server = await RedisServer.start('--maxmemory-policy', 'noeviction');
    const client = await server.connect();
    const store = redisReplayStore({ client, clock });
    const { used_memory: used } = Object.fromEntries(
      (await client.info('memory')).split('\r\n').map((line) => line.split(':')),
    );
    await client.configSet('maxmemory', `${Number(used) + 500_000}`);
    const kept: string[] = [];
    const answers = new Set<unknown>();
    for (let i = 0; i < 100 && !answers.has('store_full'); i += 1) {
      const keys = times(200, (n) => `${i} ${n}`);
      for (const [n, answer] of (await Promise.all(keys.map((key) => added(store, key)))).entries()) {
        answers.add(answer);
        if (answer === true) kept.push(keys[n] ?? '');
      }
    }
    expect(answers).toEqual(new Set([true, 'store_full']));
    expect(kept.length).toBeGreaterThan(500);
    expect(await added(store, 'one more')).toBe('store_full');
    expect(await Promise.all(kept.map((key) => added(store, key)))).not.toContain(true);
    await client.configSet('maxmemory', '0');
    expect(new Set(await Promise.all(kept.map((key) => added(store, key))))).toEqual(new Set([false]));
    expect(await added(store, 'one more')).toBe(true);
  });

  it.each([
    'allkeys-lru',
    'allkeys-lfu',
    'allkeys-random',
    'volatile-lru',
    'volatile-lfu',
    'volatile-random',
    'volatile-ttl',
  ])('DPOP-11.1-02 under %s would forget: refused, until the policy is mended', async (policy) => {
    await using server = await RedisServer.start('--maxmemory', '100mb', '--maxmemory-policy', policy);
    const client = await server.connect();
    const store = redisReplayStore({ client, clock });
    const answers = await Promise.all(times(10, () => added(store, 'a')));
    expect(new Set(answers)).toEqual(new Set(['store_unavailable']));
    await expect(store.add('a', '', START)).rejects.toThrow('maxmemory-policy is not noeviction');
    expect(await client.dbSize()).toBe(0);
    await client.configSet('maxmemory-policy', 'noeviction');
    expect(await added(store, 'a')).toBe(true);
  });

  it('with a forgetful policy and no maxmemory never is', async () => {
    await using server = await RedisServer.start('--maxmemory', '0', '--maxmemory-policy', 'allkeys-lru');
    const store = redisReplayStore({ client: await server.connect(), clock });
    expect(await added(store, 'a')).toBe(true);
  });

  it('is looked at again after a minute', async () => {
    await using server = await RedisServer.start('--maxmemory', '100mb');
    const client = await server.connect();
    const time = { now: START };
    const store = redisReplayStore({ client, clock: () => time.now * 1000 });
    expect(await added(store, 'a')).toBe(true);
    await client.configSet('maxmemory-policy', 'allkeys-lru');
    time.now += 61;
    expect(await added(store, 'b', time.now + 60)).toBe('store_unavailable');
  });

  it('is not met unseen by what was to be sent on the connection before', async () => {
    await using server = await RedisServer.start();
    const client = await server.connect();
    const store = redisStore({ client, clock, timeout: 15_000 });
    expect(await added(store, 'a')).toBe(true);
    server.pause();
    const large = times(8, (i) => store.add(`large ${i}`, 'v'.repeat(2 ** 20), START + 60)); // more than the socket takes
    const refused = Promise.allSettled(large);
    await new Promise(setImmediate);
    const waiting = times(10, (i) => added(store, `waiting ${i}`)); // to be written
    await server.kill();
    await server.run('--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru');
    expect(await Promise.all(waiting)).toEqual(times(10, () => 'store_unavailable'));
    expect((await refused).map(({ status }) => status)).not.toContain('fulfilled');
    expect(await client.keys('*waiting*')).not.toEqual([]);
  });

  it('is looked at again on a new connection', async () => {
    await using server = await RedisServer.start('--maxmemory', '100mb');
    const client = await server.connect();
    const store = redisReplayStore({ client, clock });
    expect(await added(store, 'a')).toBe(true);
    await client.configSet('maxmemory-policy', 'allkeys-lru');
    await client.sendCommand(['CLIENT', 'KILL', 'SKIPME', 'no']).catch(() => {});
    await expect.poll(() => client.socketEpoch).toBe(2);
    await reconnected(client);
    expect(await added(store, 'b')).toBe('store_unavailable');
  });
});

describe('a server that does not tell its policy', () => {
  async function withoutInfo(server: RedisServer): Promise<RedisClientType> {
    const admin = await server.connect();
    await admin.sendCommand(['ACL', 'SETUSER', 'verifier', 'on', 'nopass', '~holdfast:*', '+set', '+hello', '+client']);
    return await server.connect({ username: 'verifier', password: 'any' });
  }

  it('is refused', async () => {
    await using server = await RedisServer.start();
    const store = redisReplayStore({ client: await withoutInfo(server), clock });
    expect(await added(store, 'a')).toBe('store_unavailable');
    await expect(store.add('a', '', START)).rejects.toThrow('INFO memory does not tell the maxmemory-policy');
  });

  it('is used by those who say that they know it', async () => {
    await using server = await RedisServer.start();
    const store = redisReplayStore({ client: await withoutInfo(server), clock, noeviction: 'assured' });
    expect([await added(store, 'a'), await added(store, 'a')]).toEqual([true, false]);
  });
});

it('a replica takes no reservation', async () => {
  await using server = await RedisServer.start();
  const client = await server.connect();
  const store = redisReplayStore({ client, clock });
  expect(await added(store, 'a')).toBe(true);
  await client.sendCommand(['REPLICAOF', '127.0.0.1', '1']);
  expect([await added(store, 'b'), await added(store, 'a')]).toEqual(['store_unavailable', 'store_unavailable']);
  await client.sendCommand(['REPLICAOF', 'NO', 'ONE']);
  expect([await added(store, 'b'), await added(store, 'a')]).toEqual([true, false]);
});
