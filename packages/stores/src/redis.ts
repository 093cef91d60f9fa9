import { type Clock, HoldfastError, type ReplayStore, type Store, seconds } from '@holdfast/proof';
import { type Command, type RedisConnection, redisCommands } from './redis-connection.ts';
import { checkEviction } from './redis-eviction.ts';

export type { RedisConnection } from './redis-connection.ts';

export interface RedisStoreOptions {
  /** A connected client of `@redis/client`: one server, or the primary of several. No pool, no cluster. */
  readonly client: RedisConnection;
  readonly clock?: Clock;
  /** What the keys begin with. Default `holdfast:`. Stores of different purposes need different ones. */
  readonly prefix?: string;
  /** Milliseconds to wait for an answer. Default 1000. */
  readonly timeout?: number;
  /**
   * Seconds by which the clocks of the machines, the server's included, may differ. Default 5. An entry outlives its last
   * second by that and by two timeouts, so that neither a clock that is behind nor a command that was long under way
   * meets a server that has forgotten.
   */
  readonly clockSpread?: number;
  /**
   * - `checked` (default): on each connection, and once a minute, `INFO memory` must say that the server forgets nothing
   *   to make room: `maxmemory-policy noeviction`, or no `maxmemory`.
   * - `assured`: you know that, and the server does not tell.
   */
  readonly noeviction?: 'checked' | 'assured';
}

const RECHECK = 60; // seconds after which the eviction policy is read again

/**
 * Replay protection for several processes, on Redis (6.2 or later) or Valkey: `SET key '' NX PX …`, one round trip, many at
 * a time on one connection. Entries end by the server's clock, and their time is counted from ours.
 *
 * Closed when in doubt: without a connection, an answer in time or a primary that takes writes it is `store_unavailable`,
 * at its `maxmemory` it is `store_full`. A reservation whose answer was lost is refused and may be made: the proof is used.
 *
 * NOT covered: a server that loses what it has confirmed. It then lets a proof in a second time, for as long as that is
 * fresh. A restart without persistence loses everything, with `appendfsync everysec` up to two seconds; a failover loses
 * what the new primary had not received, since replication is asynchronous. Therefore set `maxmemory-policy noeviction`,
 * `appendonly yes` with `appendfsync always`, and with replicas `min-replicas-to-write 1` with a small
 * `min-replicas-max-lag`, which narrows that gap and does not close it. What closes it is a new nonce secret for all
 * verifiers: that voids every proof made before.
 */
export function redisReplayStore(options: RedisStoreOptions): ReplayStore {
  const { addText } = createEntries(options);
  return { add: (key, _value, expiresAt) => addText(key, '', expiresAt) };
}

/**
 * The whole storage port on Redis (6.2 or later) or Valkey, with everything that `redisReplayStore` says. A value is given
 * through its last second by our clock, also while the server still has it.
 */
export function redisStore(options: RedisStoreOptions): Store {
  const { clock = Date.now } = options;
  const { addText, ask } = createEntries(options);

  function live(reply: unknown): string | undefined {
    if (reply === null) return undefined;
    const [, expiresAt, value] = /^([\d.]+) (.*)$/s.exec(typeof reply === 'string' ? reply : '') ?? [];
    if (expiresAt === undefined) throw new HoldfastError('store_unavailable', { detail: 'not an entry of ours' });
    return Number(expiresAt) >= seconds(clock) ? value : undefined;
  }

  return {
    add: (key, value, expiresAt) => addText(key, `${expiresAt} ${value}`, expiresAt),
    get: async (key) => live(await ask('GET', key)),
    take: async (key) => live(await ask('GETDEL', key)),
  };
}

interface Entries {
  addText(key: string, text: string, expiresAt: number): Promise<boolean>;
  ask(verb: 'GET' | 'GETDEL', key: string): Promise<unknown>;
}

function createEntries(options: RedisStoreOptions): Entries {
  const { client, clock = Date.now, prefix = 'holdfast:', timeout = 1000, clockSpread = 5 } = options;
  if (!(timeout > 0 && timeout <= 60_000)) throw new TypeError('timeout: more than 0, at most 60000 ms');
  if (!(clockSpread >= 0 && clockSpread <= 3600)) throw new TypeError('clockSpread: 0 to 3600 s');
  const grace = clockSpread * 1000 + 2 * timeout; // ms
  const command = redisCommands({ client, timeout });
  const sound = options.noeviction === 'assured' ? async () => {} : soundness(client, command);
  let latest = Number.NEGATIVE_INFINITY; // the latest second ever seen

  /** A command to a server that is known to forget nothing. */
  async function send(args: string[], now: number): Promise<unknown> {
    const { socketEpoch } = client;
    await sound(now);
    const reply = await command(args);
    // Sent while one connection went and another came, it may have met a server that nobody has checked
    if (client.socketEpoch !== socketEpoch) throw new HoldfastError('store_unavailable', { detail: 'reconnected' });
    return reply;
  }

  return {
    async addText(key, text, expiresAt) {
      const now = seconds(clock);
      latest = Math.max(latest, now);
      // It may have been here and be forgotten: the clock stepped back, or the request was under way too long
      if (!(expiresAt >= latest)) throw new HoldfastError('store_unavailable', { detail: 'entry of the past' });
      const life = Math.ceil((Math.floor(expiresAt) + 1) * 1000 + grace - clock());
      const reply = await send(['SET', prefix + key, text, 'NX', 'PX', `${life}`], now);
      if (reply === 'OK') return true;
      if (reply === null) return false;
      throw new HoldfastError('store_unavailable', { detail: 'neither set nor there' });
    },
    ask: (verb, key) => send([verb, prefix + key], seconds(clock)),
  };
}

/** Asks for the eviction policy once per connection and minute; of callers at the same time one asks for all. */
function soundness(client: RedisConnection, command: Command): (now: number) => Promise<void> {
  let asked: { readonly epoch: number; readonly second: number; readonly answer: Promise<void> } | undefined;
  return async (now) => {
    if (asked?.epoch !== client.socketEpoch || now > asked.second + RECHECK) {
      const asking = { epoch: client.socketEpoch, second: now, answer: checkEviction(command) };
      asked = asking;
      asking.answer.catch(() => {
        if (asked === asking) asked = undefined; // whoever comes next asks again
      });
    }
    await asked.answer;
  };
}
