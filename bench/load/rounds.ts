import type { Generator } from './generator-process.ts';
import type { OpenTrial } from './open-trial.ts';
import { type Saturated, saturate } from './saturate.ts';
import type { RawVerification } from './server/venue-server.ts';

/** What the rounds found out about a trial, one entry for each round. */
export interface Series {
  readonly opened: OpenTrial;
  readonly slices: readonly Saturated[];
  /**
   * Of its algorithm, in its server, right before each slice and beside a generator at work; empty where it is compared with
   * none.
   */
  readonly raw: readonly RawVerification[];
}

export interface RoundsOptions {
  readonly rounds: number;
  /** Of each slice. */
  readonly seconds: number;
  /** Of the same before anything counts, and not more than so many requests: V8 has optimised by then what it will. */
  readonly warmUp: { readonly seconds: number; readonly most: number };
}

const RAW = 60; // ms for verifications without anything else
const FEWEST = 600; // requests in a slice

/** A slice of each trial in each round, so that what slows the machine for a while slows what is compared alike. */
export async function runRounds(
  opened: readonly OpenTrial[],
  generators: readonly Generator[],
  { rounds, seconds, warmUp }: RoundsOptions,
  say: (line: string) => void,
): Promise<Series[]> {
  const running: Running[] = [];
  for (const each of opened) {
    say(`${each.trial.name}: warming up`);
    running.push({ opened: each, slices: [], raw: [], rate: await warmUpAt(each, generators, warmUp) });
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const each of turned(running, round)) {
      const { trial } = each.opened;
      say(`round ${round + 1} of ${rounds}: ${trial.name}`);
      if (trial.floor !== undefined) each.raw.push(await verifyAlone(each.opened, generators));
      const slice = await saturate(each.opened, generators, Math.max(FEWEST, Math.round(each.rate * seconds)));
      each.slices.push(slice);
      each.rate = perServer(each.opened, slice);
    }
  }
  return running;
}

interface Running extends Series {
  readonly slices: Saturated[];
  readonly raw: RawVerification[];
  /** Answers a second of each server, when it was measured last. */
  rate: number;
}

/** Resolves with the rate of each server. */
async function warmUpAt(
  opened: OpenTrial,
  generators: readonly Generator[],
  { seconds, most }: RoundsOptions['warmUp'],
): Promise<number> {
  const first = perServer(opened, await saturate(opened, generators, FEWEST));
  const count = Math.max(FEWEST, Math.min(most, Math.round(first * seconds)));
  if (opened.trial.floor !== undefined) await verifyAlone(opened, generators);
  return perServer(opened, await saturate(opened, generators, count));
}

function perServer({ venues }: OpenTrial, { throughput }: Saturated): number {
  return throughput / venues.length;
}

/** Two cores are often two halves of one: the generator is at work meanwhile, as it is when requests come. */
async function verifyAlone({ trial, venues }: OpenTrial, generators: readonly Generator[]): Promise<RawVerification> {
  const [[first], [generator]] = [venues, generators];
  if (first === undefined || trial.alg === undefined) throw new Error(`${trial.name}: nothing to verify`);
  const verified = first.server.rawVerification(trial.alg, RAW);
  const [raw] = await Promise.all([verified, generator?.work(RAW)]);
  return raw;
}

/** Another one begins each time, so that none always follows the same one. */
function turned<Each>(all: readonly Each[], round: number): Each[] {
  return all.map((_, i) => all[(round + i) % all.length] as Each);
}
