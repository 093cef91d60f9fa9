import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { TRIALS } from '../../bench/load/trials.ts';
import { allCases } from '../../bench/micro/cases/all.ts';
import { advise } from '../../bench/report/advice/advice.ts';
import { NAMES } from '../../bench/report/figures.ts';
import { htmlReport } from '../../bench/report/html.ts';
import { markdownTable } from '../../bench/report/markdown.ts';
import { USUAL } from '../../bench/report/sections/under-load.ts';
import type { Report } from '../../bench/result.ts';
import { createScenes } from '../../bench/scene/scenes.ts';
import { sampleReport } from './sample-report.ts';

const SECTIONS = [
  ...['summary', 'throughput', 'steps', 'peers', 'signing', 'messages', 'issuing', 'refusals', 'attack', 'latency'],
  ...['replay', 'soak', 'ways', 'advice', 'method', 'peer-facts', 'cases'],
];
const PLOTTED = SECTIONS.filter((id) => !['advice', 'method', 'peer-facts', 'cases'].includes(id));
const PARTS = ['cases', 'latency', 'load', 'attack', 'soak', 'peers'] as const;

const full = sampleReport();
let page: string;
beforeAll(() => {
  page = htmlReport(full);
});

const idsOf = (text: string) => [...text.matchAll(/<section id="([^"]+)"/g)].map(([, id]) => id);
const sectionOf = (text: string, id: string) => text.split(`<section id="${id}"`)[1]?.split('</section>')[0] ?? '';
const withoutParts = (...absent: readonly (keyof Report)[]) =>
  Object.fromEntries(
    Object.entries(full).filter(([part]) => !absent.includes(part as keyof Report)),
  ) as unknown as Report;

