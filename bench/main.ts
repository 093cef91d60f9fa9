/** What Holdfast costs: `npm run bench -- --help`. A bar that is missed is a measurement, not a fault. */
import { compareReports } from './compare.ts';
import { describeMachine, load } from './machine.ts';
import { isChosen, type Options, readOptions, USAGE, UsageError } from './options.ts';
import { peersAmong } from './peers/peers.ts';
import { changeLines } from './report/compare.ts';
import { reportLines } from './report/lines.ts';
import type { Report } from './result.ts';
import { readReport } from './saved-report.ts';

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
  // First: who waits ten minutes is not told afterwards that the file is none
  const earlier = options.compare === undefined ? undefined : await readReport(options.compare);
  const report = options.report === undefined ? await measure(options) : await readReport(options.report);
  const changes = earlier && compareReports(earlier, report);
  if (options.json) print(JSON.stringify({ ...report, ...(changes === undefined ? {} : { changes }) }));
  else
    print(
      ...reportLines(report),
      ...(earlier && changes ? ['', ...changeLines(changes, earlier.machine, report.machine)] : []),
    );
  if (changes?.some(({ verdict }) => verdict === 'worse')) process.exitCode = 3;
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

type Parts = Pick<Report, 'latency' | 'cases' | 'peers' | 'load' | 'attack' | 'soak' | 'deployed'>;

/**
 * What the options ask for. Each part is absent when nothing of it was, and loaded when it is: whoever asks for help does
 * not wait for the peers.
 */
async function measureParts(options: Options): Promise<Parts> {
  const { quick, seconds, parts, requests, target } = options;
  if (target !== undefined) {
    const { runDeployed } = await import('./deployed/deployed.ts');
    return { deployed: await runDeployed(target, options, tell) };
  }
  let measured: Parts = {};
  // First, while this process has done nothing else: a client has a young heap and code of its own too
  if (parts.has('latency') && isChosen(options, { name: 'latency' })) {
    const { runLatency } = await import('./latency/latency.ts');
    measured = { ...measured, latency: await runLatency(seconds ?? (quick ? 5 : 20), tell) };
  }
  if (parts.has('micro')) {
    const { runMicro } = await import('./micro/run.ts');
    const cases = await runMicro(options, tell);
    if (cases.length > 0) measured = { ...measured, cases, peers: peersAmong(cases) };
  }
  if (parts.has('load')) {
    const { runLoad } = await import('./load/run.ts');
    const measuredLoad = await runLoad(options, tell);
    if (measuredLoad.scenarios.length > 0) measured = { ...measured, load: measuredLoad };
  }
  if (parts.has('attack')) {
    const { runAttack } = await import('./attack/run.ts');
    const attack = await runAttack(options, tell);
    if (attack !== undefined) measured = { ...measured, attack };
  }
  if (parts.has('soak')) {
    const { runSoak } = await import('./soak/soak.ts');
    measured = { ...measured, soak: await runSoak(requests, tell) };
  }
  return measured;
}

function print(...lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Progress, for a person who waits. */
function tell(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
}
