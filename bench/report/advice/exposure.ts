import type { Report } from '../../result.ts';
import { NAMES, named, ofGroup, perSecond, verification } from '../figures.ts';
import { about, count, MIB, memory, time } from '../format.ts';
import { REMEMBERED, replayEntry } from '../headlines.ts';
import { calmAndWorst, floodName } from '../sections/attack.ts';
import { saturatedScenarios } from '../sections/under-load.ts';
import type { Advice } from './advice.ts';

const RATES = [1000, 10_000, 50_000]; // requests a second

/** What the replay table has to hold. */
export function replayMemory(report: Report): Advice | undefined {
  const entry = replayEntry(report);
  if (entry === undefined) return undefined;
  const sizes = RATES.map((rate) => {
    const entries = rate * REMEMBERED;
    return `${count(rate)} a second need ${count(entries)} entries, ${memory((entries * entry.value.median) / MIB)}`;
  });
  return {
    topic: 'How large a replay table',
    text: `A proof is remembered for ${REMEMBERED} seconds at most, in ${entry.value.median.toFixed(1)} bytes: ${sizes.join('; ')}. The table has room for four million by itself; a venue that expects more sets maxEntries, since a table that is full refuses.`,
  };
}

/** What a restart, or a crowd of new clients, costs. */
export function coldKeys(report: Report): Advice | undefined {
  const [cold, warm] = [named(report, NAMES.verifyCold), verification(report, 'ES256')];
  if (cold === undefined || warm === undefined) return undefined;
  const more = cold.value.median - warm.value.median;
  const crowd = 10_000;
  return {
    topic: 'The first request of a client',
    text: `A key and a token that were never seen cost ${time(cold.value.median)}, ${time(more)} more than later ones. If ${count(crowd)} clients come back at once after a restart, that is ${time(crowd * cold.value.median)} of one core before all are known.`,
  };
}

/** What to put in front of the verifier, and what not. */
export function flooding(report: Report): Advice | undefined {
  const refusals = ofGroup(report, 'refuse').toSorted((a, b) => a.value.median - b.value.median);
  const [cheapest, dearest] = [refusals[0], refusals.at(-1)];
  if (cheapest === undefined || dearest === undefined) return undefined;
  const range = `A refusal costs from ${time(cheapest.value.median)} (${cheapest.name}) to ${time(dearest.value.median)} (${dearest.name}), so that one core refuses between ${about(perSecond(dearest.value.median))} and ${about(perSecond(cheapest.value.median))} a second`;
  return {
    topic: 'What a flood costs',
    text: `${range}.${httpAlone(report)}${felt(report)} A signature is verified for who shows a token that the venue takes, and for who shows a forged one with a proof of his own, for which he needs nothing secret: limit requests for each token or client in the venue, and connections and requests for each address in front.`,
  };
}

function httpAlone(report: Report): string {
  const floor = saturatedScenarios(report).find(({ name, transport }) => /no auth/i.test(name) && transport === 'http');
  if (floor === undefined) return '';
  return ` HTTP, routing and an answer cost ${time(floor.saturation.cpu.median)} by themselves.`;
}

function felt(report: Report): string {
  const found = calmAndWorst(report);
  if (found === undefined || found.worst.honest.p99 <= found.calm.honest.p99) return '';
  const { calm, worst } = found;
  return ` Honest clients felt most of ${floodName(worst)} (${about(worst.rate)} a second): a p99 of ${time(worst.honest.p99)} instead of ${time(calm.honest.p99)}.`;
}
