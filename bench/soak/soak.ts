import { collectAll } from '../garbage.ts';
import { inFlight } from '../micro/in-flight.ts';
import { openScene } from '../scene/scene.ts';
import { percentile } from '../statistics.ts';

/** The memory of the process after so many requests and a collection, in MiB. */
export interface MemorySample {
  readonly requests: number;
  readonly seconds: number;
  readonly resident: number;
  readonly heap: number;
  readonly buffers: number;
}

export interface Soak {
  readonly requests: number;
  readonly clients: number;
  readonly samples: readonly MemorySample[];
  /** Resident memory of the last quarter over that of the quarter before. */
  readonly growth: number;
  readonly verdict: 'flat' | 'grows' | 'too short to tell';
}

const MOST_CLIENTS = 10_000;
const REQUESTS_OF_EACH = 10; // at least: to make a client takes longer than to verify its request
const BATCH = 500;
const SAMPLES = 40;
const FLAT = 1.05;
const WARM = 300; // seconds until nonces, and with them the table of used proofs, have gone round twice

/** Many requests of many clients through one verifier, each with a proof of its own, and what it does to the memory. */
export async function runSoak(requests: number, say: (line: string) => void): Promise<Soak> {
  const clients = Math.min(MOST_CLIENTS, Math.ceil(requests / REQUESTS_OF_EACH));
  say(`${clients} clients come for the first time`);
  const scene = await openScene({ clients });
  const start = performance.now();
  const samples: MemorySample[] = [];
  const step = requests / SAMPLES;
  for (let done = 0; done < requests; ) {
    const fresh = await scene.requests(Math.min(BATCH, requests - done));
    await inFlight(fresh, 1, (request) => scene.verifier.verify(request));
    done += fresh.length;
    if (done < requests && done < (samples.length + 1) * step) continue;
    const sample = await takeSample(done, (performance.now() - start) / 1000);
    samples.push(sample);
    say(`${done} requests: ${sample.resident} MiB`);
  }
  return { requests, clients, samples, ...judge(samples) };
}

/** After a full collection: between two of them garbage makes a saw of hundreds of MiB, in which a leak would hide. */
async function takeSample(requests: number, seconds: number): Promise<MemorySample> {
  await collectAll();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  const mebibytes = (bytes: number) => Math.round((bytes / 2 ** 20) * 10) / 10;
  return {
    requests,
    seconds: Math.round(seconds),
    resident: mebibytes(rss),
    heap: mebibytes(heapUsed),
    buffers: mebibytes(arrayBuffers),
  };
}

function judge(samples: readonly MemorySample[]): Pick<Soak, 'growth' | 'verdict'> {
  const quarter = Math.floor(samples.length / 4);
  const growth = middle(samples.slice(-quarter)) / middle(samples.slice(-2 * quarter, -quarter));
  const begins = samples.at(-2 * quarter)?.seconds ?? 0;
  if (quarter === 0 || begins < WARM) return { growth, verdict: 'too short to tell' };
  return { growth, verdict: growth <= FLAT ? 'flat' : 'grows' };
}

function middle(samples: readonly MemorySample[]): number {
  const sorted = samples.map(({ resident }) => resident).toSorted((a, b) => a - b);
  return percentile(sorted, 0.5);
}
