import { describe, expect, it } from 'vitest';
import { faults, type Row } from './faults.ts';
import type { TestTitle } from './titles.ts';

const row: Row = {
  id: 'DPOP-4.3-08',
  source: 'RFC 9449 §4.3 (8)',
  actors: ['RS'],
  level: 'MUST',
  requirement: 'The method fits.',
};
const test = (title: string, more: Partial<TestTitle> = {}): TestTitle => ({
  file: 'verifier/a.test.ts',
  path: ['a suite', title],
  runs: true,
  ...more,
});
const shown = test('DPOP-4.3-08: refuses another method');

describe('a catalogue and its tests', () => {
  it.each<[string, Row[], TestTitle[]]>([
    ['a row with its test', [row], [shown]],
    ['a test without id', [row], [shown, test('refuses another method')]],
    ['an id in the title of a suite', [row], [test('refuses', { path: ['DPOP-4.3-08 the method', 'refuses'] })]],
    ['a reason for no test', [{ ...row, absent: 'There is no method.' }], []],
    ['a MAY without test', [{ ...row, level: 'MAY' }], []],
    [
      'a MUST of the issuer that is shown elsewhere',
      [{ ...row, actors: ['AS'] }],
      [{ ...shown, file: 'issuer/a.test.ts' }],
    ],
    ['a SHOULD that is shown elsewhere', [{ ...row, level: 'SHOULD' }], [{ ...shown, file: 'proof/a.test.ts' }]],
  ])('agree: %s', (_what, rows, titles) => {
    expect(faults(rows, titles)).toEqual([]);
  });

  const unshown = 'DPOP-4.3-08: a MUST with neither a test that runs nor a reason';
  const stray = (word: string) => `${word}: no id, or not in front, in verifier/a.test.ts`;
  it.each<[string, Row[], TestTitle[], string[]]>([
    ['a MUST without test', [row], [], [unshown]],
    ['a MUST whose test does not run', [row], [{ ...shown, runs: false }], [unshown]],
    [
      'a MUST that is named in another title only',
      [row],
      [test('refuses by DPOP-4.3-08')],
      [unshown, stray('DPOP-4.3-08')],
    ],
    ['a SHOULD without test', [{ ...row, level: 'SHOULD' }], [], [unshown.replace('MUST', 'SHOULD')]],
    [
      'a MUST of the resource server that is shown elsewhere',
      [row],
      [{ ...shown, file: 'proof/a.test.ts' }],
      ['DPOP-4.3-08: a MUST of the resource server that no test of the verifier shows'],
    ],
    ['a test without row', [], [shown], ['DPOP-4.3-08: no row, named in verifier/a.test.ts']],
    ['two rows of one id', [row, row], [shown], ['DPOP-4.3-08: a second row']],
    [
      'a reason beside a test',
      [{ ...row, review: 'It is settled.' }],
      [shown],
      ['DPOP-4.3-08: a reason and a test: verifier/a.test.ts'],
    ],
    ['two reasons', [{ ...row, review: 'It is settled.', absent: 'It is not.' }], [], ['DPOP-4.3-08: two reasons']],
    ['an empty reason', [{ ...row, absent: '' }], [], ['DPOP-4.3-08: a reason that is no sentence']],
    ['another section', [{ ...row, source: 'RFC 9449 §4.2' }], [shown], ['DPOP-4.3-08: the id is of another source']],
    ['no actor', [{ ...row, actors: [] }], [shown], ['DPOP-4.3-08: no actor']],
    ['another level', [{ ...row, level: 'must' as 'MUST' }], [shown], ['DPOP-4.3-08: no level']],
    ['a word that is nearly an id', [], [test('DPoP-4.3-08: refuses')], [stray('DPoP-4.3-08')]],
  ])('do not agree: %s', (_what, rows, titles, found) => {
    expect(faults(rows, titles)).toEqual(found);
  });

  it('do not agree: a row whose id is none', () => {
    expect(faults([{ ...row, id: 'DPOP-4.3-8' }], [])).toContain('DPOP-4.3-8: no requirement id');
  });
});
