import type { Deployed } from './deployed/deployed.ts';
import type { Latency } from './latency/latency.ts';
import type { Machine } from './machine.ts';
import type { PeerFacts } from './peers/facts.ts';
import type { Soak } from './soak/soak.ts';
import type { Spread } from './statistics.ts';

/** What one run has measured: the JSON object, and what every table and plot is made from. */
export interface Report {
  readonly machine: Machine;
  /** ISO 8601, when the run began. */
  readonly started: string;
  readonly mode: 'quick' | 'full';
  /** That the run took. */
  readonly seconds: number;
  /** Of the machine, before and after. */
  readonly loadAverage: readonly [number, number];
  readonly cases?: readonly Result[];
  readonly latency?: Latency;
  readonly load?: Load;
  readonly attack?: Attack;
  readonly soak?: Soak;
  /** By itself: what a server somewhere else makes its clients wait. */
  readonly deployed?: Deployed;
  /** Who else was measured, and what each of them does not check. */
  readonly peers?: readonly PeerFacts[];
}

/** What kind of thing a case measures: its place in tables and plots. */
export type Group = 'raw' | 'verify' | 'step' | 'refuse' | 'peer' | 'issue' | 'sign' | 'message' | 'replay';

/** What was measured of one case. */
export interface Result {
  readonly name: string;
  readonly group: Group;
  /** JWS algorithm of the sender's signature, where the case has one. */
  readonly alg?: string;
  /** Live entries, where the case is about a table of that many. */
  readonly entries?: number;
  readonly unit: 'µs CPU' | 'bytes';
  /** For one operation, over the rounds. */
  readonly value: Spread;
  /** µs by the wall clock. */
  readonly wall?: Spread;
  readonly operations: number;
  readonly rounds: number;
  /** Of these rounds, those in which nothing else had a part of the core. Where they are two or more, only they count. */
  readonly undisturbed?: number;
  readonly comparisons: readonly Comparison[];
}

/** A figure beside what it is held to. */
export interface Comparison {
  /** The case whose figure of the same round it was divided by. Absent, and `moreThan` too: the figure itself. */
  readonly against?: string;
  /** The case whose figure of the same round was subtracted from both first. */
  readonly beyond?: string;
  /** What was subtracted from the figure of the same round; the rest is in the unit of the figure. */
  readonly moreThan?: readonly string[];
  readonly figure: Spread;
  /** That the figure is of: those in which nothing disturbed it, or all. Absent: all of the case. */
  readonly rounds?: number;
  readonly atMost?: number;
  readonly verdict?: Verdict;
}

/** `unclear`: the machine was too noisy to tell. */
export type Verdict = 'ok' | 'misses' | 'unclear';

/** The venue under load, by way of authenticating requests. */
export interface Load {
  readonly scenarios: readonly Scenario[];
}

export interface Scenario {
  /** As `--only` finds it: begins with `load `. */
  readonly name: string;
  readonly alg?: string;
  readonly transport: 'http' | 'https';
  /** Of the server, each with a load generator of its own. */
  readonly processes: number;
  readonly saturation?: Saturation;
  /** In ascending order of rate. */
  readonly rates: readonly AtRate[];
}

/** A closed loop: each connection sends its next request when the last one was answered. */
export interface Saturation {
  readonly connections: number;
  /** Answers a second, of all processes together. */
  readonly throughput: Spread;
  /** µs of CPU of the server processes for one request. */
  readonly cpu: Spread;
  /** Share of one core that each server process used, 0 to 1 and, with its other threads, more. */
  readonly busy: Spread;
  /** The same of each load generator: what is at its limit here, and not there, limits the throughput. */
  readonly generator?: Spread;
  /** Of the server process after it, MiB resident, the largest. */
  readonly memory: number;
  /** µs by the wall, of a closed loop: what its own connections wait, not what a client would feel. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly requests: number;
  readonly rounds: number;
  readonly comparisons: readonly Comparison[];
}

/** An open loop: requests are sent when they are due, whether or not earlier ones were answered. */
export interface AtRate {
  /** Share of the throughput at saturation. */
  readonly share: number;
  /** Requests a second that were due. */
  readonly rate: number;
  /** That were answered, a second. */
  readonly achieved: number;
  /** µs from the moment a request was due to the end of its answer. */
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly worst: number;
  /** µs of CPU of the server for one request. */
  readonly cpu: number;
  readonly requests: number;
  /** µs that the generator itself was late to send, 99th percentile: it is in the latencies. */
  readonly late?: number;
  /** It was so late that the latencies tell more of the generator than of the server. */
  readonly isBehind?: boolean;
}

/** What honest clients feel while others attack. */
export interface Attack {
  /** Requests a second of the honest clients, the same in every flood. */
  readonly honestRate: number;
  readonly floods: readonly Flood[];
}

export interface Flood {
  /** As `--only` finds it: begins with `attack `. */
  readonly name: string;
  /** Requests a second that the attackers sent and that were answered; 0 for the calm before. */
  readonly rate: number;
  /** Refusals by code, of the attackers' requests. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Of the honest requests: how many were due, and how many were not answered with success. */
  readonly honest: AtRate & { readonly failed: number };
  /** µs of CPU of the server for one attacking request, what the honest ones cost subtracted. */
  readonly cpu?: number;
  /** Of the server process after it, MiB resident. */
  readonly memory: number;
  /** Share of one core that the server process used, 0 to 1 and, with its other threads, more. */
  readonly busy?: number;
  /** How often the server asked its issuer for keys, in all rounds. */
  readonly asked?: number;
}
