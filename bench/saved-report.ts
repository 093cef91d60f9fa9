import { access, constants, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from './options.ts';
import { reportLines } from './report/lines.ts';
import type { Report } from './result.ts';

/** Makes the folder where there is none. Throws UsageError where nothing can be written to it. */
export async function prepareFolder(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    await access(directory, constants.W_OK);
  } catch (thrown) {
    throw new UsageError(
      `--out ${directory}: nothing can be written there (${(thrown as NodeJS.ErrnoException).code})`,
    );
  }
}

/**
 * Writes what a run has measured into a folder that is there: as JSON, as a page with plots, and as a table for a README.
 * Returns the paths.
 */
export async function saveReport(report: Report, directory: string): Promise<string[]> {
  const { htmlReport } = await import('./report/html.ts'); // here, since plots take a while to load
  const { markdownTable } = await import('./report/markdown.ts');
  const stem = join(directory, `${report.started.replaceAll(':', '-').replace(/\.\d+Z$/, 'Z')}-${report.mode}`);
  const files: [string, string][] = [
    [`${stem}.json`, `${JSON.stringify(report, null, 1)}\n`],
    [`${stem}.html`, htmlReport(report)],
    [`${stem}.md`, `${markdownTable(report)}\n`],
  ];
  for (const [path, text] of files) await writeFile(path, text);
  return files.map(([path]) => path);
}

/** A report of an earlier run, or a UsageError that says what is wrong with the file. */
export async function readReport(file: string): Promise<Report> {
  const text = await readFile(file, 'utf8').catch((thrown: NodeJS.ErrnoException) => {
    throw new UsageError(`${file}: ${thrown.code === 'ENOENT' ? 'no such file' : `cannot be read (${thrown.code})`}`);
  });
  const report = parse(text);
  if (!isReport(report)) throw new UsageError(`${file}: not a report that npm run bench wrote`);
  if (!isWhole(report)) throw new UsageError(`${file}: a report of which something is missing`);
  return report;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Enough to tell a report from other JSON. */
function isReport(value: unknown): value is Report {
  const { machine, mode, started } = (value ?? {}) as Partial<Report>;
  return typeof machine?.cpu === 'string' && typeof started === 'string' && (mode === 'quick' || mode === 'full');
}

/** What is in it, this program wrote; a file may still be damaged, and then it cannot be shown. */
function isWhole(report: Report): boolean {
  try {
    reportLines(report);
    return true;
  } catch {
    return false;
  }
}
