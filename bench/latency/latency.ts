import { generateKeyPairSync } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { importKey } from '@holdfast/signer';
import type { Comparison } from '../result.ts';
import { percentile, type Spread, spread } from '../statistics.ts';
import { comparison } from '../verdict.ts';
import { startServer } from './server-process.ts';
import { createWays, type Trader, type Way } from './ways.ts';

/** How long requests take by one way, from the call to the end of the body, in µs by the wall. */
export interface WayResult {
  readonly name: string;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  /** What it takes longer than others: the median of the differences of each round, and of the stretches their spread. */
  readonly comparisons: readonly Comparison[];
}

export interface Latency {
  /** One request by each way is a round. */
  readonly rounds: number;
  readonly ways: readonly WayResult[];
}

interface Timed {
  readonly way: Way;
  readonly times: number[];
}

const WARM_UP = 0.25; // of the time: V8 has seen a thousand requests by then
const LEAST_ROUNDS = 20;
const STRETCHES = 10;
const SETTLING = 8; // turns of the event loop: what a request leaves to be done later is done, a new stock of proofs too

/** Requests over TLS to a process on loopback, one at a time and by all ways in turns. */
export async function runLatency(seconds: number, say: (line: string) => void): Promise<Latency> {
  say('latency: a server starts');
  const [reading, placing] = [await createTrader('reader'), await createTrader('trader')];
  await using server = await startServer([reading, placing].map(({ trader, jwk }) => ({ ...trader, jwk })));
  await using ways = await createWays(server.facts, reading.trader, placing.trader);
  say('latency: warming up');
  await runRounds(ways.all, seconds * WARM_UP);
  say('latency: measuring');
  const timed = await runRounds(ways.all, seconds * (1 - WARM_UP));
  return { rounds: timed[0]?.times.length ?? 0, ways: timed.map((each) => judge(each, timed)) };
}

async function createTrader(clientId: string): Promise<{ trader: Trader; jwk: object }> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { trader: { clientId, key: await importKey(privateKey) }, jwk: publicKey.export({ format: 'jwk' }) };
}

async function runRounds(ways: readonly Way[], seconds: number): Promise<Timed[]> {
  const timed = ways.map((way) => ({ way, times: [] as number[] }));
  const end = performance.now() + seconds * 1000;
  for (let round = 0; round < LEAST_ROUNDS || performance.now() < end; round += 1) {
    // Another one begins each time, so that none always follows the same one
    for (let i = 0; i < timed.length; i += 1) {
      const { way, times } = timed[(round + i) % timed.length] as (typeof timed)[number];
      times.push(await time(way));
    }
  }
  return timed;
}

async function time(way: Way): Promise<number> {
  const send = await way.prepare();
  for (let i = 0; i < SETTLING; i += 1) await nextTurn();
  const start = performance.now();
  const status = await send();
  const took = (performance.now() - start) * 1000;
  if (status !== 200 && status !== 201) throw new Error(`${way.name}: a good request got ${status}`);
  return took;
}

function judge({ way: { name, bars }, times }: Timed, all: readonly Timed[]): WayResult {
  const sorted = times.toSorted((a, b) => a - b);
  const comparisons = bars.map(({ than, atMost }) => ({
    moreThan: [than],
    ...comparison(added(times, than, all), atMost),
  }));
  const [p50, p90, p99] = [percentile(sorted, 0.5), percentile(sorted, 0.9), percentile(sorted, 0.99)];
  return { name, p50, p90, p99, comparisons };
}

function added(times: readonly number[], than: string, all: readonly Timed[]): Spread {
  const others = all.find(({ way }) => way.name === than)?.times ?? [];
  return pairedDifference(times, others);
}

/**
 * Of two series of the same rounds. Single requests differ by more than what is asked for, and the median of thousands does
 * not: so its spread is that of the medians of ten stretches.
 */
export function pairedDifference(times: readonly number[], others: readonly number[]): Spread {
  const differences = times.map((each, round) => each - (others[round] ?? Number.NaN));
  const size = Math.ceil(differences.length / STRETCHES);
  const stretches = Array.from({ length: STRETCHES }, (_, i) => differences.slice(i * size, (i + 1) * size));
  const { low, high } = spread(stretches.filter(({ length }) => length > 0).map((each) => spread(each).median));
  return { median: spread(differences).median, low, high };
}
