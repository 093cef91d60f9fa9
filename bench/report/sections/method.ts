import type { Report } from '../../result.ts';
import { relativeWidth } from '../../statistics.ts';
import { NOISE } from '../../verdict.ts';
import { disturbance, fewestRounds } from '../disturbed.ts';
import { listed, percent } from '../format.ts';
import { type Html, html, type Insert } from '../markup.ts';
import type { Section } from '../section.ts';

/** What has to be known before any of it is believed. */
export function methodSection(report: Report): Section {
  return {
    id: 'method',
    title: 'How it was measured',
    body: html`${method(report)}${machine(report)}${noise(report)}`,
  };
}

function method({ cases, load, attack }: Report): Html {
  return html`<ul>
${
  cases && [
    html`<li><strong>CPU time of the whole process</strong> for one operation: thread pool and garbage collector are in it, and what else
the machine does is not. Time by the wall is shown beside it in the table of all cases.</li>`,
    html`<li><strong>In turns.</strong> Each round gives every case a slice, and every ratio is between two slices of one round: what slows
the machine for a while slows both. Shown are the median of the rounds and the 10th to 90th percentile.</li>`,
    html`<li><strong>Undisturbed.</strong> A core is often shared with machines that nobody sees, and half as fast while one of them works. Before
each slice a fixed piece of work tells whether it is so, which is waited for to pass, and again after it.</li>`,
    html`<li><strong>Nothing is sent twice.</strong> Each measured request has a proof of its own, signed before the slice begins.</li>`,
    html`<li><strong>Warm</strong> means that the code has run thousands of times and the verifier has seen every client once; <em>cold</em>,
that it sees a key for the first time.</li>`,
    html`<li><strong>A verdict is unclear</strong> where the spread is wider than ${percent(NOISE)} of its median and the bar lies inside.</li>`,
  ]
}
${
  load && [
    html`<li><strong>Saturation</strong> is a closed loop: each connection sends its next request when the last one was answered. It says how much
a venue can do, and nothing about how long a client waits.</li>`,
    html`<li><strong>Latency</strong> is an open loop, at rates below saturation: a request is sent when it is due and timed from that moment,
so that a server that stalls is charged for all who came meanwhile (coordinated omission is avoided).</li>`,
  ]
}
${attack && html`<li><strong>Attacks</strong> come from a process of their own; the honest clients go on at the same rate in all of them.</li>`}
</ul>`;
}

function machine({ machine: of, started, seconds, mode, loadAverage }: Report): Html {
  const packages = Object.entries(of.packages).map(([name, version]) => `${name} ${version}`);
  const facts: [string, Insert][] = [
    ['Machine', `${of.cpu}, ${of.cores} cores, ${of.memoryGiB} GiB`],
    ['Runtime', `Node ${of.node}, OpenSSL ${of.openssl}`],
    ['Packages', packages.join(', ')],
    ['Commit', of.commit ?? 'not from a git checkout'],
    ['When', `${shownTime(started)}, for ${seconds} seconds, a ${mode} run`],
    [
      'Load of the machine',
      `${loadAverage[0]} before and ${loadAverage[1]} after: processes that wanted to run, averaged over a minute`,
    ],
  ];
  return html`<dl>${facts.map(([name, fact]) => html`<div><dt>${name}</dt><dd>${fact}</dd></div>`)}</dl>`;
}

/** `2026-11-27 20:53 UTC`. */
export const shownTime = (iso: string) => `${iso.slice(0, 16).replace('T', ' ')} UTC`;

function noise({ cases = [], mode, machine: { cores }, loadAverage: [before] }: Report): Html {
  const noisy = cases.filter(({ value }) => relativeWidth(value) > NOISE).map(({ name }) => name);
  const fewest = fewestRounds(cases);
  const notes = [
    ...(mode === 'quick' ? ['A quick run: less of everything. Its ratios hold roughly, its percentiles hardly.'] : []),
    ...(fewest < 10
      ? [`Some figures are of ${fewest} rounds, whose percentiles are little more than the extremes.`]
      : []),
    ...(before > cores / 4
      ? [`The machine had other work when this began (load ${before} on ${cores} cores): trust the ratios, not the µs.`]
      : []),
    ...disturbance(cases),
    ...(noisy.length > 0
      ? [`The spread is more than ${percent(NOISE)} of the median in ${told(noisy, cases.length)}.`]
      : []),
  ];
  return html`${notes.map((note) => html`<p class="note">${note}</p>`)}`;
}

const FEW = 6;

const told = (names: readonly string[], all: number) =>
  names.length <= FEW ? listed(names) : `${names.length} of the ${all} cases`;