describe('the page', () => {
  it('needs nothing but itself', () => {
    expect(page).not.toMatch(/<(script|link|img|iframe|object|embed|base|form)\b/i);
    expect(page).not.toMatch(/\b(src|srcset|action)=|url\(|@import/i);
    const links = [...page.matchAll(/href="([^"]*)"/g)].map(([, link = '']) => link);
    for (const link of links) expect(page).toContain(` id="${link.slice(1)}"`);
    expect(page).toMatch(/^<!doctype html>\n<html lang="en">/);
  });

  it('has every section with a heading of its own, in this order, and plots that say what they show', () => {
    expect(idsOf(page)).toEqual(SECTIONS);
    for (const id of SECTIONS) expect(sectionOf(page, id)).toContain(`<h2 id="${id}-title">`);
    for (const id of PLOTTED) expect(sectionOf(page, id), id).toMatch(/<svg role="img" aria-label="[^"]{20,}"/);
  });

  it.each(PARTS)('leaves no empty section where a run has no %s', (part) => {
    const text = htmlReport(withoutParts(part));
    expect(idsOf(text).length).toBeLessThan(SECTIONS.length);
    expect(text).not.toMatch(
      /<tbody><\/tbody>|<figure><\/figure>|<ul[^>]*><\/ul>|<dl[^>]*><\/dl>|NaN|undefined|Infinity/,
    );
  });

  it('says how it was measured, and nothing else, where nothing was', () => {
    expect(idsOf(htmlReport(withoutParts(...PARTS)))).toEqual(['method']);
  });

  it('shows each bar with its figure and its verdict, missed ones too', () => {
    const rows = sectionOf(page, 'summary').split('<tbody>')[1]?.split('</tr>') ?? [];
    const row = (name: string, against: string) =>
      rows.find((each) => each.includes(`>${name}<`) && each.includes(against));
    expect(rows.length - 1).toBe(7);
    expect(row('verify ES256, 100 clients', 'raw ES256')).toMatch(/>1\.2<.*>1\.19<.*>met</s);
    expect(row('verify ES256, 100 clients', 'a-peer')).toMatch(/>1\/4<.*>0\.240<.*>unclear</s);
    expect(row('verify mTLS-bound', 'µs of CPU')).toMatch(/>5<.*>5\.40<.*>missed</s);
    expect(row('client.fetch', 'undici.fetch')).toMatch(/>100<.*>92\.0<.*>met</s);
  });

  it('shows the others beside ours where it remembers as little as they do, and names no omission that no test shows', () => {
    const section = sectionOf(page, 'peers').replaceAll('\u00a0', ' ');
    expect(section).toContain('a-peer 350 µs · 4.17 ×, cold 1.35 ×');
    expect(section).toContain('verify ES256, cold key 260 µs');
    const peers = full.peers.map((peer) => ({ ...peer, leavesOut: ['nonce: none', 'normal form of htu: stricter'] }));
    expect(markdownTable({ ...full, peers })).toContain('without nonce |');
    expect(htmlReport({ ...full, peers })).toContain('it leaves out nonce.');
  });

  it('takes no name of a report for markup', () => {
    const text = htmlReport(hostile(full));
    expect(text.includes('<b>')).toBe(false); // and not the whole page in the message
    expect(/<[^<>]*"onload/.test(text)).toBe(false);
    expect(text.split('&lt;b&gt;').length).toBeGreaterThan(100);
  });
});

const HOSTILE = `<b>"onload='|\``;

/** With markup at the end of every text that is a name. */
function hostile(report: Report): Report {
  const names = new Set(['name', 'against', 'cpu', 'node', 'commit', 'driven', 'version']);
  const text = JSON.stringify(report, (key, value: unknown) => {
    if (key === 'leavesOut' || key === 'cases' || key === 'moreThan')
      return (value as unknown[]).map((each) => (typeof each === 'string' ? each + HOSTILE : each));
    return names.has(key) && typeof value === 'string' ? value + HOSTILE : value;
  });
  return JSON.parse(text) as Report;
}

describe('its advice', () => {
  const said = (report: Report) =>
    advise(report).map(({ topic, text }) => `${topic}: ${text}`.replaceAll('\u00a0', ' '));

  it('follows from the figures', () => {
    const all = said(full).join('\n');
    expect(all).toContain('spares the venue 47.0 µs of the 84.0 µs that ES256 takes, and costs the client 676 µs more');
    expect(all).toContain('an order leaves earlier by 27.5 µs by ES256 and 704 µs by PS256');
    expect(all).toContain('10,000 a second need 1,200,000 entries, 28 MiB');
    expect(all).toContain(
      'Honest clients felt most of bad signatures (3,000 a second): a p99 of 6.67 ms instead of 1.67 ms',
    );
    expect(all).not.toContain('noisy');
  });

  it('does not say that a signature is verified for nobody but who has a token', () => {
    expect(said(full).find((each) => each.startsWith('What a flood costs'))).toContain(
      'a forged one with a proof of his own',
    );
  });

  it('is given only with its figures', () => {
    expect(said(withoutParts(...PARTS))).toEqual([]);
    const cases = full.cases.filter(({ alg }) => alg !== 'PS256');
    expect(said({ ...full, cases }).join('\n')).not.toContain('PS256 moves');
  });

  it('begins with a warning where the figures are no basis', () => {
    const cases = full.cases.map((each) => ({ ...each, value: { ...each.value, high: each.value.median * 2 } }));
    expect(said({ ...full, cases })[0]).toMatch(/^This run was noisy: In 100 % of the cases/);
    expect(markdownTable({ ...full, cases })).toContain('The machine was noisy');
    expect(markdownTable(full)).not.toContain('noisy');
  });

  it('is about cases that the bench has', () => {
    const names = new Set(allCases(createScenes()).map(({ name }) => name));
    expect(Object.values(NAMES).filter((name) => !names.has(name) && name !== NAMES.rawBySodium)).toEqual([]);
    expect(TRIALS.map(({ name }) => name)).toEqual(expect.arrayContaining([USUAL, 'load mTLS', `${USUAL} over TLS`]));
    for (const alg of ['ES256', 'Ed25519', 'PS256'])
      for (const name of [`raw ${alg}`, `raw sign ${alg}`, `proof ${alg}`]) expect(names).toContain(name);
  });
});

describe('the table in Markdown', () => {
  const tablesOf = (text: string) =>
    text
      .split('\n\n')
      .map((part) => part.split('\n'))
      .filter(([first]) => first?.startsWith('|'));
  const cellsOf = (line: string) => line.split(/(?<!\\)\|/).length;

  it.each(['a usual report', 'one with hostile names'])('is well formed: %s', (which) => {
    const text = markdownTable(which === 'a usual report' ? full : hostile(full));
    const tables = tablesOf(text);
    expect(tables.length).toBe(2);
    for (const [head = '', line = '', ...rows] of tables) {
      expect(line).toMatch(/^\|( -+:? \|)+$/);
      expect(rows.length).toBeGreaterThan(0);
      for (const each of [line, ...rows]) expect(cellsOf(each)).toBe(cellsOf(head));
    }
    expect(text).not.toContain('<b>');
  });

  it('says what one request costs, beside the limit and beside others', () => {
    const text = markdownTable(full).replaceAll('\u00a0', ' ');
    expect(text).toContain('| DPoP ES256 | 6,700 | 149 µs | 3.00 ms |');
    expect(text).toContain('| **verify ES256, 100 clients** | 84.0 µs | 1.19 × raw ES256 |');
    expect(text).toContain('| a-peer | 350 µs | 4.17 × ours, 1.35 × ours cold, without replay and nonce |');
    expect(text).toContain(
      '| **verify ES256, cold key** | 260 µs | neither key nor token is remembered, as by the others |',
    );
    expect(text).toContain('Of 7 bars 5 are met, 1 missed and 1 unclear.');
    expect(text).toMatch(/`npm run bench` on 2026-11-27: .*, commit 0123456789ab/);
    expect(text.split('\n').length).toBeLessThan(32);
  });

  it('is the one of the reference in the README', () => {
    const read = (path: string) => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
    const reference = JSON.parse(read('bench/results/reference.json')) as Report;
    const [, block] = /<!-- bench -->\n(.*)\n<!-- \/bench -->/s.exec(read('README.md')) ?? [];
    expect(block).toBe(markdownTable(reference));
  });
});
