import { dot, gridX, type Markish, type PlotOptions, ruleX, ruleY, text } from '@observablehq/plot';
import type { Html } from '../markup.ts';
import { axisMarksX } from './axis-marks.ts';
import { logAxis } from './log-axis.ts';
import { inBothSizes, type Size } from './plot.ts';
import { lower, namesMark, rowsFrame } from './rows.ts';
import { SHAPES, type Shape, SYMBOLS } from './shapes.ts';
import { textWidth } from './text-width.ts';

export interface PointRow {
  readonly name: string;
  readonly points: readonly { readonly shape: Shape; readonly value: number }[];
  /** The line behind the points; without it, from the least to the greatest. */
  readonly spread?: { readonly low: number; readonly high: number };
  /** The figure in words. */
  readonly text: string;
}

export interface Points {
  readonly label: string;
  readonly unit: string;
  readonly format: (value: number) => string;
  readonly rows: readonly PointRow[];
  /** A value with a line over the whole height. */
  readonly mark?: number;
}

const GAP = 12; // px

/** Rows of points on a logarithmic axis: for what differs by more than bars can show. */
export function pointPlot({ rows, ...points }: Points): Html {
  const all = rows.map((each, row) => ({ ...each, row, ...endsOf(each) }));
  return inBothSizes(points.label, (size) => optionsOf(size, points, all));
}

type Row = PointRow & { readonly row: number; readonly low: number; readonly high: number };

function optionsOf(size: Size, { unit, format, mark }: Omit<Points, 'rows'>, rows: readonly Row[]): PlotOptions {
  const marked = mark === undefined ? [] : [mark];
  const axis = logAxis([...marked, ...rows.flatMap(({ low, high }) => [low, high])], size === 'wide' ? 9 : 5);
  return {
    ...rowsFrame(size, rows, size === 'wide' ? wordsWidth(rows) + 2 * GAP : GAP),
    x: { type: 'log', axis: null, domain: [...axis.domain] },
    marks: [
      gridX({ ticks: [...axis.ticks], stroke: 'var(--grid)', strokeOpacity: 1 }),
      ...axisMarksX(axis.ticks, format, unit),
      ruleX(marked, { stroke: 'var(--ink)', strokeWidth: 1.25 }),
      ruleY(rows, {
        y: 'row',
        x1: 'low',
        x2: 'high',
        dy: lower(size, rows),
        stroke: 'var(--muted)',
        strokeWidth: 1.25,
      }),
      ...pointMarks(size, rows),
      wordsMark(size, rows),
      namesMark(size, rows),
    ],
  };
}

function pointMarks(size: Size, rows: readonly Row[]): Markish[] {
  const all = rows.flatMap(({ row, points }) => points.map((point) => ({ ...point, row })));
  return SHAPES.map((shape) => {
    const ofShape = all.filter((point) => point.shape === shape);
    const look = {
      fill: `var(--${shape})`,
      stroke: 'var(--ground)',
      strokeWidth: 1,
      symbol: SYMBOLS[shape],
      r: 5,
    } as const;
    return dot(ofShape, { y: 'row', x: 'value', dy: lower(size, rows), ...look });
  });
}

/** In a column of their own at the right, and on a phone at the end of the line of the name. */
function wordsMark(size: Size, rows: readonly Row[]): Markish {
  const look = {
    y: 'row',
    text: 'text',
    frameAnchor: 'right',
    fill: 'var(--ink)',
    fontVariant: 'tabular-nums',
  } as const;
  const place = size === 'wide' ? { dx: wordsWidth(rows) + 2 * GAP } : { dx: GAP, dy: -10 };
  return text(rows, { ...look, ...place, textAnchor: 'end' });
}

const wordsWidth = (rows: readonly Row[]) => Math.max(...rows.map(({ text: words }) => textWidth(words)));

function endsOf({ points, spread }: PointRow): { low: number; high: number } {
  const values = points.map(({ value }) => value);
  return spread ?? { low: Math.min(...values), high: Math.max(...values) };
}
