import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const entry = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));

function bench(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [entry, ...args], { encoding: 'utf8', timeout: 60_000, killSignal: 'SIGKILL' });
}

interface Report {
  readonly machine: Readonly<Record<string, unknown>>;
  readonly cases: readonly {
    readonly name: string;
    readonly value: { readonly median: number };
    readonly operations: number;
    readonly rounds: number;
    readonly comparisons: readonly { readonly against?: string; readonly figure: { readonly median: number } }[];
  }[];
}

type Ways = readonly {
  readonly name: string;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly comparisons: readonly { readonly moreThan: string[]; readonly atMost?: number }[];
}[];

describe('npm run bench', () => {
  it('prints one JSON object with the machine and the cases, each beside what it is compared with', () => {
    const { status, stdout, stderr } = bench('--micro', '--quick', '--seconds', '1', '--only', 'verify mtls', '--json');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { machine, cases } = JSON.parse(stdout) as Report;
    expect(machine).toMatchObject({ cpu: expect.any(String), cores: expect.any(Number), node: process.versions.node });
    expect(cases.map(({ name }) => name)).toEqual(['verify mTLS-bound']);
  }, 60_000);

  it('measures every case of the name that is asked for, and the baseline of each', () => {
    const { status, stdout } = bench('--quick', '--seconds', '1', '--only', 'verify ed25519', '--json');
    expect(status).toBe(0);
    const { cases } = JSON.parse(stdout) as Report;
    const names = cases.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['raw Ed25519', 'verify Ed25519']));
    const [first] = cases.find(({ name }) => name === 'verify Ed25519')?.comparisons ?? [];
    expect(first).toMatchObject({ against: 'raw Ed25519', figure: { median: expect.any(Number) } });
    for (const { value, rounds, operations } of cases) {
      expect(value.median).toBeGreaterThan(0);
      expect(operations).toBeGreaterThan(rounds);
      expect(rounds).toBeGreaterThanOrEqual(3);
    }
  }, 60_000);

  it('counts the requests of a soak, and claims nothing after a short one', () => {
    const { status, stdout } = bench('--soak', '--requests', '4000', '--json');
    expect(status).toBe(0);
    const { soak } = JSON.parse(stdout) as {
      soak: { clients: number; verdict: string; samples: { requests: number; resident: number }[] };
    };
    expect(soak).toMatchObject({ clients: 400, verdict: 'too short to tell' });
    expect(soak.samples.at(-1)).toMatchObject({ requests: 4000, resident: expect.any(Number) });
  }, 60_000);

  it('times requests over TLS by every way, and what each adds', () => {
    const { status, stdout, stderr } = bench('--latency', '--seconds', '1', '--json');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { latency } = JSON.parse(stdout) as { latency: { rounds: number; ways: Ways } };
    expect(latency.rounds).toBeGreaterThanOrEqual(20);
    const names = latency.ways.map(({ name }) => name);
    for (const { name, p50, p90, p99, comparisons } of latency.ways) {
      expect(p50, name).toBeGreaterThan(0);
      expect([p50, p90, p99], name).toEqual([p50, p90, p99].toSorted((a, b) => a - b));
      for (const { moreThan } of comparisons) expect(names).toEqual(expect.arrayContaining(moreThan));
    }
    const bars = latency.ways.flatMap(({ name, comparisons }) =>
      comparisons.flatMap(({ moreThan, atMost }) => (atMost === undefined ? [] : [[name, ...moreThan, atMost]])),
    );
    expect(bars).toEqual([
      ['client.fetch', 'undici.fetch', 150],
      ['client.fetch, presigned', 'undici.fetch', 60],
    ]);
  }, 60_000);

  it.each([
    ['an unknown option', ['--onyl', 'raw']],
    ['an argument that is no option', ['raw']],
    ['a name that no case has', ['--only', 'no such case']],
    ['seconds that are no number', ['--seconds', 'soon']],
    ['no requests', ['--soak', '--requests', '0']],
    ['a soak of one algorithm', ['--soak', '--alg', 'ES256']],
    ['an algorithm that there is not', ['--alg', 'ES265']],
    ['a place where no folder can be', ['--out', `${entry}/results`]],
  ])('answers %s in one line and does not end well', (_what, args) => {
    const { status, stdout, stderr } = bench(...args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^bench: [^\n]+\n$/);
  });
});
