import { dot, gridY, line, type PlotOptions } from '@observablehq/plot';
import type { Html } from '../markup.ts';
import { axisMarksX, axisMarksY, type Format } from './axis-marks.ts';
import type { LogAxis } from './log-axis.ts';
import { drawn } from './plot.ts';
import { type Shape, SYMBOLS } from './shapes.ts';

export interface Curve {
  readonly shape: Shape;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface Axis {
  readonly label: string;
  readonly format: Format;
  /** Logarithmic where it is one for that, else linear from zero to the last of these ticks. */
  readonly scale: LogAxis | readonly number[];
}

export interface Curves {
  readonly label: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly curves: readonly Curve[];
}

const SIZE = { width: 328, height: 230, marginLeft: 58, marginRight: 26, marginTop: 30, marginBottom: 42 };

/** A plot that is as small as a phone, so that it is drawn once only, and several stand beside each other. */
export function curvePlot({ label, x, y, curves }: Curves): Html {
  const options: PlotOptions = {
    ...SIZE,
    x: scaleOf(x),
    y: scaleOf(y),
    marks: [
      gridY({ ticks: ticksOf(y), stroke: 'var(--grid)', strokeOpacity: 1 }),
      ...axisMarksX(ticksOf(x), x.format, x.label),
      ...axisMarksY(ticksOf(y), y.format, y.label),
      ...curves.flatMap(({ shape, points }) => [
        line(points, { x: 'x', y: 'y', stroke: `var(--${shape})`, strokeWidth: 1.75 }),
        dot(points, {
          x: 'x',
          y: 'y',
          fill: `var(--${shape})`,
          stroke: 'var(--ground)',
          symbol: SYMBOLS[shape],
          r: 4.5,
        }),
      ]),
    ],
  };
  return drawn(label, 'small', options);
}

const isLog = (scale: Axis['scale']): scale is LogAxis => 'domain' in scale;

function scaleOf({ scale }: Axis) {
  if (isLog(scale)) return { type: 'log', axis: null, domain: [...scale.domain] } as const;
  return { type: 'linear', axis: null, domain: [0, scale.at(-1) ?? 1] } as const;
}

const ticksOf = ({ scale }: Axis) => [...(isLog(scale) ? scale.ticks : scale)];
