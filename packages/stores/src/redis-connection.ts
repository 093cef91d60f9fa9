import { HoldfastError, withinTime } from '@holdfast/proof';

/** What is asked of a client: `createClient()` of `@redis/client` or `redis`, connected to one server. */
export interface RedisConnection {
  readonly isReady: boolean;
  /** Counts the connections that this client has had. */
  readonly socketEpoch: number;
  sendCommand(args: string[], options: typeof PLAIN): Promise<unknown>;
  on(event: 'error', listener: () => void): unknown;
}

export interface CommandsOptions {
  readonly client: RedisConnection;
  /** Milliseconds to wait for an answer. */
  readonly timeout: number;
}

/** Sends one command and resolves with its reply, or rejects in time with `store_unavailable` or `store_full`. */
export type Command = (args: string[]) => Promise<unknown>;

// Replies as they are by default, whatever the client was made with. No timer of the client's own: it would stop when
// the command is written, and an answer can still stay away
const PLAIN = { typeMapping: {}, timeout: 0 } as const;

const MOST = 10_000; // commands without an answer; a server that hangs must not fill this process's memory

/**
 * Commands on a connection that may fail: sent now or refused now, never queued for a connection to come. What was sent
 * and not answered is refused, and may have been done all the same.
 */
export function redisCommands({ client, timeout }: CommandsOptions): Command {
  // Without a listener a lost connection would end the process; with it every command says that it is lost
  client.on('error', () => {});
  let unanswered = 0;

  async function send(args: string[]): Promise<unknown> {
    if (!client.isReady) throw new HoldfastError('store_unavailable', { detail: 'not connected' });
    if (unanswered >= MOST) throw new HoldfastError('store_unavailable', { detail: 'too many unanswered commands' });
    unanswered += 1;
    const reply = client.sendCommand(args, PLAIN);
    const answered = () => {
      unanswered -= 1;
    };
    reply.then(answered, answered);
    return await withinTime(reply, timeout);
  }

  return async (args) => {
    try {
      return await send(args);
    } catch (cause) {
      throw refusalOf(cause);
    }
  };
}

function refusalOf(cause: unknown): HoldfastError {
  if (cause instanceof HoldfastError) return cause;
  // Under `noeviction` a server that is full says so instead of forgetting
  const isFull = cause instanceof Error && cause.message.startsWith('OOM ');
  return new HoldfastError(isFull ? 'store_full' : 'store_unavailable', { cause });
}
