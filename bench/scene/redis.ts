import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createClient, type RedisClientType } from '@redis/client';

/** A redis-server of the bench's own, on a socket in a folder of its own, that keeps nothing on disk. */
export interface Redis extends AsyncDisposable {
  readonly client: RedisClientType;
}

/** Why there is none on this machine; undefined when there is one. */
export function redisMissing(): string | undefined {
  const { status } = spawnSync('redis-server', ['--version'], { stdio: 'ignore' });
  return status === 0 ? undefined : 'redis-server is not on this machine';
}

export async function startRedis(): Promise<Redis> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-redis-'));
  const socket = join(folder, 'redis.sock');
  const nothingOnDisk = ['--save', '', '--appendonly', 'no', '--dir', folder];
  const child = spawn('redis-server', ['--port', '0', '--unixsocket', socket, ...nothingOnDisk], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const end = () => {
    child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  const forget = whenBrokenOff(end);
  await untilReady(child);
  const client = createClient({ socket: { path: socket, tls: false } }) as RedisClientType;
  await client.connect();
  return {
    client,
    async [Symbol.asyncDispose]() {
      client.destroy();
      const exited = once(child, 'exit');
      end();
      await exited;
      forget();
    },
  };
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Calls `end` when this process ends before it was meant to. By itself a signal would leave server and folder behind. */
function whenBrokenOff(end: () => void): () => void {
  const exit = (signal: NodeJS.Signals) => process.exit(128 + constants.signals[signal]);
  process.once('exit', end);
  for (const signal of SIGNALS) process.once(signal, exit);
  return () => {
    process.off('exit', end);
    for (const signal of SIGNALS) process.off(signal, exit);
  };
}

async function untilReady(child: ChildProcess): Promise<void> {
  const { stdout } = child;
  if (stdout === null) throw new Error('redis-server: without output');
  for await (const line of createInterface(stdout)) if (/ready to accept connections/i.test(line)) break;
  stdout.resume();
  if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
}
