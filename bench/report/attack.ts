import type { Attack, Flood } from '../result.ts';
import { align } from './align.ts';
import { number } from './comparison.ts';

const HEAD = [
  'flood',
  'a second',
  'µs CPU',
  'server',
  'honest: p50',
  'p99',
  'p99.9',
  'worst ms',
  'failed',
  'MiB',
  'refused with',
];
const RIGHT = new Set([1, 2, 3, 4, 5, 6, 7, 8, 9]); // columns of figures

export function attackLines({ honestRate, floods }: Attack): string[] {
  return [
    ...align([HEAD, ...floods.map(row)], RIGHT),
    '',
    `${honestRate} honest requests a second, in ms by the wall from the moment that each was due; µs CPU: of the server, for one`,
    'request of the attackers, who send as fast as they are answered',
    ...lateness(floods),
  ];
}

/** Clients and attackers share what cores the server leaves. */
function lateness(floods: readonly Flood[]): string[] {
  const behind = floods.filter(({ honest }) => honest.isBehind === true);
  if (behind.length === 0) return [];
  const late = Math.max(...behind.map(({ honest }) => honest.late ?? 0));
  return [`the clients themselves were late to send, which is in their figures: up to ${number(late / 1000)} ms (p99)`];
}

function row({ name, rate, cpu, busy, honest, refusals, memory }: Flood): string[] {
  const felt = [honest.p50, honest.p99, honest.p999, honest.worst].map((each) => number(each / 1000));
  return [
    name,
    rate === 0 ? '' : rate.toFixed(0),
    cpu === undefined ? '' : number(cpu),
    busy === undefined ? '' : `${(busy * 100).toFixed(0)} %`,
    ...felt,
    `${honest.failed} of ${honest.requests}`,
    memory.toFixed(0),
    Object.keys(refusals).join(', '),
  ];
}
