import type { Report, Result } from '../../result.ts';
import { NAMES, named, ofGroup, oursBeside, rawVerification, times } from '../figures.ts';
import { ratio } from '../format.ts';
import { html } from '../markup.ts';
import { caseBar, cpuPlot, SPREAD } from '../plots/case-bars.ts';
import { colourKey } from '../plots/shapes.ts';
import { figure, type Section } from '../section.ts';
import { checksTable } from './peer-checks.ts';

/** Other libraries that verify, and what exchanges do today, beside ours. */
export function peersSection(report: Report): Section | undefined {
  const peers = ofGroup(report, 'peer').toSorted((a, b) => a.value.median - b.value.median);
  if (peers.length === 0) return undefined;
  const limit = rawVerification(report, 'ES256');
  const beside = [...peers.map((peer) => oursBeside(report, peer)), named(report, NAMES.verifyCold)];
  const ours = [...new Set(beside)].filter((each) => each !== undefined);
  const bars = [
    ...(limit === undefined ? [] : [caseBar(limit, 'limit')]),
    ...ours.map((each) => caseBar(each, 'ours')),
    ...peers.map((peer) => caseBar(peer, 'peer', timesOurs(report, peer))),
  ];
  const key = colourKey({ limit: 'one raw signature, the limit', ours: 'Holdfast', peer: 'others' });
  const caption = `CPU time to verify one request, and how many times ours that is, with as many in flight and cold. ${SPREAD}`;
  const { peers: facts = [] } = report;
  return {
    id: 'peers',
    title: 'Beside others',
    body: html`<p>The same kind of request, verified by other libraries through their public interfaces at their best documented
settings, in the same rounds. A reference is what exchanges do today, without any token. They do not all do the same
work${facts.length > 0 ? html`: <a href="#peer-facts">who they are</a> says what each leaves out, and where` : ''}.</p>
<p>Ours remembers the clients’ keys and the tokens that it has verified; the other libraries import the key and verify the
token’s signature for each request. A part of what they take longer is that: <em>cold</em> is ours where it remembers neither.</p>
${figure([key, cpuPlot('one verification', bars)], caption)}
${checksTable(facts)}
`,
  };
}

function timesOurs(report: Report, peer: Result): string {
  const [ours, cold] = [oursBeside(report, peer), named(report, NAMES.verifyCold)];
  const warm = ours === undefined ? [] : [`${ratio(times(peer, ours))} ×`];
  return [...warm, ...(cold === undefined ? [] : [`cold ${ratio(times(peer, cold))} ×`])].join(', ');
}
