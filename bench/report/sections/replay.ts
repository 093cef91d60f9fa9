import type { Report, Result } from '../../result.ts';
import { number } from '../comparison.ts';
import { ofGroup, REPLAY_TABLE } from '../figures.ts';
import { count, roundTime, time } from '../format.ts';
import { type Html, html } from '../markup.ts';
import { barPlot, upTo } from '../plots/bars.ts';
import { type Axis, curvePlot } from '../plots/curves.ts';
import { linearTicks } from '../plots/linear-ticks.ts';
import { logAxis } from '../plots/log-axis.ts';
import { figure, type Section, table } from '../section.ts';

/** What the memory of used proofs takes, and how long an entry takes to add, by the number of live ones. */
export function replaySection(report: Report): Section | undefined {
  const results = ofGroup(report, 'replay');
  if (results.length === 0) return undefined;
  return {
    id: 'replay',
    title: 'The memory of used proofs',
    body: html`<p>A proof is good once. The verifier remembers each that it took until it could not be taken any more, in a table of
its own memory that never forgets a live entry: when it is full, it refuses.</p>
${bySize(results)}
${places(results)}
${table({
  caption: 'Memory and time of one entry',
  head: ['', 'live entries', 'figure', '10th – 90th percentile'],
  rows: results.map(({ name, entries, unit, value }) => [
    name,
    entries === undefined ? '' : count(entries),
    shown(unit, value.median),
    value.low === value.high ? '' : `${shown(unit, value.low)} – ${shown(unit, value.high)}`,
  ]),
})}`,
  };
}

const shown = (unit: Result['unit'], value: number) => (unit === 'bytes' ? `${number(value)}\u00a0bytes` : time(value));
const isOurs = ({ name }: Result) => name.startsWith(REPLAY_TABLE);

/** Whether it stays flat as the table grows. */
function bySize(results: readonly Result[]): Html | undefined {
  const ours = results.filter((each) => isOurs(each) && each.entries !== undefined);
  const bytes = ours.filter(({ unit }) => unit === 'bytes');
  const means = ours.filter(({ unit, name }) => unit === 'µs CPU' && /mean/.test(name));
  if (bytes.length < 2 && means.length < 2) return undefined;
  return html`<div class="multiples">
${bytes.length > 1 ? weight(bytes) : undefined}
${means.length > 1 ? speed(means) : undefined}
</div>`;
}

function weight(bytes: readonly Result[]): Html {
  const most = Math.max(...bytes.map(({ value }) => value.median));
  const y = { label: 'bytes', scale: linearTicks(most), format: String };
  const plot = curve('Bytes of an entry by live entries', bytes, y);
  return figure(plot, html`<strong>Memory</strong> of one live entry`);
}

function speed(means: readonly Result[]): Html {
  const most = Math.max(...means.map(({ value }) => value.median));
  const plot = curve('CPU time to add an entry by live entries', means, {
    label: 'CPU',
    scale: linearTicks(most),
    format: roundTime,
  });
  return figure(plot, html`<strong>Time</strong> to add one entry, the mean`);
}

function curve(what: string, results: readonly Result[], y: Axis): Html {
  const short = new Intl.NumberFormat('en-US', { notation: 'compact' });
  const points = results
    .map(({ entries = 1, value }) => ({ x: entries, y: value.median }))
    .toSorted((a, b) => a.x - b.x);
  const inWords = results.map(({ entries = 0, unit, value }) => `${count(entries)}: ${shown(unit, value.median)}`);
  const scale = logAxis(
    points.map(({ x }) => x),
    5,
  );
  return curvePlot({
    label: `${what}: ${inWords.join('; ')}`,
    x: { label: 'live entries, logarithmic', scale, format: (value) => short.format(value) },
    y,
    curves: [{ shape: 'p50', points }],
  });
}

/** Our table beside other places to remember in, at a million entries where it was weighed at that. */
function places(results: readonly Result[]): Html | undefined {
  const bytes = results.filter(({ unit }) => unit === 'bytes');
  const others = bytes.filter((each) => !isOurs(each));
  const ours = bytes.find((each) => isOurs(each) && each.entries === 1_000_000) ?? bytes.find(isOurs);
  if (others.length === 0 || ours === undefined) return undefined;
  const bars = [ours, ...others].map((each) => ({
    name: each.name.replace(': live entry at', ','),
    segments: upTo(isOurs(each) ? 'ours' : 'peer', each.value.median),
    text: shown('bytes', each.value.median),
  }));
  const label = `Bytes of an entry: ${bars.map(({ name, text }) => `${name} ${text}`).join('; ')}`;
  return figure(barPlot({ label, unit: 'bytes', bars }), 'Memory of one live entry, in other places too.');
}
