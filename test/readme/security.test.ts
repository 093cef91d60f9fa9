import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Code, refusals } from '@holdfast/proof';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const security = readFileSync(join(root, 'SECURITY.md'), 'utf8');
const citations = [...security.matchAll(/`(test\/[^`]+)` › ([^|\n]+?)\.?(?= \||\n)/g)].map(
  ([, file = '', title = '']) => [file, title] as const,
);

describe('SECURITY.md', () => {
  it('cites a test for every row of what is stopped', () => {
    const rows = security
      .split('## What is stopped')[1]
      ?.split('## What is not claimed')[0]
      ?.match(/^\| (?!the thief|---).*$/gm);
    expect(rows?.length).toBeGreaterThan(25);
    expect(rows?.filter((row) => !/`test\/[^`]+` › /.test(row))).toEqual([]);
  });

  it.each(citations)('%s has a test with «%s» in its title', (file, title) => {
    const path = join(root, file);
    expect(existsSync(path)).toBe(true);
    expect(readFileSync(path, 'utf8')).toContain(title);
  });

  it('names reason codes that exist', () => {
    const codes = refusals().map(({ code }) => code);
    const named = [...security.matchAll(/^\|[^|]+\|([^|]+)\|/gm)].flatMap(([, cell]) => [
      ...(cell ?? '').matchAll(/`([a-z0-9_]+)`/g),
    ]);
    expect(named.length).toBeGreaterThan(25);
    for (const [, code] of named) expect(codes).toContain(code as Code);
  });
});
