import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createClient, type RedisClientType } from '@redis/client';

/** A redis-server of the suite's own, on a socket in a folder of its own, that keeps nothing on disk. */
export class RedisServer implements AsyncDisposable {
  readonly socket: string;
  readonly #folder: string;
  readonly #args: readonly string[];
  readonly #clients: RedisClientType[] = [];
  #child: ChildProcess | undefined;

  private constructor(args: readonly string[]) {
    this.#folder = mkdtempSync(join(tmpdir(), 'holdfast-redis-'));
    this.socket = join(this.#folder, 'redis.sock');
    this.#args = args;
  }

  /** Arguments as on its command line: `--maxmemory`, `100mb`. */
  static async start(...args: string[]): Promise<RedisServer> {
    const server = new RedisServer(args);
    await server.run();
    return server;
  }

  /** Starts it, also again, empty, with these arguments more. */
  async run(...args: string[]): Promise<void> {
    const nothingOnDisk = ['--save', '', '--appendonly', 'no', '--dir', this.#folder];
    const child = spawn(
      'redis-server',
      ['--port', '0', '--unixsocket', this.socket, ...nothingOnDisk, ...this.#args, ...args],
      {
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    this.#child = child;
    const end = () => child.kill('SIGKILL');
    process.once('exit', end); // of a test that hung
    child.once('exit', () => process.off('exit', end));
    for await (const line of createInterface(child.stdout)) if (/ready to accept connections/i.test(line)) break;
    child.stdout.resume();
    if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
  }

  /** A new connection. */
  async connect(options: Parameters<typeof createClient>[0] = {}): Promise<RedisClientType> {
    const reconnectStrategy = 20; // ms
    const client = createClient({
      ...options,
      socket: { path: this.socket, tls: false, reconnectStrategy },
    }) as RedisClientType;
    this.#clients.push(client);
    await client.connect();
    return client;
  }

  /** It stands still, with its connections open. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
