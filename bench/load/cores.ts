import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';

/** What a process of the load is for; `index` counts those that go together, each server with its generator. */
export interface Place {
  readonly role: 'server' | 'generator';
  readonly index: number;
}

const CORES = availableParallelism();

/**
 * Whether processes are kept to cores of their own: by `taskset`, which Linux has. Without, the kernel may put a server and
 * who it answers on one core, since they wake each other, and a server that could do more has half of the time.
 */
export function isPinned(): boolean {
  found ??=
    CORES > 1 && [0, CORES - 1].every((core) => spawnSync('taskset', ['-c', String(core), 'true']).status === 0);
  return found;
}

let found: boolean | undefined;

/** What stands before the command of a process: a server has one core, and its generator all others. */
export function pinned({ role, index }: Place): readonly string[] {
  if (!isPinned()) return [];
  const own = index % CORES;
  const others = Array.from({ length: CORES }, (_, core) => core).filter((core) => core !== own);
  return ['taskset', '-c', role === 'server' ? String(own) : others.join(',')];
}
