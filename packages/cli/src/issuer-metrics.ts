import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { EVENTS, type IssuerEvent } from '@holdfast/issuer';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Metrics } from './metrics.ts';
import type { StoreObserver } from './observed-store.ts';

/** What the issuers of this process do. */
export interface IssuerMetrics extends Metrics {
  readonly store: StoreObserver;
  /** A hook `onResponse`: times a request by the route that served it. */
  answered(request: FastifyRequest, reply: FastifyReply): void;
}

export interface IssuerMetricsOptions {
  /** The state of each key, when it is asked for. */
  readonly keyStates?: (() => readonly string[]) | undefined;
}

const SECONDS = [0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

export function countIssuerEvents({ keyStates }: IssuerMetricsOptions = {}): IssuerMetrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const events = new Counter({
    name: 'holdfast_issuer_events_total',
    help: 'What was done and refused, by endpoint of a refusal, and by its reason code or the reason of a revocation',
    labelNames: ['event', 'endpoint', 'code'],
    registers,
  });
  const tokens = new Counter({
    name: 'holdfast_issuer_tokens_total',
    help: 'Access tokens issued, by grant, format, and what they are bound to',
    labelNames: ['grant_type', 'format', 'binding'],
    registers,
  });
  const requests = new Histogram({
    name: 'holdfast_issuer_request_seconds',
    help: 'Time from the head of a request to the end of its answer',
    labelNames: ['route', 'status'],
    buckets: SECONDS,
    registers,
  });
  if (keyStates !== undefined) keyGauge(keyStates, registers);

  function count(message: unknown): void {
    const event = message as IssuerEvent;
    events.inc({ event: event.event, endpoint: 'endpoint' in event ? event.endpoint : '', code: codeOf(event) });
    if (event.event !== 'token.issued') return;
    tokens.inc({ grant_type: event.grantType, format: event.format ?? '', binding: bindingOf(event) });
  }

  subscribe(EVENTS, count);
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    close: () => void unsubscribe(EVENTS, count),
    store: storeObserver(registers),
    answered({ routeOptions }, { statusCode: status, elapsedTime }) {
      requests.observe({ route: routeOptions.url ?? 'none', status }, elapsedTime / 1000);
    },
  };
}

function codeOf(event: IssuerEvent): string {
  if ('reason' in event) return event.reason;
  return 'code' in event ? event.code : '';
}

function bindingOf({ jkt, x5t }: { jkt?: string | undefined; x5t?: string | undefined }): string {
  if (jkt === undefined) return x5t === undefined ? 'none' : 'certificate';
  return x5t === undefined ? 'key' : 'both';
}

function keyGauge(states: () => readonly string[], registers: Registry[]): void {
  new Gauge({
    name: 'holdfast_issuer_keys',
    help: 'Keys by state: published and not used yet, signing, or published for what they signed',
    labelNames: ['state'],
    registers,
    collect() {
      for (const state of ['next', 'current', 'retiring']) {
        this.set({ state }, states().filter((each) => each === state).length);
      }
    },
  });
}

function storeObserver(registers: Registry[]): StoreObserver {
  const duration = new Histogram({
    name: 'holdfast_issuer_store_seconds',
    help: 'Time that the store took, by verb',
    labelNames: ['verb'],
    buckets: SECONDS,
    registers,
  });
  const faults = new Counter({
    name: 'holdfast_issuer_store_faults_total',
    help: 'Questions that the store did not answer, by verb',
    labelNames: ['verb'],
    registers,
  });
  return {
    answered: (verb, milliseconds) => duration.observe({ verb }, milliseconds / 1000),
    failed: (verb) => faults.inc({ verb }),
  };
}
