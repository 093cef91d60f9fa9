import { seconds } from '@holdfast/proof';
import { redisReplayStore } from '@holdfast/stores/redis';
import type { RedisClientType } from '@redis/client';
import { startRedis } from '../../scene/redis.ts';
import { newKeys } from './filling.ts';
import { inWords, type Measure, replayResult } from './replay-result.ts';

const ENTRIES = 100_000;
const AT_ONCE = 1000;
const LIFE = 90; // seconds

/** By the server's own word: `used_memory`, which is not resident memory. */
export const measureRedis: Measure = async (name, { say }) => {
  say(`${name}: ${inWords(ENTRIES)} live entries`);
  await using redis = await startRedis();
  const { client } = redis;
  const store = redisReplayStore({ client });
  const before = await used(client);
  for (let done = 0; done < ENTRIES; done += AT_ONCE) {
    const expiresAt = seconds(Date.now) + LIFE;
    const added = await Promise.all(newKeys(AT_ONCE).map((key) => store.add(key, '', expiresAt)));
    if (!added.every((each) => each === true)) throw new Error('a new entry was refused');
  }
  const values = [((await used(client)) - before) / ENTRIES];
  return [replayResult(`${name}: live entry at ${inWords(ENTRIES)}`, { entries: ENTRIES, unit: 'bytes', values })];
};

async function used(client: RedisClientType): Promise<number> {
  const [, bytes] = /^used_memory:(\d+)/m.exec(await client.info('memory')) ?? [];
  return Number(bytes);
}
