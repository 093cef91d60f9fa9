import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { refusals } from '@holdfast/proof';
import { expect, it } from 'vitest';
import { faults, type Row } from './faults.ts';
import { titlesBelow } from './titles.ts';

const rows = JSON.parse(readFileSync(new URL('../catalogue.json', import.meta.url), 'utf8')) as Row[];
const titles = titlesBelow(fileURLToPath(new URL('..', import.meta.url)));

it('every requirement has its tests, and every test its requirement', () => {
  expect(rows.length).toBeGreaterThan(400);
  expect(titles.length).toBeGreaterThan(1000);
  expect(faults(rows, titles)).toEqual([]);
});

it('every refusal enforces a requirement that has a row', () => {
  const ids = new Set(rows.map(({ id }) => id));
  const enforced = refusals().filter(({ requirement }) => !/^(?:RFC [0-9]+|OIDC Core) §/.test(requirement));
  expect(enforced.length).toBeGreaterThan(50);
  expect(enforced.filter(({ requirement }) => !ids.has(requirement))).toEqual([]);
});
