import type { Report, Result } from '../../result.ts';
import { NAMES, named, ofGroup } from '../figures.ts';
import { html } from '../markup.ts';
import type { Kind } from '../plots/bars.ts';
import { caseBar, cpuPlot, SPREAD } from '../plots/case-bars.ts';
import { colourKey } from '../plots/shapes.ts';
import { figure, type Section } from '../section.ts';

/** What a token costs its issuer. */
export function issuingSection(report: Report): Section | undefined {
  const issuing = ofGroup(report, 'issue');
  if (issuing.length === 0) return undefined;
  const peers = new Set((report.peers ?? []).filter(({ role }) => role === 'issues').flatMap(({ cases }) => cases));
  const raw = named(report, NAMES.rawIssue);
  const bars = [...(raw === undefined ? [] : [raw]), ...issuing].map((each) => caseBar(each, kindOf(each, peers)));
  const key = colourKey({ limit: 'what cannot be avoided', ours: 'Holdfast', peer: 'others' });
  return {
    id: 'issuing',
    title: 'What a token costs the issuer',
    body: html`<p>client_credentials with private_key_jwt and DPoP, all by ES256. One token serves for minutes, so that this is paid
once in thousands of requests. The cases over HTTP have client and server in one process: both are in their figures, and
HTTP alone is shown beside them.</p>
${figure([key, cpuPlot('one token', bars)], `CPU time of one token. ${SPREAD}`)}`,
  };
}

function kindOf({ name }: Result, peers: ReadonlySet<string>): Kind {
  if (/^raw |HTTP alone/.test(name)) return 'limit';
  return peers.has(name) || / by /.test(name) ? 'peer' : 'ours';
}
