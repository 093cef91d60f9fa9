import type { Outcome, Result } from './scenario.ts';

const HEADINGS = ['', 'scenario', 'expected', 'seen', 'reason'] as const;

/** The table that a person reads: scenario, expected, seen, reason code. */
export function formatTable(title: string, results: readonly Result[]): string {
  const rows = results.map(({ name, expected, seen, passed }) => [
    passed ? 'ok' : 'NO',
    name,
    passed || expected.code === seen.code ? String(expected.status) : describe(expected),
    String(seen.status),
    seen.code ?? '',
  ]);
  const widths = HEADINGS.map((heading, i) => Math.max(heading.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return [title, line(HEADINGS), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line), ''].join('\n');
}

export function closingLine(results: readonly Result[]): string {
  const passed = results.filter((result) => result.passed).length;
  return `${results.length} scenarios: ${passed} ended as expected, ${results.length - passed} did not.`;
}

function describe({ status, code }: Outcome): string {
  return code === undefined ? String(status) : `${status} ${code}`;
}
