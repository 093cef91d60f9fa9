import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Check, faultsOfChecks } from './checks.ts';
import { type TestTitle, titlesBelow } from './titles.ts';

const first: Check = { check: 'C001', level: 'MUST', expected: 'The metadata is there.' };
const second: Check = { check: 'C002', level: 'INTEROP', expected: 'It says where everything is.' };
const test = (title: string, more: Partial<TestTitle> = {}): TestTitle => ({
  file: 'issuer/a.test.ts',
  path: ['a suite', title],
  runs: true,
  ...more,
});

it('every conformance check has its test', () => {
  const url = new URL('../conformance-checks.json', import.meta.url);
  const checks = JSON.parse(readFileSync(url, 'utf8')) as Check[];
  expect(checks.length).toBeGreaterThanOrEqual(95);
  expect(faultsOfChecks(checks, titlesBelow(fileURLToPath(new URL('..', import.meta.url))))).toEqual([]);
});

describe('checks and tests', () => {
  it.each<[string, Check[], TestTitle[]]>([
    ['a check with its test', [first], [test('C001 finds it')]],
    ['one test of two checks', [first, second], [test('C001 C002 finds it')]],
    ['a number in the title of a suite', [first], [test('', { path: ['C001 metadata', 'is there'] })]],
    ['a number that is not in the list yet', [first], [test('C001 finds it'), test('C100 over TLS')]],
  ])('agree: %s', (_what, checks, titles) => {
    expect(faultsOfChecks(checks, titles)).toEqual([]);
  });

  it.each<[string, Check[], TestTitle[], string]>([
    ['no test', [first], [], 'C001: no test that runs'],
    ['a test that does not run', [first], [test('C001 finds it', { runs: false })], 'C001: no test that runs'],
    ['a number elsewhere in the title', [first], [test('finds C001')], 'C001: no test that runs'],
    ['a gap', [second], [test('C002 finds it')], 'C002: not the next number'],
    ['a second row', [first, first], [test('C001 finds it')], 'C001: not the next number'],
    ['another level', [{ ...first, level: 'M' as 'MUST' }], [test('C001 finds it')], 'C001: no level'],
    ['no sentence', [{ ...first, expected: '' }], [test('C001 finds it')], 'C001: no sentence'],
    ['a number that there is not', [], [test('C101 finds it')], 'C101: no check, named in issuer/a.test.ts'],
  ])('do not agree: %s', (_what, checks, titles, fault) => {
    expect(faultsOfChecks(checks, titles)).toEqual([fault]);
  });
});
