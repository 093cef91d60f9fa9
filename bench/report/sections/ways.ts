import type { WayResult } from '../../latency/latency.ts';
import type { Report } from '../../result.ts';
import { cells } from '../comparison.ts';
import { count, roundTime, time } from '../format.ts';
import { html } from '../markup.ts';
import { pointPlot } from '../plots/points.ts';
import { shapeKey } from '../plots/shapes.ts';
import { figure, type Section, table } from '../section.ts';
import { verdictOf } from '../verdict-words.ts';

/** How long one request takes by each way that the client has. */
export function waysSection({ latency }: Report): Section | undefined {
  if (latency === undefined || latency.ways.length === 0) return undefined;
  const { rounds, ways } = latency;
  const plot = pointPlot({
    label: `Latency of one request: ${ways.map(({ name, p50 }) => `${name} ${time(p50)}`).join('; ')}`,
    unit: 'by the wall, logarithmic',
    format: roundTime,
    rows: ways.map(({ name, p50, p90, p99 }) => ({
      name,
      points: [
        { shape: 'p50', value: p50 },
        { shape: 'p90', value: p90 },
        { shape: 'p99', value: p99 },
      ],
      text: time(p50),
    })),
  });
  return {
    id: 'ways',
    title: 'What the client adds to a request',
    body: html`<p>One request over TLS at a time, from the call to the end of the answer: by undici alone with a proof made
beforehand, and by the ways of our client, which makes it on the way. ${count(rounds)} rounds.</p>
${figure([shapeKey({ p50: 'p50', p90: 'p90', p99: 'p99' }), plot], 'How long one request takes by the wall, on a logarithmic axis; in figures, p50.')}
${table({
  caption: 'Ways to send a request',
  head: ['', 'p50', 'p90', 'p99', 'adds', 'spread, µs', 'bar, µs', 'verdict'],
  rows: ways.flatMap(toRows),
  words: [4, 7],
})}
<p class="note">What a way adds is the median of the differences in each round.</p>`,
  };
}

function toRows({ name, p50, p90, p99, comparisons }: WayResult) {
  const times = [p50, p90, p99].map(time);
  if (comparisons.length === 0) return [[name, ...times, '', '', '', '']];
  return comparisons.map((comparison) => {
    const [what = '', spread = '', bar = ''] = cells(comparison);
    const verdict = comparison.verdict === undefined ? '' : verdictOf(comparison.verdict);
    return [name, ...times, what, spread, bar, verdict];
  });
}
