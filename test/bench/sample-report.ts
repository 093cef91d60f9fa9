import type { AtRate, Comparison, Flood, Group, Report, Result, Scenario } from '../../bench/result.ts';
import type { Spread } from '../../bench/statistics.ts';

/** A report with every part in it, as a long run on a quiet machine would write it. */
export function sampleReport(): Report &
  Required<Pick<Report, 'cases' | 'latency' | 'load' | 'attack' | 'soak' | 'peers'>> {
  return {
    machine: {
      ...{
        cpu: 'A processor of 3 GHz',
        cores: 4,
        memoryGiB: 16,
        node: '26.10.0',
        openssl: '3.5.8',
        commit: '0123456789ab',
      },
      packages: { '@holdfast/verifier': '0.1.0', 'a-peer': '1.2.3' },
    },
    ...{ started: '2026-11-27T20:53:12.345Z', mode: 'full', seconds: 601, loadAverage: [0.1, 2.4] },
    cases: [...crypto(), ...verifications(), ...others(), ...replay()],
    latency: {
      rounds: 3000,
      ways: [
        { name: 'undici.fetch', p50: 890, p90: 1150, p99: 1900, comparisons: [] },
        {
          ...{ name: 'client.fetch', p50: 980, p90: 1280, p99: 2100 },
          comparisons: [{ moreThan: ['undici.fetch'], ...held(92, 100, 'ok') }],
        },
      ],
    },
    load: { scenarios: scenarios() },
    attack: { honestRate: 400, floods: floods() },
    soak: {
      ...{ requests: 1_000_000, clients: 10_000, growth: 1.002, verdict: 'flat' },
      samples: [1, 2, 3, 4].map((i) => ({
        requests: i * 250_000,
        seconds: i * 90,
        resident: 210 + i,
        heap: 90,
        buffers: 40,
      })),
    },
    peers: [
      {
        ...{ name: 'a-peer', version: '1.2.3', cases: ['a-peer'], role: 'verifies', driven: 'verify(request)' },
        leavesOut: ['replay: a jti has only to be there (index.js)', 'nonce: none is asked for (index.js)'],
      },
      {
        ...{ name: 'API key', cases: ['API key, HMAC'], role: 'reference', driven: 'a signature over time and path' },
        leavesOut: ['token: there is none'],
      },
    ],
  };
}

function spread(median: number): Spread {
  return { median, low: median * 0.95, high: median * 1.08 };
}

function held(
  median: number,
  atMost: number,
  verdict: NonNullable<Comparison['verdict']>,
): Comparison & { atMost: number } {
  return { figure: spread(median), atMost, verdict };
}

function measured(group: Group, name: string, micros: number, more: Partial<Result> = {}): Result {
  const [value, wall] = [spread(micros), spread(micros * 1.1)];
  return { name, group, unit: 'µs CPU', value, wall, operations: 50_000, rounds: 60, comparisons: [], ...more };
}

const byAlg = (group: Group, name: string, alg: string, micros: number, comparisons: Result['comparisons'] = []) =>
  measured(group, name, micros, { alg, comparisons });

function crypto(): Result[] {
  return [
    byAlg('raw', 'raw ES256', 'ES256', 70),
    byAlg('raw', 'raw Ed25519', 'Ed25519', 105),
    byAlg('raw', 'raw Ed25519 by libsodium', 'Ed25519', 52),
    byAlg('raw', 'raw PS256', 'PS256', 23),
    byAlg('raw', 'raw sign ES256', 'ES256', 25),
    byAlg('raw', 'raw sign Ed25519', 'Ed25519', 38),
    byAlg('raw', 'raw sign PS256', 'PS256', 700),
    measured('raw', 'raw issue', 180),
  ];
}

