import autocannon from 'autocannon';
import { type Failures, failureOf, type PlannedRequest, type Target } from './planned.ts';
import { now } from './server/usage.ts';

export interface ClosedLoop {
  readonly target: Target;
  /** Each sends its next request when its last one was answered. */
  readonly connections: number;
  readonly count: number;
}

export interface ClosedLoopResult {
  /** ms since the epoch between which every connection was at work: without the first and the last answers. */
  readonly from: number;
  readonly to: number;
  /** µs by the wall, of each answer in between. */
  readonly latencies: Float64Array;
  /** Of all answers. */
  readonly failures: Failures;
  /** Share of one core that the generator took between these moments. */
  readonly busy: number;
}

const FIRST = 0.1; // share of the answers while connections are made, but …
const GREETINGS = 4; // … so many for each connection at least
const LAST = 0.95; // share of the answers after which some connections have nothing more to do
const LOOK = 20; // ms between two looks of autocannon at whether it is done
const PATIENCE = 20; // seconds for one answer

/** As many requests as the server takes, by autocannon, each of them once. Rejects when one got no answer at all. */
export async function runClosedLoop(loop: ClosedLoop, next: () => PlannedRequest): Promise<ClosedLoopResult> {
  const { target, connections, count } = loop;
  const { origin, ...tlsOptions } = target;
  const { onAnswer, onBody, result } = watchAnswers(loop);
  const setupRequest = (made: autocannon.Request) => ({ ...made, ...filled(next()) });
  const ended = Promise.withResolvers<autocannon.Result>();
  const options = {
    ...{ url: origin, connections, amount: count, timeout: PATIENCE, sampleInt: LOOK, tlsOptions },
    requests: [{ setupRequest }],
    verifyBody: (body: autocannon.Request['body']) => onBody(String(body)),
  };
  const running = autocannon(options, (error, all) => (error ? ended.reject(error) : ended.resolve(all)));
  running.on('response', (_client, status, _bytes, milliseconds) => onAnswer(status, milliseconds));
  const { errors } = await ended.promise;
  if (errors > 0) throw new Error(`${errors} of ${count} requests got no answer`);
  return result();
}

/** The header fields are a copy, since autocannon adds to them. */
function filled({ method, path, headers, body }: PlannedRequest): autocannon.Request {
  const request = { method, path, headers: { ...headers } } as autocannon.Request;
  return body === undefined ? request : { ...request, body };
}

function watchAnswers({ connections, count }: ClosedLoop) {
  const [first, last] = [Math.max(Math.ceil(count * FIRST), GREETINGS * connections), Math.floor(count * LAST)];
  const latencies = new Float64Array(last - first);
  const failures: Record<string, number> = {};
  const marks: { at: number; cpu: NodeJS.CpuUsage }[] = [];
  let [answers, status] = [0, 0];
  return {
    onAnswer(code: number, milliseconds: number) {
      if (answers >= first && answers < last) latencies[answers - first] = milliseconds * 1000;
      answers += 1;
      status = code;
      if (answers === first || answers === last) marks.push({ at: now(), cpu: process.cpuUsage() });
    },
    /** Is called with the body of the answer that `onAnswer` was called for. */
    onBody(body: string) {
      if (status >= 200 && status < 300) return true;
      const failure = failureOf(status, body);
      failures[failure] = (failures[failure] ?? 0) + 1;
      return true;
    },
    result(): ClosedLoopResult {
      const [begin, end] = marks;
      if (answers !== count || begin === undefined || end === undefined)
        throw new Error(`${answers} answers of ${count}`);
      const cpu = end.cpu.user + end.cpu.system - begin.cpu.user - begin.cpu.system;
      const busy = cpu / 1000 / (end.at - begin.at);
      return { from: begin.at, to: end.at, latencies, failures, busy };
    },
  };
}
