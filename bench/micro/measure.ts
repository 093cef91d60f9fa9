import { clearAway } from '../garbage.ts';
import type { Prepare } from './case.ts';

/** One slice: µs per operation. */
export interface Sample {
  /** Of all threads: thread pool and garbage collector too. */
  readonly cpu: number;
  readonly wall: number;
}

export async function measure(prepare: Prepare, count: number): Promise<Sample> {
  const slice = await prepare(count);
  clearAway();
  const start = performance.now();
  const before = process.cpuUsage();
  await slice();
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / count, wall: ((performance.now() - start) * 1000) / count };
}
