import { setTimeout as sleep } from 'node:timers/promises';
import { type Usage, type Used, usedBetween } from './server/usage.ts';
import type { VenueServer } from './server/venue-server.ts';

/** What a server used meanwhile. */
export interface Watched<Result> {
  readonly result: Result;
  readonly used: Used;
  /** MiB resident, the largest. */
  readonly memory: number;
}

const LOOK = 25; // ms between two looks

/** Looks at a server while something runs, and counts what lies between the moments that its result names. */
export async function watching<Result extends { readonly from: number; readonly to: number }>(
  server: VenueServer,
  run: Promise<Result>,
): Promise<Watched<Result>> {
  const looks: Usage[] = [];
  let isRunning = true;
  const ended = run.finally(() => {
    isRunning = false;
  });
  ended.catch(() => {}); // it is awaited below, when the server has told the last
  while (isRunning) {
    looks.push(await server.usage());
    await Promise.race([sleep(LOOK), ended]);
  }
  const result = await ended;
  looks.push(await server.usage());
  const within = looks.filter(({ at }) => result.from <= at && at <= result.to);
  // A run that is over between two looks is counted with its beginning and its end
  const [first, last] = within.length > 1 ? [within.at(0), within.at(-1)] : [looks.at(0), looks.at(-1)];
  if (first === undefined || last === undefined) throw new Error('nobody looked');
  return { result, used: usedBetween(first, last), memory: Math.max(...looks.map(({ resident }) => resident)) };
}
