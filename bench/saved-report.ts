import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from './options.ts';
import type { Report } from './result.ts';

/** Writes what a run has measured: as JSON, as a page with plots, and as a table for a README. Returns the paths. */
export async function saveReport(report: Report, directory: string): Promise<string[]> {
  const { htmlReport } = await import('./report/html.ts'); // here, since plots take a while to load
  const { markdownTable } = await import('./report/markdown.ts');
  const stem = join(directory, `${report.started.replaceAll(':', '-').replace(/\.\d+Z$/, 'Z')}-${report.mode}`);
  const files: [string, string][] = [
    [`${stem}.json`, `${JSON.stringify(report, null, 1)}\n`],
    [`${stem}.html`, htmlReport(report)],
    [`${stem}.md`, `${markdownTable(report)}\n`],
  ];
  await mkdir(directory, { recursive: true });
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
  return report;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Enough to tell a report from other JSON; what is in it, this program wrote. */
function isReport(value: unknown): value is Report {
  const { machine, mode, cases = [], load } = (value ?? {}) as Partial<Report>;
  const isOfARun = typeof machine?.cpu === 'string' && (mode === 'quick' || mode === 'full');
  return isOfARun && Array.isArray(cases) && (load === undefined || Array.isArray(load.scenarios));
}
