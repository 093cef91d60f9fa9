import type { Report } from '../../result.ts';
import { ofGroup, rawVerification } from '../figures.ts';
import { html } from '../markup.ts';
import { caseBar, cpuPlot, SPREAD } from '../plots/case-bars.ts';
import { colourKey } from '../plots/shapes.ts';
import { figure, type Section } from '../section.ts';

/** What an attacker can make the verifier do. */
export function refusalsSection(report: Report): Section | undefined {
  const refusals = ofGroup(report, 'refuse');
  if (refusals.length === 0) return undefined;
  const raw = rawVerification(report, 'ES256');
  const bars = [
    ...(raw === undefined ? [] : [caseBar(raw, 'limit')]),
    ...refusals.map((each) => caseBar(each, 'ours')),
  ];
  const key = colourKey({ limit: 'one raw signature', ours: 'a refusal' });
  return {
    id: 'refusals',
    title: 'What a refusal costs',
    body: html`<p>What can be told without a signature is refused before one is verified. Who wants to make the verifier work has to
bring a proof that says the right things, and with it a token that the verifier takes, or one that says it is the
issuer’s: its signature has to be verified before it is known to be forged.</p>
${figure([key, cpuPlot('one refusal', bars)], `CPU time of one refusal, by its reason. ${SPREAD}`)}`,
  };
}
