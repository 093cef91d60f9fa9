import { barX, type Markish, type PlotOptions, ruleY, text, tickX } from '@observablehq/plot';
import type { Spread } from '../../statistics.ts';
import type { Html } from '../markup.ts';
import { inBothSizes, type Size, WIDTH } from './plot.ts';
import { lower, namesMark, rowHeight, rowsAxis, rowsFrame } from './rows.ts';
import { textWidth } from './text-width.ts';

/** Whose cost a bar is. Each has a colour in the style of the page. */
export type Kind = 'ours' | 'peer' | 'limit';

export interface Bar {
  readonly name: string;
  readonly segments: readonly Segment[];
  /** 10th to 90th percentile, as a line over the end of the bar. */
  readonly spread?: Pick<Spread, 'low' | 'high'>;
  /** The figure in words, to the right of it. */
  readonly text: string;
}

export interface Segment {
  readonly kind: Kind;
  readonly from: number;
  readonly to: number;
}

export interface Bars {
  readonly label: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
}

const GAP = 6; // px between a bar and its words
const THICK = 16; // px

export const upTo = (kind: Kind, to: number): Segment[] => [{ kind, from: 0, to }];

/** Horizontal bars from zero, in the order given, each with its name, its spread and its figure. */
export function barPlot({ label, unit, bars }: Bars): Html {
  const rows = bars.map((bar, row) => ({ ...bar, row, end: endOf(bar) }));
  return inBothSizes(label, (size) => optionsOf(size, unit, rows));
}

type Row = Bar & { readonly row: number; readonly end: number };

function optionsOf(size: Size, unit: string, rows: readonly Row[]): PlotOptions {
  const most = Math.max(...rows.map(({ end }) => end));
  const dy = lower(size, rows);
  const words = { textAnchor: 'start', fill: 'var(--ink)', fontVariant: 'tabular-nums' } as const;
  return {
    ...rowsFrame(size, rows, roomForWords(size, rows, most)),
    x: { domain: [0, most] },
    marks: [
      ...rowsAxis(size, unit),
      ...segmentMarks(size, rows),
      ...spreadMarks(size, rows),
      text(rows, { ...words, y: 'row', x: 'end', dx: GAP, dy, text: 'text' }),
      namesMark(size, rows),
    ],
  };
}

function segmentMarks(size: Size, rows: readonly Row[]): Markish[] {
  const insets = insetsOf(size, rows, THICK);
  const all = rows.flatMap(({ row, segments }) => segments.map((segment) => ({ ...segment, row })));
  return (['limit', 'ours', 'peer'] as const).map((kind) => {
    const ofKind = all.filter((segment) => segment.kind === kind);
    return barX(ofKind, { y: 'row', x1: 'from', x2: 'to', fill: `var(--${kind})`, ...insets });
  });
}

function spreadMarks(size: Size, rows: readonly Row[]): Markish[] {
  const spreads = rows.flatMap(({ row, spread }) => (spread === undefined ? [] : [{ row, ...spread }]));
  const insets = insetsOf(size, rows, THICK / 2);
  const look = { y: 'row', stroke: 'var(--ink)', strokeWidth: 1.25 } as const;
  return [
    ruleY(spreads, { ...look, x1: 'low', x2: 'high', dy: lower(size, rows) }),
    tickX(spreads, { ...look, ...insets, x: 'low' }),
    tickX(spreads, { ...look, ...insets, x: 'high' }),
  ];
}

/** px to leave free above and below of what is so thick. */
function insetsOf(size: Size, rows: readonly Row[], thick: number) {
  const [around, down] = [(rowHeight(size, rows) - thick) / 2, lower(size, rows)];
  return { insetTop: around + down, insetBottom: around - down };
}

const endOf = ({ segments, spread }: Bar) => Math.max(spread?.high ?? 0, ...segments.map(({ to }) => to));

/** px to the right of the longest bar. A bar that is short has room for its words anyway. */
function roomForWords(size: Size, rows: readonly Row[], most: number): number {
  const drawn = WIDTH[size] * (size === 'wide' ? 0.5 : 0.7);
  return Math.max(GAP, ...rows.map(({ text: words, end }) => textWidth(words) + 2 * GAP - (1 - end / most) * drawn));
}
