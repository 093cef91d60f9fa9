import type { Report, Result } from '../../result.ts';
import { ofGroup } from '../figures.ts';
import { time } from '../format.ts';
import { html } from '../markup.ts';
import type { Bar } from '../plots/bars.ts';
import { caseBar, cpuPlot, SPREAD } from '../plots/case-bars.ts';
import { colourKey } from '../plots/shapes.ts';
import { figure, type Section } from '../section.ts';

/** Signed orders and answers: the cryptography that each needs, and what comes on top. */
export function messagesSection(report: Report): Section | undefined {
  const messages = ofGroup(report, 'message');
  if (messages.length === 0) return undefined;
  const bars = messages.map(split);
  const key = colourKey({ limit: 'the cryptography alone', ours: 'all else' });
  return {
    id: 'messages',
    title: 'Signed messages',
    body: html`<p>An order of 1 KB with its proof, whose body is signed as well (RFC 9421, RFC 9530), so that no hop can change what
it says. Where a bar has two parts, the first is the signatures and digests by hand, and the second what comes on top.</p>
${figure([key, cpuPlot('one signed message', bars)], `CPU time of one message. ${SPREAD}`)}`,
  };
}

function split(result: Result): Bar {
  const { name, value, comparisons } = result;
  if (name.startsWith('raw ')) return caseBar(result, 'limit');
  const onTop = comparisons.findLast(({ moreThan }) => moreThan !== undefined)?.figure.median;
  if (onTop === undefined || onTop < 0 || onTop > value.median) return caseBar(result, 'ours');
  const from = value.median - onTop;
  const segments = [
    { kind: 'limit', from: 0, to: from },
    { kind: 'ours', from, to: value.median },
  ] as const;
  return { name, segments, spread: value, text: `${time(value.median)}, ${time(onTop)} on top` };
}
