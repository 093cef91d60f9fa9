import type { Report, Result } from '../../result.ts';
import { NAMES, named, ofGroup, times, verification } from '../figures.ts';
import { count, percent, ratio, time } from '../format.ts';
import { saturatedScenarios } from '../sections/under-load.ts';
import type { Advice } from './advice.ts';

/** Mutual TLS signs once for a connection and DPoP once for a request. */
export function certificates(report: Report): Advice | undefined {
  const [mutual, dpop] = [named(report, NAMES.verifyMutualTls), verification(report, 'ES256')];
  if (mutual === undefined || dpop === undefined) return undefined;
  const alone = `A request that is bound to the client’s certificate takes ${time(mutual.value.median)} to verify and one with a proof by ES256 ${time(dpop.value.median)}: the handshake has paid for the signature, once for the connection`;
  return {
    topic: 'Certificates, where connections are kept',
    text: `${alone}.${overTls(report)} Where connections are short, or TLS ends at a proxy, DPoP is the one that works.`,
  };
}

function overTls(report: Report): string {
  const all = saturatedScenarios(report);
  const mutual = all.find(({ name }) => name === 'load mTLS');
  const dpop = all.find(({ name, alg, transport }) => alg === 'ES256' && transport === 'https' && /DPoP/.test(name));
  if (mutual === undefined || dpop === undefined) return '';
  const [one, other] = [mutual, dpop].map(({ saturation }) => saturation.throughput.median);
  return ` As a whole venue over TLS: ${count(one ?? 0)} and ${count(other ?? 0)} requests a second.`;
}

/** Whether one can afford to challenge. */
export function nonces(report: Report): Advice | undefined {
  const [whole, without] = [verification(report, 'ES256'), named(report, NAMES.verifyWithoutNonces)];
  if (whole === undefined || without === undefined) return undefined;
  const share = 1 - times(without, whole);
  const cost =
    Math.abs(share) < 0.03
      ? `Without nonces a verification takes ${ratio(times(without, whole))} times as long: what a nonce costs is less than this run can tell`
      : `A nonce ${share > 0 ? 'takes' : 'spares'} ${percent(Math.abs(share))} of a verification (${time(whole.value.median)} with, ${time(without.value.median)} without)`;
  return {
    topic: 'Nonces are cheap',
    text: `${cost}, and it ends what a stolen stock of proofs is good for after two minutes, whatever the clock of the client. Their price is one more round trip whenever a client comes for the first time.`,
  };
}

/** A replay store that several processes share, beside the table of this one. */
export function sharedReplay(report: Report): Advice | undefined {
  const whole = verification(report, 'ES256');
  const shared = ofGroup(report, 'verify').filter(({ name }) => /redis|valkey/i.test(name));
  const [first] = shared;
  if (whole === undefined || first === undefined) return undefined;
  const costs = shared.map((each) => `${time(each.value.median)} of CPU${waiting(each)} (${each.name})`);
  return {
    topic: 'Redis only where processes have to share',
    text: `With the table of its own process a verification takes ${time(whole.value.median)} of CPU; with Redis ${costs.join(', ')}, and there is a server more that can be down. By itself each process signs nonces of its own, so that a proof is good at one process alone and no store has to be shared.`,
  };
}

function waiting({ wall }: Result): string {
  return wall === undefined ? '' : ` and ${time(wall.median)} by the wall`;
}
