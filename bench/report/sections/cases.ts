import type { Comparison, Group, Report, Result } from '../../result.ts';
import { cells, number } from '../comparison.ts';
import { count } from '../format.ts';
import { html } from '../markup.ts';
import { folded, type Section, table } from '../section.ts';

const GROUPS: Readonly<Record<Group, string>> = {
  raw: 'raw cryptography',
  verify: 'verification',
  step: 'step of a verification',
  refuse: 'refusal',
  peer: 'other library',
  issue: 'token',
  sign: 'proof',
  message: 'signed message',
  replay: 'replay table',
};

/** Everything that was measured in rounds, for who wants to check a sentence above. */
export function casesSection({ cases = [] }: Report): Section | undefined {
  if (cases.length === 0) return undefined;
  const all = table({
    caption: 'All cases',
    head: ['', 'kind', 'figure', 'unit', '10th – 90th percentile', 'µs by the wall', 'operations', 'rounds', 'beside'],
    rows: cases.map(toRow),
    words: [1, 3, 8],
    isBroad: true,
  });
  return { id: 'cases', title: 'All figures', body: html`${folded(`All ${cases.length} cases`, all)}` };
}

function toRow({ name, group, unit, value, wall, operations, rounds, comparisons }: Result) {
  const spread = `${number(value.low)} – ${number(value.high)}`;
  const byTheWall = wall === undefined ? '' : number(wall.median);
  const figures = [number(value.median), unit, spread, byTheWall, count(operations), rounds];
  return [
    name,
    GROUPS[group],
    ...figures,
    comparisons
      .map(beside)
      .filter((text) => text !== '')
      .join('; '),
  ];
}

const beside = (comparison: Comparison) => cells(comparison)[0] ?? '';
