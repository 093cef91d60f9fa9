import { readFile } from 'node:fs/promises';
import { UsageError } from './options.ts';
import type { Report } from './result.ts';

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
