import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { DECISIONS, type Decision } from '@holdfast/verifier';
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';

/** What this process does, counted for Prometheus. No label holds anything that a sender chose. */
export interface Metrics {
  readonly contentType: string;
  text(): Promise<string>;
  /** Stops counting. */
  close(): void;
}

const SECONDS = [0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.05, 0.2, 1, 5];
const SKEW = [-3600, -60, -10, -1, 0, 1, 10, 60, 3600]; // seconds
const FARTHEST = 86_400; // seconds; a sender names the times, and one of 1e308 would leave no sum to divide

/** What the verifiers of this process decide. */
export function countDecisions(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const decisions = new Counter({
    name: 'holdfast_decisions_total',
    help: 'Requests decided, by outcome, reason code of a refusal, and authorization scheme',
    labelNames: ['outcome', 'code', 'scheme'],
    registers,
  });
  const known = new Counter({
    name: 'holdfast_cache_lookups_total',
    help: 'Access tokens and keys of senders that were looked up, by whether they were known',
    labelNames: ['cache', 'known'],
    registers,
  });
  const duration = new Histogram({
    name: 'holdfast_decision_seconds',
    help: 'Time to a decision',
    labelNames: ['outcome'],
    buckets: SECONDS,
    registers,
  });
  const steps = new Histogram({
    name: 'holdfast_step_seconds',
    help: 'Time of the steps that were passed',
    labelNames: ['step'],
    buckets: SECONDS,
    registers,
  });
  const skew = new Histogram({
    name: 'holdfast_refused_skew_seconds',
    help: 'Clock of the sender minus ours, where time was the cause of a refusal; a day at most',
    buckets: SKEW,
    registers,
  });

  function count(message: unknown): void {
    const decision = message as Decision;
    const { outcome, code = '', scheme = '' } = decision;
    decisions.inc({ outcome, code, scheme });
    duration.observe({ outcome }, decision.duration / 1000);
    for (const [step, milliseconds] of Object.entries(decision.steps)) steps.observe({ step }, milliseconds / 1000);
    if (decision.steps.token !== undefined) known.inc({ cache: 'token', known: String(decision.tokenKnown) });
    if (decision.alg !== undefined) known.inc({ cache: 'sender_key', known: String(decision.senderKeyKnown) });
    if (decision.skew !== undefined) skew.observe(Math.max(-FARTHEST, Math.min(FARTHEST, decision.skew)));
  }

  subscribe(DECISIONS, count);
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    close: () => void unsubscribe(DECISIONS, count),
  };
}
