import type { Report, Result } from '../result.ts';
import {
  NAMES,
  named,
  ofGroup,
  oursBeside,
  perSecond,
  proof,
  REPLAY_TABLE,
  rawSignature,
  rawVerification,
  times,
  verification,
} from './figures.ts';
import { about, count, MIB, memory, ratio, time } from './format.ts';
import { calmAndWorst, floodName } from './sections/attack.ts';
import { shortOmissions } from './sections/peer-checks.ts';
import { isAtLimit, nearShare, scenarioName, usualScenario } from './sections/under-load.ts';

/** A figure, and the sentence that says what it is. */
export interface Headline {
  readonly figure: string;
  readonly text: string;
}

const RATE = 10_000; // requests a second, for an example
export const REMEMBERED = 120; // seconds that a proof can be used at most: two steps of a nonce

/** What a reader who stops after six sentences should know. Each is there when its figures are. */
export function headlines(report: Report): Headline[] {
  const all = [verifying, besidePeers, underLoad, signing, underAttack, remembering];
  return all.map((say) => say(report)).filter((headline) => headline !== undefined);
}

function verifying(report: Report): Headline | undefined {
  const [whole, raw] = [verification(report, 'ES256'), rawVerification(report, 'ES256')];
  if (whole === undefined || raw === undefined) return undefined;
  const { median } = whole.value;
  const factor = ratio(times(whole, raw));
  return {
    figure: time(median),
    text: `of CPU for one verification by ES256: ${factor} raw signatures, and some ${about(perSecond(median))} a second on one core.`,
  };
}

function besidePeers(report: Report): Headline | undefined {
  const nearest = nearestPeer(report);
  if (nearest === undefined) return undefined;
  const { peer, factor, leavesOut } = nearest;
  const omitted = shortOmissions(leavesOut);
  const omits = omitted === '' ? '' : `; it leaves out ${omitted}`;
  const cold = named(report, NAMES.verifyCold);
  const alike =
    cold === undefined ? '' : `, and ${ratio(times(peer, cold))} × where ours knows neither key nor token yet`;
  return {
    figure: `${ratio(factor)} ×`,
    text: `the CPU for one request is what the nearest other library that verifies DPoP takes (${peer.name})${alike}${omits}.`,
  };
}

/** The one that verifies DPoP at the least multiple of ours; a reference, which binds nothing to a token, is none. */
function nearestPeer(report: Report) {
  const facts = report.peers ?? [];
  const references = new Set(facts.filter(({ role }) => role === 'reference').flatMap(({ cases }) => cases));
  const peers = ofGroup(report, 'peer').flatMap((peer) => {
    const ours = oursBeside(report, peer);
    return ours === undefined || references.has(peer.name) ? [] : [{ peer, factor: times(peer, ours) }];
  });
  const [first] = peers.toSorted((a, b) => a.factor - b.factor);
  const leavesOut = facts.find(({ cases }) => first !== undefined && cases.includes(first.peer.name))?.leavesOut ?? [];
  return first && { ...first, leavesOut };
}

function underLoad(report: Report): Headline | undefined {
  const scenario = usualScenario(report);
  if (scenario === undefined) return undefined;
  const { saturation, rates } = scenario;
  const half = nearShare(rates, 0.5);
  const felt =
    half === undefined || half.isBehind === true
      ? ''
      : `; at ${about(half.rate)} a second, 99 of 100 take less than ${time(half.p99)}`;
  return {
    figure: `${isAtLimit(scenario) ? '' : '≥ '}${about(saturation.throughput.median)}/s`,
    text: `requests are answered by a venue in one process (${scenarioName(scenario)}), at ${time(saturation.cpu.median)} of CPU each${felt}.`,
  };
}

function signing(report: Report): Headline | undefined {
  const [whole, raw, taken] = [proof(report, 'ES256'), rawSignature(report, 'ES256'), named(report, NAMES.fromPool)];
  if (whole === undefined || raw === undefined) return undefined;
  const pool =
    taken === undefined ? '' : `; ${time(taken.value.median)} at the moment of need, when it was signed before`;
  const factor = ratio(times(whole, raw));
  return {
    figure: time(whole.value.median),
    text: `is what a proof by ES256 costs the client, ${factor} times the signature alone${pool}.`,
  };
}

function underAttack(report: Report): Headline | undefined {
  const found = calmAndWorst(report);
  if (found === undefined) return undefined;
  const { calm, worst } = found;
  const { p99, failed, requests } = worst.honest;
  const flood = `${floodName(worst)}, ${about(worst.rate)} a second`;
  const noisy = p99 > calm.honest.p99 ? '' : ', which is more: the machine was too noisy to tell';
  const lost = failed === 0 ? 'none fails' : `${count(failed)} of ${count(requests)} fail`;
  return {
    figure: time(p99),
    text: `is the p99 of honest clients in the worst of the floods (${flood}); in the calm it is ${time(calm.honest.p99)}${noisy}. Of their requests ${lost}.`,
  };
}

function remembering(report: Report): Headline | undefined {
  const entry = replayEntry(report);
  if (entry === undefined) return undefined;
  const bytes = RATE * REMEMBERED * entry.value.median;
  return {
    figure: `${Math.round(entry.value.median)}\u00a0bytes`,
    text: `remember a proof until it cannot be replayed: ${memory(bytes / MIB)} at ${count(RATE)} requests a second.`,
  };
}

/** Bytes of a live entry of ours, in the fullest table that was weighed. */
export function replayEntry(report: Report): Result | undefined {
  const weighed = ofGroup(report, 'replay').filter(
    ({ unit, name }) => unit === 'bytes' && name.startsWith(REPLAY_TABLE),
  );
  return weighed.toSorted((a, b) => (b.entries ?? 0) - (a.entries ?? 0))[0];
}
