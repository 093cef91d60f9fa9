import type { Soak } from '../soak/soak.ts';

export function soakLines({ requests, clients, samples, growth, verdict }: Soak): string[] {
  return [
    'requests    seconds  resident MiB  heap MiB  buffers MiB',
    ...samples.map(({ requests: done, seconds, resident, heap, buffers }) =>
      [
        String(done).padEnd(10),
        String(seconds).padStart(8),
        ...[resident, heap, buffers].map((value, i) => value.toFixed(1).padStart([12, 8, 11][i] ?? 0)),
      ].join('  '),
    ),
    `${requests} requests of ${clients} clients: ${verdict}; last quarter over the one before: ${growth.toFixed(3)}`,
  ];
}
