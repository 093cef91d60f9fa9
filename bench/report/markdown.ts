import type { PeerFacts } from '../peers/facts.ts';
import type { Report, Result, Verdict } from '../result.ts';
import { noisyShare } from './advice/noise.ts';
import { heldToBars } from './bars.ts';
import {
  algorithms,
  limitOf,
  NAMES,
  named,
  oursBeside,
  proof,
  rawVerification,
  times,
  verification,
} from './figures.ts';
import { count, percent, ratio, time } from './format.ts';
import { shortOmissions } from './sections/peer-checks.ts';
import { isAtLimit, nearShare, type Saturated, saturatedScenarios, scenarioName } from './sections/under-load.ts';

const MOST_SCENARIOS = 7;
const PROOFS = ['ES256', 'PS256'];

/** A report in some thirty lines of Markdown, for a README: what a venue answers, and what one request costs both ends. */
export function markdownTable(report: Report): string {
  const parts = [loadTable(report), costTable(report), [...verdictLines(report), footnote(report)]];
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function loadTable(report: Report): string[] {
  const scenarios = saturatedScenarios(report)
    .filter(({ processes }) => processes === 1)
    .slice(0, MOST_SCENARIOS);
  if (scenarios.length === 0) return [];
  return [
    row(['A venue in one process', 'requests/s', 'CPU per request', 'p99 at half of that']),
    '| --- | ---: | ---: | ---: |',
    ...scenarios.map((scenario) => row(loaded(scenario))),
  ];
}

function loaded(scenario: Saturated): string[] {
  const { saturation, rates } = scenario;
  const half = nearShare(rates, 0.5);
  const p99 = half === undefined || half.isBehind === true ? '' : time(half.p99);
  const most = `${isAtLimit(scenario) ? '' : '≥ '}${count(saturation.throughput.median)}`;
  return [scenarioName(scenario), most, time(saturation.cpu.median), p99];
}

function costTable(report: Report): string[] {
  const rows = [...verifying(report), ...peers(report, 'verifies'), ...signing(report), ...peers(report, 'signs')];
  return rows.length === 0 ? [] : [row(['One request', 'CPU', 'which is']), '| --- | ---: | --- |', ...rows.map(row)];
}

function verifying(report: Report): string[][] {
  const raw = rawVerification(report, 'ES256');
  const [mutual, cold] = [named(report, NAMES.verifyMutualTls), named(report, NAMES.verifyCold)];
  const common = algorithms(report).filter((alg) => ['ES256', 'Ed25519', 'PS256'].includes(alg));
  const wholes = common.map((alg) => verification(report, alg)).filter((each) => each !== undefined);
  return [
    ...(raw === undefined ? [] : [[raw.name, cost(raw), 'one signature alone']]),
    ...wholes.map((whole) => [`**${whole.name}**`, cost(whole), besideLimit(report, whole)]),
    ...(mutual === undefined ? [] : [[`**${mutual.name}**`, cost(mutual), 'no signature for each request']]),
    ...(cold === undefined
      ? []
      : [[`**${cold.name}**`, cost(cold), 'neither key nor token is remembered, as by the others']]),
  ];
}

function signing(report: Report): string[][] {
  const proofs = PROOFS.map((alg) => proof(report, alg)).filter((each) => each !== undefined);
  const taken = named(report, NAMES.fromPool);
  return [
    ...proofs.map((each) => [`**${each.name}**`, cost(each), besideLimit(report, each)]),
    ...(taken === undefined ? [] : [[`**${taken.name}**`, cost(taken), 'its signature was made before']]),
  ];
}

function besideLimit(report: Report, result: Result): string {
  const limit = limitOf(report, result);
  return limit === undefined ? '' : `${ratio(times(result, limit))} × ${limit.name}`;
}

/** Each of them by the cheapest of its cases. */
function peers(report: Report, role: PeerFacts['role']): string[][] {
  const found = (report.peers ?? [])
    .filter((facts) => facts.role === role)
    .flatMap((facts) => {
      const cases = facts.cases.map((name) => named(report, name)).filter((each) => each !== undefined);
      const [cheapest] = cases.toSorted((a, b) => a.value.median - b.value.median);
      return cheapest === undefined ? [] : [{ facts, cheapest }];
    });
  return found
    .toSorted((a, b) => a.cheapest.value.median - b.cheapest.value.median)
    .map(({ facts, cheapest }) => [cheapest.name, cost(cheapest), besideOurs(report, cheapest, facts)]);
}

function besideOurs(report: Report, peer: Result, { role, leavesOut }: PeerFacts): string {
  const ours = role === 'verifies' ? oursBeside(report, peer) : proof(report, 'ES256');
  const cold = role === 'verifies' ? named(report, NAMES.verifyCold) : undefined;
  const factor = ours === undefined ? [] : [`${ratio(times(peer, ours))} × ours`];
  const factorCold = cold === undefined ? [] : [`${ratio(times(peer, cold))} × ours cold`];
  const omitted = role === 'verifies' ? shortOmissions(leavesOut) : '';
  const omits = omitted === '' ? [] : [`without ${omitted}`];
  return [...factor, ...factorCold, ...omits].join(', ');
}

const cost = ({ value }: Result) => time(value.median);

function verdictLines(report: Report): string[] {
  const held = heldToBars(report);
  const counted = (verdict: Verdict) => held.filter((each) => each.verdict === verdict).length;
  const noisy = noisyShare(report);
  return [
    ...(held.length === 0
      ? []
      : [
          `Of ${held.length} bars ${counted('ok')} are met, ${counted('misses')} missed and ${counted('unclear')} unclear.`,
        ]),
    ...(noisy === undefined
      ? []
      : [`The machine was noisy: in ${percent(noisy)} of the cases the rounds differed too much.`]),
  ];
}

function footnote({ machine, started, mode }: Report): string {
  const command = mode === 'quick' ? 'npm run bench -- --quick' : 'npm run bench';
  const commit = machine.commit === undefined ? [] : [`commit ${machine.commit}`];
  const software = [`Node ${machine.node}`, `OpenSSL ${machine.openssl}`];
  const facts = [machine.cpu, `${machine.cores} cores`, ...software, ...commit].map(plain);
  return `\`${command}\` on ${started.slice(0, 10)}: ${facts.join(', ')}.`;
}

const row = (cells: readonly string[]) => `| ${cells.map(plain).join(' | ')} |`;

/** What would end a cell or begin markup of another kind. */
function plain(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[|`]/g, '\\$&').replaceAll('<', '&lt;');
}
