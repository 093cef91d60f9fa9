/**
 * A process that reserves the keys 0 … n−1, or n−1 … 0, when it is told to, and tells which it got. Arguments: socket, n,
 * `up` or `down`.
 */
import { once } from 'node:events';
import { redisReplayStore } from '@holdfast/stores/redis';
import { createClient } from '@redis/client';

const [path = '', count = '0', direction] = process.argv.slice(2);
const client = createClient({ socket: { path, tls: false } });
await client.connect();
const store = redisReplayStore({ client });
const until = Math.floor(Date.now() / 1000) + 60;

process.send?.('ready');
await once(process, 'message');
const keys = Array.from({ length: Number(count) }, (_, i) => `key ${i}`);
if (direction === 'down') keys.reverse();
const got: string[] = [];
for (let from = 0; from < keys.length; from += 50) {
  const some = keys.slice(from, from + 50);
  const answers = await Promise.all(some.map((key) => store.add(key, '', until)));
  got.push(...some.filter((_, i) => answers[i] === true));
}
process.send?.(got);
client.destroy();
process.disconnect?.();
