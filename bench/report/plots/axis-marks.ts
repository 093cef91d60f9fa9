import { type Markish, text } from '@observablehq/plot';

export type Format = (value: number) => string;
type Ticks = readonly number[];

const LOOK = { fill: 'var(--muted)', fontVariant: 'tabular-nums' } as const;
const itself = <Value>(value: Value) => value;

/** Words at these values, and the unit below: the library's own marks leave out some words of a logarithmic axis. */
export function axisMarksX(ticks: Ticks, format: Format, unit: string): Markish[] {
  const below = { ...LOOK, lineAnchor: 'top' } as const;
  return [
    text([...ticks], { ...below, x: itself, frameAnchor: 'bottom', dy: 7, text: format }),
    text([unit], { ...below, frameAnchor: 'bottom-right', dy: 25, text: itself }),
  ];
}

/** Words to the left of these values, and the unit above. */
export function axisMarksY(ticks: Ticks, format: Format, unit: string): Markish[] {
  return [
    text([...ticks], { ...LOOK, y: itself, frameAnchor: 'left', textAnchor: 'end', dx: -8, text: format }),
    text([unit], { ...LOOK, frameAnchor: 'top-left', dx: -54, dy: -22, text: itself }),
  ];
}
