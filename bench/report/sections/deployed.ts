import type { DeployedRate } from '../../deployed/deployed.ts';
import type { OpenLoopResult } from '../../load/when-due.ts';
import type { Report } from '../../result.ts';
import { count, time } from '../format.ts';
import { html } from '../markup.ts';
import { type Section, table } from '../section.ts';

/** A server somewhere else, from this machine. */
export function deployedSection({ deployed }: Report): Section | undefined {
  if (deployed === undefined) return undefined;
  const { url, client, binding, alg, rates } = deployed;
  const how = binding === 'mtls' ? 'its certificate' : `DPoP${alg === undefined ? '' : ` by ${alg}`}`;
  return {
    id: 'deployed',
    title: 'A deployed server',
    body: html`<p>GET ${url} as ${client}, with ${how}. Each request is timed from when it was due. Those that are refused have no
token, so that the server answers 401: network, TLS and HTTP, and next to nothing else.</p>
${table({
  caption: 'What clients of it feel',
  head: ['', 'due/s', 'p50', 'p99', 'p99.9', 'worst', 'answered'],
  rows: rates.flatMap(toRows),
})}`,
  };
}

function toRows({ rate, refused, authorized }: DeployedRate) {
  return [toRow('refused', rate, refused), toRow('authorized', rate, authorized)];
}

function toRow(what: string, rate: number, { p50, p99, p999, worst, requests, failed }: OpenLoopResult) {
  return [what, count(rate), ...[p50, p99, p999, worst].map(time), `${count(requests - failed)} of ${count(requests)}`];
}
