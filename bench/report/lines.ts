import type { Report } from '../result.ts';
import { attackLines } from './attack.ts';
import { deployedLines } from './deployed.ts';
import { latencyLines } from './latency.ts';
import { loadLines } from './load.ts';
import { machineLines } from './machine.ts';
import { soakLines } from './soak.ts';
import { notes, tableLines } from './table.ts';

/** A report for the terminal. */
export function reportLines({
  machine,
  seconds,
  loadAverage,
  latency,
  cases,
  load,
  attack,
  soak,
  deployed,
}: Report): string[] {
  const parts = [
    machineLines(machine),
    ...(latency === undefined ? [] : [latencyLines(latency)]),
    ...(cases === undefined ? [] : [tableLines(cases), notes(cases)]),
    ...(load === undefined ? [] : [loadLines(load)]),
    ...(attack === undefined ? [] : [attackLines(attack)]),
    ...(soak === undefined ? [] : [soakLines(soak)]),
    ...(deployed === undefined ? [] : [deployedLines(deployed)]),
    [`took ${seconds} s; load of the machine ${loadAverage[0]} before, ${loadAverage[1]} after`],
  ];
  return parts.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]));
}
