import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const entry = fileURLToPath(new URL('../../packages/cli/src/holdfast.ts', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const PATIENCE = { timeout: 15_000, killSignal: 'SIGKILL' } as const; // one that hangs ends with the code null

/** Runs `holdfast` as a person would, and waits for its end. */
export async function holdfast(...args: string[]): Promise<Ended> {
  const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'pipe'], ...PATIENCE });
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: stdout(), stderr: stderr() };
}

/** The same with an output that takes nothing: a reader who has gone, or an open file that is full. */
export async function holdfastInto(output: 'nobody' | number, ...args: string[]): Promise<Omit<Ended, 'stdout'>> {
  const stdout = output === 'nobody' ? 'pipe' : output;
  const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', stdout, 'pipe'], ...PATIENCE });
  child.stdout?.destroy();
  const stderr = collect(child.stderr as NodeJS.ReadableStream);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr: stderr() };
}

/** A `holdfast` that stays up, once it has printed its first line. */
export interface Serving {
  readonly firstLine: string;
  readonly child: ChildProcess;
  /** All that it has printed up to now. */
  printed(): string;
  stop(): Promise<Ended>;
}

export async function serving(...args: string[]): Promise<Serving> {
  const child = spawn(process.execPath, [entry, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  const closed = once(child, 'close') as Promise<[number | null]>;
  const [firstLine] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    closed.then(() => Promise.reject(new Error(stderr()))),
  ])) as [string];
  return {
    firstLine,
    child,
    printed: stdout,
    async stop() {
      child.kill('SIGTERM');
      const [code] = await closed;
      return { code, stdout: stdout(), stderr: stderr() };
    },
  };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: string[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  return () => chunks.join('');
}
