import { axisX, gridX, type Markish, type PlotOptions, text } from '@observablehq/plot';
import { FONT, type Size, WIDTH } from './plot.ts';
import { textWidth } from './text-width.ts';

/** What is shown in a row of its own, beside its name. */
export interface Named {
  readonly name: string;
  readonly row: number;
}

const GAP = 10; // px between a name and what it names
const LONGEST = 280; // px; a longer name is wrapped
const BELOW = 40; // px of the axis
const LINE = 14; // px of a line of a name
const NARROWER = 0.9; // the font that the library wraps by, than the one that a reader may have
const SHOWN = { wide: 32, narrow: 30 } as const; // px of what is shown, and the space around it

/** px of a row. On a phone the name stands above what is shown. */
export function rowHeight(size: Size, rows: readonly Named[]): number {
  return SHOWN[size] + (size === 'wide' ? 0 : LINE * mostLines(rows));
}

/** px from the middle of a row to that of what it shows. */
export function lower(size: Size, rows: readonly Named[]): number {
  return size === 'wide' ? 0 : (LINE * mostLines(rows)) / 2 + 1;
}

/** Size and margins of so many rows, with `right` px for words. */
export function rowsFrame(size: Size, rows: readonly Named[], right: number): PlotOptions {
  return {
    width: WIDTH[size],
    height: rows.length * rowHeight(size, rows) + BELOW,
    marginLeft: size === 'wide' ? nameWidth(rows) + GAP : GAP,
    marginRight: right,
    marginTop: 4,
    marginBottom: BELOW,
    y: { type: 'band', axis: null, domain: rows.map(({ row }) => row), padding: 0 },
  };
}

/** A linear axis below all rows. */
export function rowsAxis(size: Size, unit: string): Markish[] {
  const ticks = size === 'wide' ? 6 : 3;
  return [
    gridX({ ticks, stroke: 'var(--grid)', strokeOpacity: 1 }),
    axisX({ ticks, tickSize: 0, label: unit, labelAnchor: 'right', labelArrow: 'none', fill: 'var(--muted)' }),
  ];
}

/** To the left of what is shown, and on a phone above it. */
export function namesMark(size: Size, rows: readonly Named[]): Markish {
  const halo = { stroke: 'var(--ground)', strokeWidth: 4 } as const; // over lines of the axis
  const look = { y: 'row', text: 'name', fill: 'var(--ink)', lineHeight: LINE / FONT, ...halo } as const;
  const wrapped = rows.some(({ name }) => textWidth(name) > widest(size))
    ? { lineWidth: (widest(size) * NARROWER) / FONT }
    : {};
  return size === 'wide'
    ? text(rows, { ...look, ...wrapped, frameAnchor: 'left', textAnchor: 'end', dx: -GAP })
    : text(rows, { ...look, ...wrapped, frameAnchor: 'left', textAnchor: 'start', dx: 1 - GAP, dy: -LINE / 2 - 3 });
}

const widest = (size: Size) => (size === 'wide' ? LONGEST : WIDTH.narrow - 70);

function nameWidth(rows: readonly Named[]): number {
  return Math.min(LONGEST, Math.max(...rows.map(({ name }) => textWidth(name))));
}

const mostLines = (rows: readonly Named[]) =>
  Math.max(...rows.map(({ name }) => Math.ceil(textWidth(name) / widest('narrow'))));
