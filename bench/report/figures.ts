import type { Comparison, Group, Report, Result } from '../result.ts';
import type { Spread } from '../statistics.ts';

/** The cases that sentences, plots and tables are about, by their names. */
export const NAMES = {
  verifyMutualTls: 'verify mTLS-bound',
  verifyWithoutNonces: 'verify ES256, without nonces',
  verifyCold: 'verify ES256, cold key',
  verifyInFlight: 'verify ES256, 16 in flight',
  verifyOnPool: 'verify ES256 on the pool, 16 in flight',
  rawBySodium: 'raw Ed25519 by libsodium',
  rawIssue: 'raw issue',
  fromPool: 'proof from the pool',
} as const;

/** What the names begin with that are about the verifier's own memory of used proofs. */
export const REPLAY_TABLE = 'replay table: ';

export function named(report: Report, name: string): Result | undefined {
  return report.cases?.find((each) => each.name === name);
}

export function ofGroup(report: Report, group: Group): Result[] {
  return report.cases?.filter((each) => each.group === group) ?? [];
}

/** The plain verification of a proof by this algorithm: the first that is held to its raw signature. */
export function verification(report: Report, alg: string): Result | undefined {
  const all = ofGroup(report, 'verify').filter((each) => each.alg === alg);
  return all.find(({ comparisons }) => comparisons.some(({ against }) => against === rawName(alg)));
}

/** Our verification with as many requests in flight as this peer had. */
export function oursBeside(report: Report, peer: Result): Result | undefined {
  const inFlight = peer.name.endsWith(', 16 in flight') ? named(report, NAMES.verifyInFlight) : undefined;
  return inFlight ?? verification(report, 'ES256');
}

const rawName = (alg: string) => `raw ${alg}`;
export const rawVerification = (report: Report, alg: string) => named(report, rawName(alg));
export const rawSignature = (report: Report, alg: string) => named(report, `raw sign ${alg}`);
export const proof = (report: Report, alg: string) => named(report, `proof ${alg}`);

/** The algorithms of proofs that were verified, in the order of the cases. */
export function algorithms(report: Report): string[] {
  const all = ofGroup(report, 'verify').flatMap(({ alg }) => (alg === undefined ? [] : [alg]));
  return [...new Set(all)].filter((alg) => verification(report, alg) !== undefined);
}

/** How many times as much the one costs, of the same rounds where these were compared, else by their medians. */
export function times(above: Result, below: Result): number {
  const direct = divided(above, below);
  if (direct !== undefined) return direct.median;
  const reverse = divided(below, above);
  return reverse === undefined ? above.value.median / below.value.median : 1 / reverse.median;
}

/** The raw cryptography that it cannot do without: of those it is compared with, the one that is cheapest here. */
export function limitOf(report: Report, result: Result): Result | undefined {
  const raw = ofGroup(report, 'raw').filter((each) => divided(result, each) !== undefined);
  return raw.toSorted((a, b) => times(result, b) - times(result, a))[0];
}

function divided(above: Result, below: Result): Spread | undefined {
  const isPlain = ({ against, beyond }: Comparison) => against === below.name && beyond === undefined;
  return above.comparisons.find(isPlain)?.figure;
}

/** Operations a second of so many µs each, on one core. */
export const perSecond = (micros: number) => 1e6 / micros;
