import { clearAway } from '../garbage.ts';
import type { Prepare } from './case.ts';
import type { Looked, Watch } from './disturbance.ts';

/** One slice: µs per operation. */
export interface Sample extends Looked {
  /** Of all threads: thread pool and garbage collector too. */
  readonly cpu: number;
  readonly wall: number;
}

export async function measure(prepare: Prepare, count: number, watch: Watch): Promise<Sample> {
  const slice = await prepare(count);
  clearAway();
  const look = await watch.undisturbed();
  const start = performance.now();
  const before = process.cpuUsage();
  await slice();
  const { user, system } = process.cpuUsage(before);
  const wall = ((performance.now() - start) * 1000) / count;
  return { cpu: (user + system) / count, wall, look: Math.max(look, watch.look()) };
}
