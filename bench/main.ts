/** What Holdfast costs: `npm run bench -- --help`. A bar that is missed is a measurement, not a fault. */
import { compareReports } from './compare.ts';
import { measure } from './measure.ts';
import { type Options, readOptions, USAGE, UsageError } from './options.ts';
import { changeLines } from './report/compare.ts';
import { reportLines } from './report/lines.ts';
import { prepareFolder, readReport, saveReport } from './saved-report.ts';

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) print(USAGE);
  else await bench(options);
} catch (thrown) {
  tell('');
  const isUsage = thrown instanceof UsageError;
  process.stderr.write(`bench: ${isUsage ? thrown.message : ((thrown as Error).stack ?? thrown)}\n`);
  process.exitCode = isUsage ? 2 : 1;
}

async function bench(options: Options): Promise<void> {
  // First: who waits ten minutes is not told afterwards that the file is none, or has no place
  const earlier = options.compare === undefined ? undefined : await readReport(options.compare);
  if (options.out !== undefined) await prepareFolder(options.out);
  const report = options.report === undefined ? await measure(options, tell) : await readReport(options.report);
  const changes = earlier && compareReports(earlier, report);
  if (options.json) print(JSON.stringify({ ...report, ...(changes && { changes }) }));
  else print(...reportLines(report), ...(earlier && changes ? ['', ...changeLines(changes, earlier, report)] : []));
  // Last: what cannot be written has been seen
  const files = options.out === undefined ? [] : await saveReport(report, options.out);
  if (!options.json) for (const file of files) print(`written: ${file}`);
  if (changes?.some(({ verdict }) => verdict === 'worse')) process.exitCode = 3;
}

function print(...lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** Progress, for a person who waits. */
function tell(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`);
}
