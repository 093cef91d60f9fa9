import type { Clock } from '@holdfast/proof';
import { type RedisStoreOptions, redisReplayStore, redisStore } from '@holdfast/stores/redis';
import type { RedisClientType } from '@redis/client';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { needsProgram } from '../programs.ts';
import { passesStoreContract } from './contract.ts';
import { RedisServer } from './redis-server.ts';
import { added, passesReplayContract, START, type StoreOptions, times } from './replay-contract.ts';

let running: Promise<{ server: RedisServer; client: RedisClientType }> | undefined;

beforeEach((context) => {
  needsProgram(context, 'redis-server');
});

afterAll(async () => {
  await (await running)?.server[Symbol.asyncDispose]();
});

/** A connection to an empty server, for one test after the other. */
async function emptied(): Promise<RedisClientType> {
  running ??= RedisServer.start().then(async (server) => ({ server, client: await server.connect() }));
  const { client } = await running;
  await client.flushAll();
  client.setMaxListeners(0); // each store of each test hears it
  return client;
}

/**
 * The test's clock, with which the server's goes along: before the store's next command on the same connection, all that
 * the server holds has that much less to live.
 */
function movingServer(client: RedisClientType, clock: Clock): Clock {
  const script =
    "for _, k in ipairs(redis.call('KEYS', '*')) do redis.call('PEXPIRE', k, redis.call('PTTL', k) - ARGV[1]) end";
  let moved = clock();
  return () => {
    const now = clock();
    if (now > moved) {
      client.sendCommand(['EVAL', script, '0', `${Math.round(now - moved)}`]).catch(() => {});
      moved = now;
    }
    return now;
  };
}

/** Milliseconds of the server's clock. */
async function serverTime(client: RedisClientType): Promise<number> {
  const [second, micros] = await client.sendCommand<[string, string]>(['TIME']);
  return Number(second) * 1000 + Math.floor(Number(micros) / 1000);
}

const options = async ({ clock }: StoreOptions): Promise<RedisStoreOptions> => {
  const client = await emptied();
  return { client, clock: movingServer(client, clock) };
};
const traits = { lingers: 7, counts: false, many: 5000 }; // lingers: five seconds of clocks, two of timeouts

passesStoreContract({ name: 'redisStore', open: async (given) => redisStore(await options(given)), ...traits });
passesReplayContract({
  name: 'redisReplayStore',
  open: async (given) => redisReplayStore(await options(given)),
  ...traits,
});

describe('what the server holds', () => {
  it('ends after the last second, the spread of the clocks and two timeouts, in milliseconds', async () => {
    const client = await emptied();
    const clock = () => START * 1000 + 250.5;
    const store = redisReplayStore({ client, clock, clockSpread: 30, timeout: 4000 });
    const before = await serverTime(client);
    await store.add('a', 'not kept', START + 60.9);
    const after = await serverTime(client);
    const life = 61_000 - 250 + 30_000 + 8000; // whole ones, no shorter
    const end = Number(await client.sendCommand(['PEXPIRETIME', 'holdfast:a']));
    expect(end).toBeGreaterThanOrEqual(before + life);
    expect(end).toBeLessThanOrEqual(after + life);
    expect(await client.get('holdfast:a')).toBe('');
  });

  it('is apart by prefix', async () => {
    const client = await emptied();
    const clock = () => START * 1000;
    const stores = ['', 'x:', 'y:'].map((prefix) => redisStore({ client, clock, prefix }));
    for (const [i, store] of stores.entries()) expect(await store.add('a', `${i}`, START)).toBe(true);
    expect(await Promise.all(stores.map((store) => store.take('a')))).toEqual(['0', '1', '2']);
  });

  it('is taken for an entry only when it is one', async () => {
    const client = await emptied();
    const store = redisStore({ client, clock: () => START * 1000 });
    await client.set('holdfast:a', 'somebody else’s');
    await expect(store.get('a')).rejects.toMatchObject({ code: 'store_unavailable' });
    await client.lPush('holdfast:list', 'not a string');
    await expect(store.take('list')).rejects.toMatchObject({ code: 'store_unavailable' });
    expect(await added(store, 'list')).toBe(false);
  });
});

it.each([{ RESP: 2 as const }, { RESP: 3 as const, keyPrefix: 'theirs:' }, { commandOptions: { timeout: 1 } }])(
  'works on a client made with %j',
  async (made) => {
    await emptied();
    const client = await (await running)?.server.connect(made);
    if (client === undefined) throw new Error('no server');
    const store = redisStore({ client, clock: () => START * 1000 });
    const until = START + 60;
    expect([await store.add('a', 'v', until), await store.add('a', 'v', until)]).toEqual([true, false]);
    expect([await store.get('a'), await store.take('a'), await store.take('a')]).toEqual(['v', 'v', undefined]);
  },
);

it('DPOP-11.1-02 adds a key once when 1,000 ask on ten connections at the same time', async () => {
  await emptied();
  const clients = await Promise.all(times(10, async () => (await running)?.server.connect()));
  const stores = clients.map((client) =>
    redisReplayStore({ client: client as RedisClientType, clock: () => START * 1000 }),
  );
  const answers = await Promise.all(times(1000, async (i) => stores[i % 10]?.add('a', '', START + 60)));
  expect(answers.filter((answer) => answer === true)).toHaveLength(1);
  expect(answers.filter((answer) => answer === false)).toHaveLength(999);
});

it('says of an entry of the past that it cannot tell', async () => {
  const client = await emptied();
  const time = { now: START };
  const store = redisReplayStore({ client, clock: () => time.now * 1000 });
  expect(await added(store, 'a', START - 1)).toBe('store_unavailable');
  expect(await added(store, 'a', Number.NaN)).toBe('store_unavailable');
  expect(await added(store, 'a', Number.POSITIVE_INFINITY)).toBe('store_unavailable');
  expect(await added(store, 'a', 1e300)).toBe('store_unavailable');
  time.now = START + 100;
  await added(store, 'b', START + 100);
  time.now = START; // set back
  expect(await added(store, 'c', START + 99)).toBe('store_unavailable');
  expect(await added(store, 'c', START + 100)).toBe(true);
});

it.each([
  { timeout: 0 },
  { timeout: Number.NaN },
  { timeout: 60_001 },
  { clockSpread: -1 },
  { clockSpread: Number.NaN },
  { clockSpread: Number.POSITIVE_INFINITY },
])('%o is a programming mistake', async (mistake) => {
  const client = await emptied();
  expect(() => redisReplayStore({ client, ...mistake })).toThrow(TypeError);
  expect(() => redisStore({ client, ...mistake })).toThrow(TypeError);
});
