import type { Report, Result } from '../../result.ts';
import { ofGroup, times } from '../figures.ts';
import { ratio, roundTime, time, timeSpread } from '../format.ts';
import { html } from '../markup.ts';
import { SPREAD } from '../plots/case-bars.ts';
import { pointPlot } from '../plots/points.ts';
import { figure, type Section, table } from '../section.ts';

/** What a proof costs the client. From the pool to RSA it is a thousandfold, so the axis is logarithmic. */
export function signingSection(report: Report): Section | undefined {
  const proofs = ofGroup(report, 'sign');
  if (proofs.length === 0) return undefined;
  const raw = ofGroup(report, 'raw').filter(({ name }) => name.startsWith('raw sign '));
  const all = [...raw, ...proofs];
  const plot = pointPlot({
    label: `CPU time of one proof: ${all.map(({ name, value }) => `${name} ${time(value.median)}`).join('; ')}`,
    unit: 'CPU, logarithmic',
    format: roundTime,
    rows: all.map(({ name, value }) => ({
      name,
      points: [{ shape: 'p50', value: value.median }],
      spread: value,
      text: time(value.median),
    })),
  });
  return {
    id: 'signing',
    title: 'What a proof costs the client',
    body: html`<p>One proof for one request, by algorithm, by other libraries, and taken from a pool of proofs that were signed
before. The pool moves the signature to an earlier moment; it does not save it.</p>
${figure(plot, `CPU time of one proof, on a logarithmic axis. ${SPREAD}`)}
${table({ caption: 'One proof', head: ['', 'CPU', 'spread', 'beside'], rows: all.map((each) => toRow(each, all)), words: [3] })}`,
  };
}

function toRow(proof: Result, all: readonly Result[]) {
  const { name, value, comparisons } = proof;
  const beside = comparisons.flatMap(({ against }) => {
    const other = all.find((each) => each.name === against);
    return other === undefined ? [] : [`${ratio(times(proof, other))} × ${other.name}`];
  });
  return [name, time(value.median), timeSpread(value), beside.join(', ')];
}
