import type { Report, Result } from '../../result.ts';
import { algorithms, limitOf, named, ofGroup, perSecond, proof, times, verification } from '../figures.ts';
import { count, ratio, time } from '../format.ts';
import { type Html, html } from '../markup.ts';
import { cpuPlot, SPREAD, splitBar } from '../plots/case-bars.ts';
import { colourKey } from '../plots/shapes.ts';
import { figure, table } from '../section.ts';

/** Verification alone, without HTTP: by algorithm, by binding, by what is known beforehand. */
export function verifications(report: Report): Html | undefined {
  const all = ofGroup(report, 'verify');
  if (all.length === 0) return undefined;
  const key = colourKey({ limit: 'its raw cryptography', ours: 'all else' });
  const plot = cpuPlot(
    'one verification',
    all.map((each) => toBar(report, each)),
  );
  return html`<h3>Verification alone</h3>
<p>What a verification takes without HTTP, and how many of them one core can make in a second when it does nothing else: a
ceiling for any server.</p>
${figure([key, plot], `CPU time of one verification, and one second divided by it. ${SPREAD}`)}
${byAlgorithm(report)}`;
}

function toBar(report: Report, result: Result) {
  return splitBar(result, timesRaw(report, result), `${count(perSecond(result.value.median))}/s`);
}

/** What is compared with another verification has the same signature in it as the plain one of its algorithm. */
function timesRaw(report: Report, result: Result): number | undefined {
  const limit = limitOf(report, result);
  if (limit !== undefined) return times(result, limit);
  const plain = result.alg === undefined ? undefined : verification(report, result.alg);
  const signature = plain && limitOf(report, plain);
  return signature && result.value.median / signature.value.median;
}

/** What the two ends pay for an algorithm. */
function byAlgorithm(report: Report): Html | undefined {
  const rows = algorithms(report).map((alg) => toRow(report, alg));
  if (rows.length === 0) return undefined;
  return table({
    caption: 'One request by algorithm: what the venue pays, and what the client',
    head: [
      '',
      'one verification',
      'a second, one core',
      'its signature, raw',
      'times that',
      'with a new key',
      'client’s proof',
    ],
    rows,
  });
}

function toRow(report: Report, alg: string) {
  const whole = verification(report, alg);
  const raw = whole && limitOf(report, whole);
  const cost = (result: Result | undefined) => (result === undefined ? '' : time(result.value.median));
  const aSecond = whole === undefined ? '' : count(perSecond(whole.value.median));
  const factor = whole === undefined || raw === undefined ? '' : ratio(times(whole, raw));
  return [
    alg,
    cost(whole),
    aSecond,
    cost(raw),
    factor,
    cost(named(report, `verify ${alg}, cold key`)),
    cost(proof(report, alg)),
  ];
}