function verifications(): Result[] {
  return [
    byAlg('verify', 'verify ES256, 100 clients', 'ES256', 84, [
      { against: 'raw ES256', ...held(1.19, 1.2, 'ok') },
      { against: 'a-peer', ...held(0.24, 0.25, 'unclear') },
    ]),
    byAlg('verify', 'verify Ed25519', 'Ed25519', 66, [
      { against: 'raw Ed25519', figure: spread(0.63) },
      { against: 'raw Ed25519 by libsodium', figure: spread(1.26) },
    ]),
    byAlg('verify', 'verify PS256', 'PS256', 37, [{ against: 'raw PS256', figure: spread(1.6) }]),
    byAlg('verify', 'verify ES256, without nonces', 'ES256', 83),
    byAlg('verify', 'verify ES256 on the pool, 16 in flight', 'ES256', 180),
    byAlg('verify', 'verify ES256, replay on Redis', 'ES256', 130),
    byAlg('verify', 'verify ES256, cold key', 'ES256', 260),
    measured('verify', 'verify mTLS-bound', 5.4, { comparisons: [held(5.4, 5, 'misses')] }),
    measured('step', 'step: read the credential', 1.2),
    measured('step', 'step: verify the signature', 70.5),
    measured('step', 'step: reserve the jti', 1.1),
  ];
}

function others(): Result[] {
  return [
    byAlg('peer', 'a-peer', 'ES256', 350),
    measured('peer', 'API key, HMAC', 6),
    measured('issue', 'issue', 310, { comparisons: [{ against: 'raw issue', ...held(1.72, 2, 'ok') }] }),
    byAlg('sign', 'proof ES256', 'ES256', 28, [{ against: 'raw sign ES256', ...held(1.12, 1.25, 'ok') }]),
    byAlg('sign', 'proof PS256', 'PS256', 704, [{ against: 'raw sign PS256', figure: spread(1.01) }]),
    byAlg('sign', 'proof from the pool', 'ES256', 0.5),
    byAlg('message', 'raw sign + SHA-256 of 1 KB', 'ES256', 27),
    byAlg('message', 'sign an order of 1 KB', 'ES256', 49, [
      { moreThan: ['raw sign + SHA-256 of 1 KB'], ...held(22, 25, 'ok') },
    ]),
    measured('refuse', 'refuse garbage', 3.1),
    measured('refuse', 'refuse a bad signature', 81),
  ];
}

function replay(): Result[] {
  return [100_000, 1_000_000, 10_000_000].flatMap((entries) => {
    const of = (name: string, figure: number, unit: Result['unit'] = 'µs CPU'): Result => ({
      ...{ name: `replay table: ${name} at ${entries}`, group: 'replay', unit, value: spread(figure) },
      ...{ entries, operations: entries, rounds: 1, comparisons: [] },
    });
    return [of('live entry', 24.4, 'bytes'), of('reserve, mean', 0.9), of('reserve, 999 of 1,000', 7)];
  });
}

function atRate(share: number, rate: number): AtRate {
  const p50 = 300 / (1 - share);
  return {
    share,
    rate,
    achieved: rate - 1,
    p50,
    p99: p50 * 5,
    p999: p50 * 9,
    worst: p50 * 20,
    cpu: 190,
    requests: rate * 5,
  };
}

function scenario(name: string, alg: string | undefined, throughput: number): Scenario {
  const cpu = 1e6 / throughput;
  return {
    ...{ name, transport: 'https', processes: 1, ...(alg === undefined ? {} : { alg }) },
    saturation: {
      ...{ connections: 32, throughput: spread(throughput), cpu: spread(cpu), busy: spread(0.99), memory: 180 },
      ...{ p50: 5000, p99: 9000, p999: 14_000, requests: 60_000, rounds: 6, comparisons: [] },
    },
    rates: [0.25, 0.5, 0.8].map((share) => atRate(share, Math.round(throughput * share))),
  };
}

function scenarios(): Scenario[] {
  return [
    scenario('load no auth', undefined, 21_000),
    scenario('load DPoP ES256', 'ES256', 6700),
    scenario('load DPoP PS256', 'PS256', 9900),
    scenario('load mTLS', undefined, 16_500),
  ];
}

function floods(): Flood[] {
  const flood = (name: string, rate: number, slower: number): Flood => {
    const felt = atRate(0.1, 400);
    const [p50, p99, p999] = [felt.p50 * slower, felt.p99 * slower, felt.p999 * slower];
    const honest = { ...felt, p50, p99, p999, failed: rate > 3000 ? 2 : 0 };
    return { name, rate, refusals: rate === 0 ? {} : { proof_malformed: rate }, honest, cpu: 40, memory: 190 };
  };
  return [flood('attack calm', 0, 1), flood('attack garbage', 9000, 2.2), flood('attack bad signatures', 3000, 4)];
}
