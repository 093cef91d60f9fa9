/** What Holdfast costs: `npm run bench -- --help`. A bar that is missed is a measurement, not a fault. */
import { runLatency } from './latency/latency.ts';
import { describeMachine, load } from './machine.ts';
import { runMicro } from './micro/run.ts';
import { isChosen, type Options, readOptions, USAGE, UsageError } from './options.ts';
import { reportLines } from './report/lines.ts';
import type { Report } from './result.ts';
import { runSoak } from './soak/soak.ts';

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
  const report = await measure(options);
  if (options.json) print(JSON.stringify(report));
  else print(...reportLines(report));
}

async function measure(options: Options): Promise<Report> {
  const machine = describeMachine();
  const [started, start, before] = [new Date().toISOString(), performance.now(), load()];
  const parts = await measureParts(options);
  if (Object.keys(parts).length === 0) throw new UsageError('--only, --alg: nothing is of this name and algorithm');
  const seconds = Math.round((performance.now() - start) / 1000);
  const mode = options.quick ? 'quick' : 'full';
  return { machine, started, mode, seconds, loadAverage: [before, load()], ...parts };
}

/** What the options ask for. Each part is absent when nothing of it was. */
async function measureParts(options: Options): Promise<Pick<Report, 'latency' | 'cases' | 'soak'>> {
  const { quick, seconds, parts, requests } = options;
  // First, while this process has done nothing else: a client has a young heap and code of its own too
  const isTimed = parts.has('latency') && isChosen(options, { name: 'latency' });
  const latency = isTimed ? { latency: await runLatency(seconds ?? (quick ? 5 : 20), tell) } : {};
  const cases = parts.has('micro') ? await runMicro(options, tell) : [];
  const soak = parts.has('soak') ? { soak: await runSoak(requests, tell) } : {};
  return { ...latency, ...(cases.length > 0 ? { cases } : {}), ...soak };
}

function print(...lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Progress, for a person who waits. */
function tell(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
}
