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
const WARM_UP = 1500; // requests
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
  const { target, server, source } = venue;
  const run = async (rate: number, count: number) => {
    await generator.plan(source, count);
    return await watching(server, generator.openLoop({ target, connections: CONNECTIONS, rate, count, seed: SEED }));
  };
  await run(throughput / 2, WARM_UP); // autocannon has not warmed the code that sends when it is due
  const rates: AtRate[] = [];
  for (const share of shares) {
    const rate = throughput * share;
    const { result, used } = await run(rate, Math.round(rate * seconds));
    const { failures, achieved, p50, p99, p999, worst, requests, late, isBehind } = result;
    expectNone(trial.name, failures);
    const latency = { p50, p99, p999, worst, late };
    rates.push({ share, rate, achieved, ...latency, cpu: used.cpu, requests, ...(isBehind ? { isBehind } : {}) });
  }
  return rates;
}
