import type { Latency, WayResult } from '../latency/latency.ts';
import { align } from './align.ts';
import { cells, number } from './comparison.ts';

const HEAD = ['one request over TLS, one at a time', 'p50', 'p90', 'p99', 'µs by the wall', 'spread', 'bar', ''];
const RIGHT = new Set([1, 2, 3]);

export function latencyLines({ rounds, ways }: Latency): string[] {
  return [
    ...align([HEAD, ...ways.flatMap(rows)], RIGHT),
    '',
    `${rounds} rounds; what is added is the median of the differences in each round, its spread that of ten stretches`,
  ];
}

function rows({ name, p50, p90, p99, comparisons }: WayResult): string[][] {
  const [first = ['', '', '', ''], ...more] = comparisons.map(cells);
  return [[name, ...[p50, p90, p99].map(number), ...first], ...more.map((row) => ['', '', '', '', ...row])];
}
