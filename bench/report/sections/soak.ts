import type { Report } from '../../result.ts';
import type { Soak } from '../../soak/soak.ts';
import { count, memory } from '../format.ts';
import { html } from '../markup.ts';
import { curvePlot } from '../plots/curves.ts';
import { linearTicks } from '../plots/linear-ticks.ts';
import { shapeKey } from '../plots/shapes.ts';
import { figure, type Section } from '../section.ts';

/** Whether the memory of a verifier grows over millions of requests. */
export function soakSection({ soak }: Report): Section | undefined {
  if (soak === undefined || soak.samples.length === 0) return undefined;
  const { requests, clients, growth, verdict } = soak;
  return {
    id: 'soak',
    title: 'A long run',
    body: html`<p>${count(requests)} requests of ${count(clients)} clients through one verifier, and its memory after a full
collection: <strong>${verdict}</strong>. The last quarter is ${growth.toFixed(3)} times the one before.</p>
<div class="multiples">${figure([plotOf(soak), shapeKey({ p50: 'resident', p99: 'heap' })], html`<strong>Memory</strong> of the process`)}</div>`,
  };
}

function plotOf({ requests, samples }: Soak) {
  const most = Math.max(...samples.map(({ resident }) => resident));
  const short = new Intl.NumberFormat('en-US', { notation: 'compact' });
  const curve = (shape: 'p50' | 'p99', of: 'resident' | 'heap') => ({
    shape,
    points: samples.map((sample) => ({ x: sample.requests, y: sample[of] })),
  });
  return curvePlot({
    label: `Memory by requests: ${samples.map((sample) => `${count(sample.requests)} ${memory(sample.resident)}`).join('; ')}`,
    x: { label: 'requests', scale: [0, requests / 2, requests], format: (value) => short.format(value) },
    y: { label: 'MiB', scale: linearTicks(most), format: count },
    curves: [curve('p50', 'resident'), curve('p99', 'heap')],
  });
}
