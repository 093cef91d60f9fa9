import type { Report, Verdict } from '../../result.ts';
import { type Held, heldToBars } from '../bars.ts';
import { fraction, number, ratio, together } from '../comparison.ts';
import { count } from '../format.ts';
import { headlines } from '../headlines.ts';
import { type Html, html } from '../markup.ts';
import { SPREAD } from '../plots/case-bars.ts';
import { pointPlot } from '../plots/points.ts';
import { shapeKey } from '../plots/shapes.ts';
import { figure, type Section, table } from '../section.ts';
import { VERDICTS, verdictOf } from '../verdict-words.ts';

/** The sentences that matter most, and every bar with its verdict: those that are missed like those that are met. */
export function summarySection(report: Report): Section | undefined {
  const all = headlines(report);
  const held = heldToBars(report);
  if (all.length + held.length === 0) return undefined;
  const items = all.map(({ figure: of, text }) => html`<li><strong>${of}</strong> <span>${text}</span></li>`);
  return {
    id: 'summary',
    title: 'In short',
    body: html`${all.length === 0 ? undefined : html`<ul class="headlines">${items}</ul>`}
${held.length === 0 ? undefined : bars(held)}`,
  };
}

function bars(held: readonly Held[]): Html {
  const counted = (verdict: Verdict) => held.filter((each) => each.verdict === verdict).length;
  const unclear = counted('unclear') === 0 ? undefined : ' Where it is unclear, the machine was too noisy to tell.';
  return html`<h3 id="bars">The bars</h3>
<p>Bars were set before anything was measured. Of ${count(held.length)}, those met:
<strong>${counted('ok')}</strong>, missed: <strong>${counted('misses')}</strong>, unclear: <strong>${counted('unclear')}</strong>.${unclear}</p>
${figure([shapeKey({ ok: 'met', misses: 'missed', unclear: 'unclear' }), plotOf(held)], `Each figure divided by its bar, on a logarithmic axis: what is left of 1 is met. ${SPREAD}`)}
${table({
  caption: 'Every bar, and what was measured',
  head: ['', 'held to', 'at most', 'figure', 'spread', 'verdict'],
  rows: held.map(toRow),
  words: [1, 5],
})}`;
}

function plotOf(held: readonly Held[]): Html {
  return pointPlot({
    label: `Figures divided by their bars: ${held.map((each) => `${each.name} ${VERDICTS[each.verdict]}`).join('; ')}`,
    unit: 'figure ÷ bar, logarithmic',
    format: String,
    mark: 1,
    rows: held.map(({ name, comparison, comparison: { figure: of, atMost }, verdict }) => ({
      name: `${name}${beside(comparison)}`,
      points: [{ shape: verdict, value: of.median / atMost }],
      spread: { low: of.low / atMost, high: of.high / atMost },
      text: ratio(of.median / atMost),
    })),
  });
}

/** A case may have several bars. */
const beside = ({ against }: Held['comparison']) => (against === undefined ? '' : ` ÷ ${against}`);

function toRow({ name, unit, comparison, verdict }: Held) {
  const { figure: of, atMost } = comparison;
  const [what, show] = heldTo(comparison, unit);
  const spread = `${show(of.low)} – ${show(of.high)}`;
  return [name, what, atMost < 1 ? fraction(atMost) : `${atMost}`, show(of.median), spread, verdictOf(verdict)];
}

/** What the figure is, in words, and how it is written. */
function heldTo(
  { against, beyond, moreThan }: Held['comparison'],
  unit: Held['unit'],
): [string, (value: number) => string] {
  if (moreThan !== undefined) return [`µs more than ${together(moreThan)}`, number];
  if (against === undefined) return [unit === 'µs CPU' ? 'µs of CPU' : (unit ?? ''), number];
  return [`times ${against}${beyond === undefined ? '' : `, both beyond ${beyond}`}`, ratio];
}
