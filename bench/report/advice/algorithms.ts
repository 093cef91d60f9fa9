import type { Report } from '../../result.ts';
import { algorithms, NAMES, named, perSecond, proof, rawVerification, times, verification } from '../figures.ts';
import { about, listed, ratio, time } from '../format.ts';
import type { Advice } from './advice.ts';

/** What one algorithm costs both ends, µs. */
interface Ends {
  readonly venue: number;
  readonly client: number;
}

function endsOf(report: Report, alg: string): Ends | undefined {
  const [verified, signed] = [verification(report, alg), proof(report, alg)];
  if (verified === undefined || signed === undefined) return undefined;
  return { venue: verified.value.median, client: signed.value.median };
}

/** RSA moves work from who verifies to who signs. */
export function rsa(report: Report): Advice | undefined {
  const [ec, ps] = [endsOf(report, 'ES256'), endsOf(report, 'PS256')];
  if (ec === undefined || ps === undefined) return undefined;
  const [saved, paid] = [ec.venue - ps.venue, ps.client - ec.client];
  const whole = `${time(ps.venue + ps.client)} for both ends instead of ${time(ec.venue + ec.client)}`;
  const spare =
    saved > 0
      ? `spares the venue ${time(saved)} of the ${time(ec.venue)} that ES256 takes, and costs the client ${time(paid)} more: ${ratio(paid / saved)} µs for each that the venue is spared (${whole})`
      : `spares the venue nothing in this run (${time(ps.venue)}, and ES256 takes ${time(ec.venue)})`;
  return {
    topic: 'PS256 moves work to the client',
    text: `A request by PS256 ${spare}. That pays where many clients with idle cores meet one venue, and nowhere else; an RSA key of 2048 bits, as measured here, is also the weaker one (some 112 bits of security, not 128).`,
  };
}

/** When a pool of proofs pays, and up to which rate it keeps up. */
export function preSigning(report: Report): Advice | undefined {
  const taken = named(report, NAMES.fromPool)?.value.median;
  const signed = ['ES256', 'PS256'].flatMap((alg) => {
    const cost = proof(report, alg)?.value.median;
    return cost === undefined ? [] : [{ alg, cost }];
  });
  if (taken === undefined || signed.length === 0) return undefined;
  const spared = signed.map(({ alg, cost }) => `${time(cost - taken)} by ${alg}`);
  const most = signed.map(({ alg, cost }) => `${about(perSecond(cost))} a second by ${alg}`);
  return {
    topic: 'A pool of proofs pays it back at the moment of need',
    text: `Taking a proof that was signed before costs ${time(taken)}, so that an order leaves earlier by ${listed(spared)}. The CPU is moved and not saved, and what is not taken within twenty seconds was signed for nothing. A core that does nothing else refills it at ${listed(most)}: from there on each order waits for its signature again.`,
  };
}

/** Ed25519 by OpenSSL and by libsodium. */
export function ed25519(report: Report): Advice | undefined {
  const [raw, other] = [rawVerification(report, 'Ed25519'), rawVerification(report, 'ES256')];
  const sodium = named(report, NAMES.rawBySodium);
  if (raw === undefined || other === undefined) return undefined;
  const factor = times(raw, other);
  const cost = `OpenSSL verifies Ed25519 in ${time(raw.value.median)}, ${ratio(factor)} times what ES256 takes`;
  if (sodium === undefined) {
    return { topic: 'Ed25519 without libsodium', text: `${cost}. sodium-native was not measured here.` };
  }
  const [whole, ec] = [verification(report, 'Ed25519'), verification(report, 'ES256')];
  const by = `libsodium in ${time(sodium.value.median)}`;
  const full =
    whole && ec
      ? ` With it a whole verification costs ${time(whole.value.median)}; by ES256 it is ${time(ec.value.median)}.`
      : '';
  const advice =
    sodium.value.median < raw.value.median
      ? 'Install sodium-native where clients sign by Ed25519'
      : 'It gains nothing here';
  return { topic: 'Ed25519 with libsodium', text: `${cost}; ${by}.${full} ${advice}.` };
}

/** NIST SP 800-57 part 1, table 2, and for ML-DSA the categories of FIPS 204. */
const LEVELS: readonly { readonly bits: string; readonly algs: readonly string[] }[] = [
  { bits: 'some 128 bits', algs: ['ES256', 'Ed25519'] },
  { bits: 'category 1 or 2 against quantum computers', algs: ['ML-DSA-44'] },
  { bits: 'some 192 bits', algs: ['ES384'] },
  { bits: 'category 3 against quantum computers', algs: ['ML-DSA-65'] },
];

function rsaLevel(measured: readonly string[]): string {
  const algs = measured.filter((alg) => alg.startsWith('PS'));
  if (algs.length === 0) return '';
  return ` RSA keys have 2048 bits here, so that ${listed(algs)} ${algs.length === 1 ? 'is' : 'are'} at some 112 bits whatever the hash.`;
}

/** Algorithms beside those of their own strength: a weaker one is no bargain. */
export function equalSecurity(report: Report): Advice | undefined {
  const measured = algorithms(report);
  const levels = LEVELS.flatMap(({ bits, algs }) => {
    const costs = algs
      .filter((alg) => measured.includes(alg))
      .flatMap((alg) => {
        const ends = endsOf(report, alg);
        return ends === undefined ? [] : [`${alg} ${time(ends.venue)} and ${time(ends.client)}`];
      });
    return costs.length === 0 ? [] : [`at ${bits} ${listed(costs)}`];
  });
  if (levels.length < 2) return undefined;
  return {
    topic: 'At equal strength',
    text: `What the venue and the client pay for one request, ${levels.join('; ')}.${rsaLevel(measured)}`,
  };
}
