import type { AtRate } from '../result.ts';
import type { Generator } from './generator-process.ts';
import type { OpenTrial } from './open-trial.ts';
import { expectNone } from './saturate.ts';
import { watching } from './watching.ts';

export interface RatesOptions {
  /** Of the throughput at saturation, ascending. */
  readonly shares: readonly number[];
  /** Of each rate. */
  readonly seconds: number;
}

const CONNECTIONS = 64;
const SEED = 9449; // the same arrivals for everyone

/** Below saturation latency means something: requests come when they come, and are timed from there. */
export async function runRates(
  { trial, venues }: OpenTrial,
  generator: Generator,
  throughput: number,
  { shares, seconds }: RatesOptions,
): Promise<AtRate[]> {
  const [venue] = venues;
  if (venue === undefined || venues.length > 1) throw new Error(`${trial.name}: rates are those of one process`);
  const rates: AtRate[] = [];
  for (const share of shares) {
    const [rate, count] = [throughput * share, Math.round(throughput * share * seconds)];
    await generator.plan(venue.source, count);
    const { target, server } = venue;
    const loop = { target, connections: CONNECTIONS, rate, count, seed: SEED };
    const { result, used } = await watching(server, generator.openLoop(loop));
    const { failures, achieved, p50, p99, p999, worst, requests, late, isBehind } = result;
    expectNone(trial.name, failures);
    const latency = { p50, p99, p999, worst, late };
    rates.push({ share, rate, achieved, ...latency, cpu: used.cpu, requests, ...(isBehind ? { isBehind } : {}) });
  }
  return rates;
}
