/** What Holdfast costs: `npm run bench -- --help`. A bar that is missed is a measurement, not a fault. */
import { describeMachine, load } from './machine.ts';
import { runMicro } from './micro/run.ts';
import { type Options, readOptions, USAGE, UsageError } from './options.ts';
import { machineLines } from './report/machine.ts';
import { soakLines } from './report/soak.ts';
import { notes, tableLines } from './report/table.ts';
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
  const machine = describeMachine();
  const [started, before] = [performance.now(), load()];
  const measured = options.soak
    ? { soak: await runSoak(options.requests, tell) }
    : { cases: await runMicro(options, tell) };
  const took = Math.round((performance.now() - started) / 1000);
  const circumstances = { mode: options.quick ? 'quick' : 'full', seconds: took, load: [before, load()] };
  if (options.json) {
    print(JSON.stringify({ machine, ...circumstances, ...measured }));
    return;
  }
  print(...machineLines(machine), '');
  if (measured.cases !== undefined) print(...tableLines(measured.cases), '', ...notes(measured.cases));
  if (measured.soak !== undefined) print(...soakLines(measured.soak));
  print(`took ${took} s; load of the machine ${before} before, ${load()} after`);
}

function print(...lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Progress, for a person who waits. */
function tell(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
}
