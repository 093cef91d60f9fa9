import { setTimeout as after } from 'node:timers/promises';
import { type Dispatcher, Pool } from 'undici';
import { arrivals } from './arrivals.ts';
import { failureOf, type PlannedRequest, type Target } from './planned.ts';
import { sendWhenDue, type Timed } from './when-due.ts';

export interface OpenLoop {
  readonly target: Target;
  /** Kept ones. Requests that are due while all of them wait for answers stand in line, and their time runs. */
  readonly connections: number;
  /** Requests a second. */
  readonly rate: number;
  readonly count: number;
  readonly seed: number;
  /** ms from all being connected to the start, in which somebody else can begin. Default 0. */
  readonly settle?: number;
  /** ms that answers are waited for after the last request was due. Default 10,000. */
  readonly patience?: number;
}

const PATIENCE = 10_000; // ms

/** Requests on kept connections to one server, each sent when it is due. */
export async function runOpenLoop(loop: OpenLoop, next: (i: number) => PlannedRequest): Promise<Timed> {
  const { target, connections, rate, count, seed, settle = 0, patience = PATIENCE } = loop;
  const pool = new Pool(target.origin, { connections, pipelining: 1, connect: connectOptions(target) });
  try {
    await connect(pool, connections);
    await after(settle);
    return await sendWhenDue(arrivals(rate, count, seed), sender(pool, next), patience);
  } finally {
    await pool.destroy();
  }
}

function connectOptions({ ca, cert, key }: Target) {
  const given = Object.entries({ ca, cert, key }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given);
}

/** Handshakes are made before the first request is due. What the server says does not matter. */
async function connect(pool: Pool, connections: number): Promise<void> {
  const knock = async () => (await pool.request({ method: 'GET', path: '/' })).body.dump();
  await Promise.all(Array.from({ length: connections }, knock));
}

const sender = (pool: Pool, next: (i: number) => PlannedRequest) => (i: number, ended: (failure?: string) => void) => {
  pool.dispatch(asDispatched(next(i)), handler(ended));
};

function asDispatched({ method, path, headers, body }: PlannedRequest): Dispatcher.DispatchOptions {
  return { method: method as Dispatcher.HttpMethod, path, headers: { ...headers }, body: body ?? null };
}

/** Reads an answer to its end, and tells what was wrong with it. */
function handler(ended: (failure: string | undefined) => void): Dispatcher.DispatchHandler {
  let status = 0;
  let body = '';
  return {
    onRequestStart() {},
    onResponseStart(_controller, statusCode) {
      status = statusCode;
    },
    onResponseData(_controller, chunk) {
      if (status >= 300) body += chunk.toString();
    },
    onResponseEnd() {
      ended(status >= 200 && status < 300 ? undefined : failureOf(status, body));
    },
    onResponseError(_controller, error) {
      ended((error as NodeJS.ErrnoException).code ?? error.name);
    },
  };
}
