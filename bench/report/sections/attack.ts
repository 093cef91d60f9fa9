import type { Flood, Report } from '../../result.ts';
import { count, memory, roundTime, time } from '../format.ts';
import { html } from '../markup.ts';
import { pointPlot } from '../plots/points.ts';
import { shapeKey } from '../plots/shapes.ts';
import { figure, type Section, table } from '../section.ts';

/** What honest clients feel while others attack. */
export function attackSection({ attack }: Report): Section | undefined {
  if (attack === undefined || attack.floods.length === 0) return undefined;
  const { floods, honestRate } = attack;
  const key = shapeKey({ p50: 'p50', p99: 'p99', p999: 'p99.9' });
  return {
    id: 'attack',
    title: 'What honest clients feel under attack',
    body: html`<p>Honest clients send ${count(honestRate)} requests a second, the same in every flood, and each is timed from the
moment it was due. Nobody attacks in the first line and in the
last.</p>
${figure([key, plotOf(floods)], 'How long honest requests take by the wall, on a logarithmic axis.')}
${table({
  caption: 'Floods, and the honest clients in them',
  head: ['', 'attacks/s', 'CPU per attack', 'honest p50', 'p99', 'p99.9', 'failed', 'memory', 'refused as'],
  rows: floods.map(toRow),
  words: [8],
  isBroad: true,
})}`,
  };
}

/** The calm at its best and the flood that honest clients feel most, by p99. */
export function calmAndWorst({ attack }: Report): { readonly calm: Flood; readonly worst: Flood } | undefined {
  const byTail = (attack?.floods ?? []).toSorted((a, b) => a.honest.p99 - b.honest.p99);
  const [calm, worst] = [byTail.find(({ rate }) => rate === 0), byTail.findLast(({ rate }) => rate > 0)];
  return calm === undefined || worst === undefined ? undefined : { calm, worst };
}

export const floodName = ({ name }: Pick<Flood, 'name'>) => name.replace(/^attack /, '');

function plotOf(floods: readonly Flood[]) {
  const inWords = floods.map((flood) => `${floodName(flood)} ${time(flood.honest.p99)}`);
  return pointPlot({
    label: `Latency of honest requests, p99: ${inWords.join('; ')}`,
    unit: 'by the wall, logarithmic',
    format: roundTime,
    rows: floods.map((flood) => ({
      name: floodName(flood),
      points: [
        { shape: 'p50', value: flood.honest.p50 },
        { shape: 'p99', value: flood.honest.p99 },
        { shape: 'p999', value: flood.honest.p999 },
      ],
      text: `p99 ${time(flood.honest.p99)}`,
    })),
  });
}

function toRow(flood: Flood) {
  const { rate, cpu, honest, refusals } = flood;
  const felt = [honest.p50, honest.p99, honest.p999].map(time);
  const failed = `${count(honest.failed)} of ${count(honest.requests)}`;
  return [
    floodName(flood),
    count(rate),
    cpu === undefined ? '' : time(cpu),
    ...felt,
    failed,
    memory(flood.memory),
    Object.keys(refusals).join(', '),
  ];
}
