/** What Holdfast costs: `npm run bench -- --help`. A bar that is missed is a measurement, not a fault. */
import { type Latency, runLatency } from './latency/latency.ts';
import { describeMachine, load } from './machine.ts';
import type { Result } from './micro/result.ts';
import { runMicro } from './micro/run.ts';
import { type Options, readOptions, USAGE, UsageError } from './options.ts';
import { latencyLines } from './report/latency.ts';
import { machineLines } from './report/machine.ts';
import { soakLines } from './report/soak.ts';
import { notes, tableLines } from './report/table.ts';
import { runSoak, type Soak } from './soak/soak.ts';

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) print(USAGE);
  else await bench(options);
} catch (thrown) {
  const isUsage = thrown instanceof UsageError;
  process.stderr.write(`bench: ${isUsage ? thrown.message : ((thrown as Error).stack ?? thrown)}\n`);
  process.exitCode = isUsage ? 2 : 1;
}

async function bench(options: Options): Promise<void> {
  const machine = describeMachine();
  const [started, before] = [performance.now(), load()];
  const measured = await measure(options);
  const took = Math.round((performance.now() - started) / 1000);
  const circumstances = { mode: options.quick ? 'quick' : 'full', seconds: took, load: [before, load()] };
  if (options.json) {
    print(JSON.stringify({ machine, ...circumstances, ...measured }));
    return;
  }
  print(...machineLines(machine), '');
  if (measured.latency !== undefined) print(...latencyLines(measured.latency), '');
  if (measured.cases !== undefined) print(...tableLines(measured.cases), '', ...notes(measured.cases));
  if (measured.soak !== undefined) print(...soakLines(measured.soak));
  print(`took ${took} s; load of the machine ${before} before, ${load()} after`);
}

interface Measured {
  readonly latency?: Latency;
  readonly cases?: readonly Result[];
  readonly soak?: Soak;
}

/** What the options ask for; without any, everything but the soak. */
async function measure(options: Options): Promise<Measured> {
  const { quick, only, seconds, soak, requests } = options;
  if (soak) return { soak: await runSoak(requests, tell) };
  if (options.latency) return { latency: await runLatency(seconds ?? (quick ? 5 : 20), tell) };
  // First, while this process has done nothing else: a client has a young heap and code of its own too
  const latency = quick || only !== undefined ? {} : { latency: await runLatency(seconds ?? 20, tell) };
  return { ...latency, cases: await runMicro(options, tell) };
}

function print(...lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Progress, for a person who waits. */
function tell(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
}
