import type { AtRate, Report, Scenario } from '../../result.ts';
import { SATURATED } from '../../verdict.ts';
import { count, listed, memory, percent, time } from '../format.ts';
import { type Html, html } from '../markup.ts';
import { type Bar, barPlot, upTo } from '../plots/bars.ts';
import { SPREAD } from '../plots/case-bars.ts';
import { colourKey } from '../plots/shapes.ts';
import { figure, table } from '../section.ts';

export type Saturated = Scenario & Required<Pick<Scenario, 'saturation'>>;

export const USUAL = 'load DPoP ES256';

export function saturatedScenarios({ load }: Report): Saturated[] {
  return (load?.scenarios ?? []).filter((scenario): scenario is Saturated => scenario.saturation !== undefined);
}

/** The name without what all of them begin with. */
export const scenarioName = ({ name }: Pick<Scenario, 'name'>) => name.replace(/^load /, '');

/** The one that sentences are about. */
export function usualScenario(report: Report): Saturated | undefined {
  return saturatedScenarios(report).find(({ name }) => name === USUAL);
}

/** Whether its requests are bound to who sends them. */
export const isProtected = ({ name }: Pick<Scenario, 'name'>) => !/no auth|bearer|raw/i.test(name);

/** The rate that is nearest to this share of saturation, if it is near. */
export function nearShare(rates: readonly AtRate[], share: number): AtRate | undefined {
  const [nearest] = rates.toSorted((a, b) => Math.abs(a.share - share) - Math.abs(b.share - share));
  return nearest !== undefined && Math.abs(nearest.share - share) < 0.1 ? nearest : undefined;
}

/** A whole venue, as fast as it can. */
export function underLoad(scenarios: readonly Saturated[]): Html {
  const inWords = scenarios.map((each) => `${scenarioName(each)} ${count(each.saturation.throughput.median)}`);
  const plot = barPlot({
    label: `Requests a second at saturation: ${inWords.join('; ')}`,
    unit: 'requests a second',
    bars: scenarios.map(toBar),
  });
  const key = colourKey({ ours: 'checks who sends a request', limit: 'does not: a floor, or a reference' });
  return html`<h3>A venue under load</h3>
<p>A venue in a process of its own answers requests that each carry a proof of their own, as fast as it can. Only a part of
that is verification: HTTP, TLS, routing and the answer are in these figures, as they are in production.</p>
${figure([key, plot], `Answers a second at saturation, of all server processes together. ${SPREAD}`)}
${table({
  caption: 'At saturation, and the latency below it',
  head: ['', 'requests/s', 'CPU per request', 'cores used', 'p99 at 50\u00a0%', 'at 75\u00a0%', 'memory', 'processes'],
  rows: scenarios.map(toRow),
})}
<p class="note">Cores used are those of all server processes. p99 is that of an open loop at this share of saturation.</p>
${notSaturated(scenarios)}`;
}

function toBar(scenario: Saturated): Bar {
  const { throughput } = scenario.saturation;
  const segments = upTo(isProtected(scenario) ? 'ours' : 'limit', throughput.median);
  return { name: scenarioName(scenario), segments, spread: throughput, text: count(throughput.median) };
}

function toRow(scenario: Saturated) {
  const { saturation, rates, processes } = scenario;
  const { throughput, cpu, busy } = saturation;
  const latencies = [0.5, 0.75].map((share) => nearShare(rates, share)?.p99);
  const p99 = latencies.map((value) => (value === undefined ? '' : time(value)));
  const cores = (busy.median * processes).toFixed(2);
  return [
    scenarioName(scenario),
    count(throughput.median),
    time(cpu.median),
    cores,
    ...p99,
    memory(saturation.memory),
    processes,
  ];
}

/** Whether the server could not do more; what asked it may have been the limit instead. */
export const isAtLimit = ({ saturation: { busy } }: Saturated) => busy.median >= SATURATED;

/** What was not at its limit could do more than it was asked for. */
function notSaturated(scenarios: readonly Saturated[]): Html | undefined {
  const idle = scenarios.filter((each) => !isAtLimit(each)).map(scenarioName);
  if (idle.length === 0) return undefined;
  return html`<p class="note">Where a server process used less than ${percent(SATURATED)} of a core, it was not the limit but what asked
it, and it could answer more: ${listed(idle)}.</p>`;
}
