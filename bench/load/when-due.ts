import { percentile } from '../statistics.ts';
import type { Failures } from './planned.ts';

/** One entry for each request, in the order in which they were due. */
export interface Timed {
  /** ms since the epoch at which the first request could have been due, and at which the last answer was there. */
  readonly from: number;
  readonly to: number;
  /** ms from the start. */
  readonly due: Float64Array;
  /** ms from being due to the end of the answer, whatever it was; NaN where none came. */
  readonly latency: Float64Array;
  /** ms from being due to being handed to a connection or to the line for one: what the generator itself is late. */
  readonly late: Float64Array;
  readonly failures: Failures;
}

/**
 * Sends each request when it is due, whatever has become of those before it, and times it from that moment. So a server that
 * stalls is seen to be late for everybody who would have come meanwhile: a closed loop would wait with it and see one
 * slow answer (coordinated omission). `send` calls `ended` once, with what went wrong if anything did. `due` in ms from the
 * start, ascending; `patience` in ms that answers are waited for after the last request was due.
 *
 * It never sleeps: a timer is a millisecond late, and would be in every figure. It wants a process, and a core, of its own.
 */
export function sendWhenDue(
  due: Float64Array,
  send: (i: number, ended: (failure?: string) => void) => void,
  patience: number,
): Promise<Timed> {
  const { promise, resolve } = Promise.withResolvers<Timed>();
  const [latency, late] = [new Float64Array(due.length).fill(Number.NaN), new Float64Array(due.length)];
  const failures: Record<string, number> = {};
  const start = performance.now();
  const last = start + (due.at(-1) ?? 0);
  let [sent, ended] = [0, 0];

  const end = (i: number, failure?: string) => {
    latency[i] = performance.now() - start - (due[i] ?? 0);
    ended += 1;
    if (failure !== undefined) failures[failure] = (failures[failure] ?? 0) + 1;
  };
  const turn = () => {
    let now = performance.now();
    for (; sent < due.length && start + (due[sent] ?? 0) <= now; sent += 1, now = performance.now()) {
      const i = sent;
      late[i] = now - start - (due[i] ?? 0);
      send(i, (failure) => end(i, failure));
    }
    if (ended < due.length && now < last + patience) return setImmediate(turn);
    if (ended < due.length) failures['no answer'] = due.length - ended;
    const [from, to] = [performance.timeOrigin + start, performance.timeOrigin + now];
    return resolve({ from, to, due, latency, late, failures: { ...failures } });
  };
  turn();
  return promise;
}

/** µs, and requests a second. */
export interface OpenLoopResult {
  readonly from: number;
  readonly to: number;
  /** That were due, on average of those that came by chance. */
  readonly rate: number;
  /** That were answered with success. */
  readonly achieved: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly worst: number;
  readonly requests: number;
  readonly failed: number;
  readonly failures: Failures;
  /** 99th percentile of what the generator was late by itself. */
  readonly late: number;
  /** It was so late that the figures are those of the generator and not of the server. */
  readonly isBehind: boolean;
}

const MOST_LATE = 1000; // µs, or …
const MOST_SHARE = 0.25; // … of the latency at the same percentile, where that is more

/** A refusal counts with the time that it took; what was never answered counts as longer than everything. */
export function summarise({ from, to, due, latency, late, failures }: Timed): OpenLoopResult {
  const times = latency.map((each) => (Number.isNaN(each) ? to - from : each) * 1000).sort();
  const lateness = percentile(late.toSorted(), 0.99) * 1000;
  const p99 = percentile(times, 0.99);
  const failed = Object.values(failures).reduce((sum, each) => sum + each, 0);
  return {
    ...{ from, to, failures, failed, requests: due.length },
    rate: (due.length / (due.at(-1) ?? 0)) * 1000,
    achieved: ((due.length - failed) / (to - from)) * 1000,
    ...{ p50: percentile(times, 0.5), p99, p999: percentile(times, 0.999) },
    worst: times.at(-1) ?? Number.NaN,
    late: lateness,
    isBehind: lateness > Math.max(MOST_LATE, p99 * MOST_SHARE),
  };
}
