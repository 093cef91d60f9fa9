import type { AtRate, Report, Scenario } from '../../result.ts';
import { count, percent, roundTime, time } from '../format.ts';
import { type Html, html } from '../markup.ts';
import { type Axis, curvePlot } from '../plots/curves.ts';
import { logAxis } from '../plots/log-axis.ts';
import { shapeKey } from '../plots/shapes.ts';
import { figure, folded, type Section, table } from '../section.ts';
import { scenarioName } from './under-load.ts';

const PERCENTILES = ['p50', 'p99', 'p999'] as const;
const OF_SATURATION: Axis = { label: 'of saturation', scale: [0, 0.25, 0.5, 0.75, 1], format: percent };
const TICKS = 7;

/** Latency against rate: how near to saturation a venue may be run. */
export function latencyCurvesSection({ load }: Report): Section | undefined {
  const scenarios = (load?.scenarios ?? []).filter(({ rates }) => rates.length > 0);
  if (scenarios.length === 0) return undefined;
  const curved = scenarios.filter(({ rates }) => rates.length > 1);
  const figures = figuresOf(scenarios);
  return {
    id: 'latency',
    title: 'Latency by load',
    body: html`<p>Requests are sent when they are due, whether or not earlier ones were answered, and timed from that moment.
${curved.length > 0 ? 'All plots have the same axes.' : undefined}</p>
${curved.length > 0 ? [curves(curved), folded('The figures of these curves', figures)] : figures}
${behind(scenarios)}`,
  };
}

function curves(scenarios: readonly Scenario[]): Html {
  const values = scenarios.flatMap(({ rates }) => rates.flatMap(({ p50, p99, p999 }) => [p50, p99, p999]));
  const y = { label: 'by the wall, logarithmic', scale: logAxis(values, TICKS), format: roundTime };
  return html`${shapeKey({ p50: 'p50', p99: 'p99', p999: 'p99.9' })}
<div class="multiples">${scenarios.map((scenario) => curve(scenario, y))}</div>`;
}

function curve(scenario: Scenario, y: Axis): Html {
  const name = scenarioName(scenario);
  const inWords = scenario.rates.map(({ share, p99 }) => `${percent(share)} ${time(p99)}`);
  const plot = curvePlot({
    label: `${name}, p99 by share of saturation: ${inWords.join('; ')}`,
    x: OF_SATURATION,
    y,
    curves: PERCENTILES.map((shape) => ({
      shape,
      points: scenario.rates.map((rate) => ({ x: rate.share, y: rate[shape] })),
    })),
  });
  const top = scenario.saturation;
  const full = top === undefined ? '' : `: 100 % are ${count(top.throughput.median)} requests a second`;
  return figure(plot, html`<strong>${name}</strong>${full}`);
}

function figuresOf(scenarios: readonly Scenario[]): Html {
  return table({
    caption: 'Latency by load',
    head: ['', 'of saturation', 'due/s', 'answered/s', 'p50', 'p99', 'p99.9', 'worst', 'CPU per request'],
    rows: scenarios.flatMap((scenario) => scenario.rates.map((rate) => toRow(scenario, rate))),
  });
}

function toRow(scenario: Scenario, { share, rate, achieved, p50, p99, p999, worst, cpu }: AtRate) {
  const times = [p50, p99, p999, worst, cpu].map(time);
  return [scenarioName(scenario), percent(share), count(rate), count(achieved), ...times];
}

/** A generator that could not send in time has measured itself. */
function behind(scenarios: readonly Scenario[]): Html | undefined {
  const late = scenarios.flatMap((scenario) =>
    scenario.rates.flatMap(({ isBehind, share }) =>
      isBehind ? [`${scenarioName(scenario)} at ${percent(share)}`] : [],
    ),
  );
  if (late.length === 0) return undefined;
  return html`<p class="note">The load generator was itself late to send, so that these say more of it than of the venue: ${late.join('; ')}.</p>`;
}
