import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { compareReports } from '../../bench/compare.ts';
import type { Report } from '../../bench/result.ts';
import type { Spread } from '../../bench/statistics.ts';

const entry = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));

afterAll(() => rmSync(folder, { recursive: true }));

/** A report whose one case is so many times another. */
function report(figure: Spread, cpu = 'a processor'): Report {
  const comparisons = [
    { against: 'raw', figure, atMost: 1, verdict: 'ok' as const },
    { figure, atMost: 5, verdict: 'ok' as const },
  ];
  const machine = { cpu, cores: 2, memoryGiB: 8, node: '26.0.0', openssl: '3.5.0', packages: {}, commit: 'c0ffee' };
  const result = { name: 'ours', group: 'verify', unit: 'µs CPU', value: figure, operations: 9, rounds: 9 } as const;
  const cases = [{ ...result, comparisons }];
  return { machine, started: '2026-11-27T12:00:00.000Z', mode: 'quick', seconds: 1, loadAverage: [0, 0], cases };
}

function saved(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const damaged = (instead: object) => JSON.stringify({ ...report(steady), ...instead });

function bench(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...args], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { status, stdout, stderr };
}

function compare(before: Report, after: Report, ...more: string[]) {
  const [earlier, later] = [before, after].map((each, i) => saved(`${i}.json`, JSON.stringify(each))) as [
    string,
    string,
  ];
  return bench('--report', later, '--compare', earlier, ...more);
}

const steady = { median: 1.2, low: 1.18, high: 1.22 };

describe('npm run bench -- --compare', () => {
  it.each([
    ['worse', 'beyond the noise', { median: 1.4, low: 1.38, high: 1.42 }],
    ['better', 'beyond the noise', { median: 1.0, low: 0.98, high: 1.02 }],
    ['same', 'by less than one twentieth', { median: 1.25, low: 1.24, high: 1.26 }],
    ['same', 'within the spread', { median: 1.3, low: 1.19, high: 1.34 }],
    ['unclear', 'in rounds that were too noisy to tell', { median: 1.4, low: 1.1, high: 1.9 }],
  ])('calls a ratio %s that has changed %s', (verdict, _how, figure) => {
    const changes = compareReports(report(steady), report(figure));
    expect(changes).toEqual([{ name: 'ours', against: 'raw', before: steady, after: figure, verdict }]);
  });

  it('takes no ratio of a floor or of a reference under load for ours', () => {
    const [before, after] = [steady, { median: 1.4, low: 1.38, high: 1.42 }].map((figure) => {
      const names = ['load Bearer JWT (reference only)', 'load one raw verification', 'load DPoP ES256'];
      const saturation = { comparisons: [{ against: 'load no authentication', figure }] };
      const scenarios = names.map((name) => ({ name, transport: 'http', processes: 1, rates: [], saturation }));
      return { ...report(steady), load: { scenarios } } as unknown as Report;
    }) as [Report, Report];
    const worse = compareReports(before, after).filter(({ verdict }) => verdict === 'worse');
    expect(worse.map(({ name }) => name)).toEqual(['load DPoP ES256']);
  });

  it('takes no ratio of somebody else for ours: that it takes longer beside us is no fault', () => {
    const [before, after] = [steady, { median: 1.4, low: 1.38, high: 1.42 }].map((figure) => {
      const of = report(figure);
      const [ours] = of.cases ?? [];
      const peer = (name: string, group: 'peer' | 'sign') => ({
        ...ours,
        name,
        group,
        comparisons: [{ against: 'ours', figure }],
      });
      const cases = [peer('verifies', 'peer'), peer('signs', 'sign')];
      const facts = { name: 'signer', cases: ['signs'], role: 'signs', driven: '', leavesOut: [] };
      return { ...of, cases, peers: [facts] } as unknown as Report;
    });
    expect(compareReports(before as Report, after as Report)).toEqual([]);
  });

  it('prints the changes with the report, and ends with 3 when a ratio got worse', () => {
    const [better, worse] = [
      { median: 1.0, low: 0.98, high: 1.02 },
      { median: 1.4, low: 1.38, high: 1.42 },
    ];
    const { status, stdout, stderr } = compare(report(better), report(worse), '--json');
    expect({ status, stderr }).toEqual({ status: 3, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ mode: 'quick', changes: [{ name: 'ours', verdict: 'worse' }] });
    expect(compare(report(worse), report(better)).status).toBe(0);
  });

  it('tells it in a table, and when it was another machine', () => {
    const { stdout } = compare(report(steady, 'another processor'), report({ median: 1.4, low: 1.38, high: 1.42 }));
    expect(stdout).toMatch(/ours \/ raw +1\.20 +1\.18 – 1\.22 +1\.40 +1\.38 – 1\.42 +worse/);
    expect(stdout).toContain('1 ratios compared with commit c0ffee: 1 worse, 0 better, 0 unclear, 0 the same');
    expect(stdout).toContain('then it was cpu another processor');
  });

  it('tells that the earlier one was a run of another kind, with other versions', () => {
    const earlier = report(steady);
    const full = { ...earlier, mode: 'full', machine: { ...earlier.machine, packages: { peer: '1.0.0', gone: '1' } } };
    const later = { ...earlier, machine: { ...earlier.machine, packages: { peer: '1.1.0', newer: '1' } } };
    expect(compare(full as Report, later).stdout).toContain(
      'then it was mode full, peer 1.0.0: ratios may have changed',
    );
    expect(compare(later, later).stdout).not.toContain('then it was');
  });

  it('writes an earlier report again, with its page and its table', () => {
    const out = join(folder, 'results');
    const { status, stdout } = bench('--report', saved('again.json', JSON.stringify(report(steady))), '--out', out);
    expect(status).toBe(0);
    const files = ['html', 'json', 'md'].map((ending) => `2026-11-27T12-00-00Z-quick.${ending}`);
    expect(readdirSync(out).toSorted()).toEqual(files);
    for (const file of files) expect(stdout).toContain(`written: ${join(out, file)}`);
    const [page = '', json = ''] = files.map((file) => readFileSync(join(out, file), 'utf8'));
    expect(JSON.parse(json)).toEqual(report(steady));
    expect(page).toMatch(/^<!doctype html>/i);
  });

  it.each([
    ['no file', () => join(folder, 'nowhere.json')],
    ['a file that is no JSON', () => saved('text.json', 'not JSON')],
    ['JSON that is no report', () => saved('other.json', '{"cases":{}}')],
    ['a report without its packages', () => saved('damaged.json', damaged({ machine: { cpu: 'a processor' } }))],
    ['a report without a figure', () => saved('damaged.json', damaged({ cases: [{ name: 'ours', comparisons: [] }] }))],
  ])('says before it measures that there is %s', (_what, file) => {
    const { status, stdout, stderr } = bench('--compare', file());
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^bench: [^\n]+\n$/);
  });
});
