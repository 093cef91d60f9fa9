import { subscribe } from 'node:diagnostics_channel';

/** What a server process has used since it was started. */
export interface Usage {
  /** When, in ms since the epoch, by the clock that all processes of the machine share. */
  readonly at: number;
  /** µs of CPU, user and system, all threads. */
  readonly cpu: number;
  /** Requests whose answer was sent. */
  readonly served: number;
  /** MiB. */
  readonly resident: number;
}

/** Between two moments. */
export interface Used {
  /** Answers a second. */
  readonly throughput: number;
  /** µs of CPU for one request. */
  readonly cpu: number;
  /** Share of one core. */
  readonly busy: number;
  readonly requests: number;
}

const MIB = 2 ** 20;

/** Begins to count, and returns what tells the usage of this process. */
export function watchUsage(): () => Usage {
  let served = 0;
  subscribe('http.server.response.finish', () => {
    served += 1;
  });
  return () => {
    const { user, system } = process.cpuUsage();
    return { at: now(), cpu: user + system, served, resident: process.memoryUsage.rss() / MIB };
  };
}

export function usedBetween(first: Usage, last: Usage): Used {
  const [took, cpu, requests] = [last.at - first.at, last.cpu - first.cpu, last.served - first.served];
  return { throughput: (requests / took) * 1000, cpu: cpu / requests, busy: cpu / 1000 / took, requests };
}

/** ms since the epoch, to the microsecond. */
export function now(): number {
  return performance.timeOrigin + performance.now();
}
