import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { CommandError } from './command-error.ts';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs the bench with these arguments, as a process of its own: what this one has loaded is not to be in its figures.
 * Returns its exit code.
 */
export async function runBench(args: readonly string[]): Promise<number> {
  const bench = spawn(process.execPath, [entry(), ...args], { stdio: 'inherit' });
  // A terminal tells both, others only this one; which ends when the bench has
  for (const signal of FORWARDED) process.on(signal, () => bench.kill(signal));
  const [code, signal] = (await once(bench, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + constants.signals[signal ?? 'SIGKILL'];
}

/** The bench, with the peers that it measures, is in the repository alone. */
function entry(): string {
  try {
    return fileURLToPath(import.meta.resolve('@holdfast/bench'));
  } catch {
    throw new CommandError('bench: only in a clone of the repository, after npm ci');
  }
}
