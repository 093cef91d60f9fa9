import type { ClosedLoopResult } from './closed-loop.ts';
import type { Generator } from './generator-process.ts';
import type { OpenTrial, Venue } from './open-trial.ts';
import { type Watched, watching } from './watching.ts';

/** One slice at saturation, of all processes of a trial together. */
export interface Saturated {
  /** Answers a second. */
  readonly throughput: number;
  /** µs of CPU of the servers for one request. */
  readonly cpu: number;
  /** Share of one core, of each server and of each generator on average. */
  readonly busy: number;
  readonly generatorBusy: number;
  /** MiB resident, of the largest server. */
  readonly memory: number;
  /** µs. */
  readonly latencies: readonly Float64Array[];
  readonly requests: number;
}

/** Of each server, each of which sends its next request when its last one was answered. */
export const CONNECTIONS = 32;

/** So many requests to each server, all at once. Rejects when one of them is not answered with success. */
export async function saturate(
  { trial, venues }: OpenTrial,
  generators: readonly Generator[],
  count: number,
): Promise<Saturated> {
  const pairs = venues.map((venue, i) => ({ venue, generator: generators[i] as Generator }));
  await Promise.all(pairs.map(({ venue, generator }) => generator.plan(venue.source, count)));
  const slices = await Promise.all(pairs.map(({ venue, generator }) => load(venue, generator, count)));
  for (const { result } of slices) expectNone(trial.name, result.failures);
  return together(slices);
}

function load({ server, target }: Venue, generator: Generator, count: number): Promise<Watched<ClosedLoopResult>> {
  return watching(server, generator.closedLoop({ target, connections: CONNECTIONS, count }));
}

/** What is refused costs less than what is answered: a figure with refusals in it would be a wrong one. */
export function expectNone(name: string, failures: Readonly<Record<string, number>>): void {
  const [first] = Object.entries(failures);
  if (first !== undefined) throw new Error(`${name}: ${first[1]} good requests got ${first[0]}`);
}

function together(slices: readonly Watched<ClosedLoopResult>[]): Saturated {
  const sum = (of: (slice: Watched<ClosedLoopResult>) => number) => slices.reduce((total, each) => total + of(each), 0);
  const requests = sum(({ used }) => used.requests);
  return {
    throughput: sum(({ used }) => used.throughput),
    cpu: sum(({ used }) => used.cpu * used.requests) / requests,
    busy: sum(({ used }) => used.busy) / slices.length,
    generatorBusy: sum(({ result }) => result.busy) / slices.length,
    memory: Math.max(...slices.map(({ memory }) => memory)),
    latencies: slices.map(({ result }) => result.latencies),
    requests,
  };
}
