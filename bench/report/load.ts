import type { AtRate, Load, Scenario } from '../result.ts';
import type { Spread } from '../statistics.ts';
import { SATURATED } from '../verdict.ts';
import { align } from './align.ts';
import { cells, number } from './comparison.ts';

const SATURATION = [
  'at saturation',
  'a second',
  'spread',
  'µs CPU',
  'server',
  'generator',
  'MiB',
  'held to',
  'spread',
  'bar',
  '',
];
const RATES = ['below saturation', 'of it', 'a second', 'answered', 'p50 ms', 'p99', 'p99.9', 'worst', 'µs CPU', ''];
const FIGURES = new Set([1, 3, 4, 5, 6]);
const RATE_FIGURES = new Set([1, 2, 3, 4, 5, 6, 7, 8]);

export function loadLines({ scenarios }: Load): string[] {
  const rates = scenarios.flatMap(rateRows);
  return [
    ...align([SATURATION, ...scenarios.flatMap(saturationRows)], FIGURES),
    '',
    'each connection sends when its last request was answered; ratios are of the time from one answer to the next, and where',
    'they say so of CPU; server and generator: share of a core, of each process',
    ...limitedLines(scenarios),
    ...(rates.length === 0
      ? []
      : ['', ...align([RATES, ...rates], RATE_FIGURES), '', 'in ms from the moment that each request was due']),
  ];
}

function saturationRows({ name, saturation }: Scenario): string[][] {
  if (saturation === undefined) return [];
  const { throughput, cpu, busy, generator, memory, comparisons } = saturation;
  const figures = [
    throughput.median.toFixed(0),
    whole(throughput),
    number(cpu.median),
    percent(busy),
    percent(generator),
  ];
  const [first = ['', '', '', ''], ...more] = comparisons.map(cells);
  const below = more.map((row) => ['', '', '', '', '', '', '', ...row]);
  return [[name, ...figures, memory.toFixed(0), ...first], ...below];
}

function rateRows({ name, rates }: Scenario): string[][] {
  return rates.map((rate, i) => [i === 0 ? name : '', ...rateCells(rate)]);
}

function rateCells({ share, rate, achieved, p50, p99, p999, worst, cpu, isBehind = false }: AtRate): string[] {
  const times = [p50, p99, p999, worst].map((micros) => number(micros / 1000));
  const note = isBehind ? 'the generator was late itself' : '';
  return [`${(share * 100).toFixed(0)} %`, rate.toFixed(0), achieved.toFixed(0), ...times, number(cpu), note];
}

/** Where the server had time left, the machine's other work or the generator was the limit, and CPU tells what is so. */
function limitedLines(scenarios: readonly Scenario[]): string[] {
  const limited = scenarios.filter(({ saturation }) => saturation !== undefined && saturation.busy.median < SATURATED);
  if (limited.length === 0) return [];
  return [`the server was not at its limit, so go by CPU: ${limited.map(({ name }) => name).join('; ')}`];
}

const percent = (share: Spread | undefined) => (share === undefined ? '' : `${(share.median * 100).toFixed(0)} %`);
const whole = ({ low, high }: Spread) => `${low.toFixed(0)} – ${high.toFixed(0)}`;
