import type { Report } from '../../result.ts';
import { NAMES, named, times } from '../figures.ts';
import { about, count, listed, percent, ratio, time } from '../format.ts';
import { isAtLimit, type Saturated, saturatedScenarios, scenarioName, usualScenario } from '../sections/under-load.ts';
import type { Advice } from './advice.ts';

const STEEP = 3; // times the p99 of the lowest rate

/** How many requests a core takes at which p99. */
export function capacity(report: Report): Advice | undefined {
  const scenario = usualScenario(report);
  if (scenario === undefined) return undefined;
  const bound = isAtLimit(scenario) ? 'at most' : 'at least';
  const most = `${scenarioName(scenario)}, in one process: ${bound} ${about(scenario.saturation.throughput.median)} requests a second`;
  return { topic: 'How much a core takes', text: `${most}. ${tails(scenario)}` };
}

/** The p99 by rate, without those at which the load generator was late itself. */
function tails({ rates }: Saturated): string {
  const timely = rates.filter(({ isBehind }) => isBehind !== true);
  const [lowest] = timely;
  if (lowest === undefined)
    return 'No latency below that was measured, or the load generator was too late for it to mean anything.';
  const felt = timely.map(({ rate, share, p99 }) => `${time(p99)} at ${count(rate)} a second (${percent(share)})`);
  const all = `The p99 is ${listed(felt)}.`;
  const good = timely.findLast(({ p99 }) => p99 <= STEEP * lowest.p99);
  if (good === undefined || timely.length < 2) return all;
  const beyond = good === timely.at(-1) ? '' : '; above that a queue is what clients feel';
  return `${all} Up to ${about(good.rate)} a second it stays within ${STEEP} times that of the lowest rate${beyond}.`;
}

/** Whether a process for each core answers as many times as much. */
export function processes(report: Report): Advice | undefined {
  const all = saturatedScenarios(report);
  const many = all.find(({ processes: of }) => of > 1);
  const one = many && all.find(({ name, processes: of }) => of === 1 && many.name.startsWith(`${name},`));
  if (many === undefined || one === undefined) return undefined;
  const factor = many.saturation.throughput.median / one.saturation.throughput.median;
  const cpu = many.saturation.cpu.median / one.saturation.cpu.median;
  const shared =
    factor < 0.75 * many.processes
      ? ' The load generators ran on the same cores, so that this is the least it gains.'
      : '';
  return {
    topic: 'A process for each core',
    text: `${many.processes} processes answered ${ratio(factor)} times as many requests as one, at ${ratio(cpu)} times its CPU for each.${shared} Nonces and replay table belong to each process, so that nothing has to be shared; whenever a client lands on another one it is challenged, so that connections should stay where they are.`,
  };
}

/** Signatures on the threads of one process. */
export function signaturePool(report: Report): Advice | undefined {
  const [whole, pooled] = [named(report, NAMES.verifyInFlight), named(report, NAMES.verifyOnPool)];
  if (whole === undefined || pooled === undefined) return undefined;
  const factor = times(pooled, whole);
  const byTheWall =
    whole.wall === undefined || pooled.wall === undefined
      ? ''
      : ` By the wall it takes ${time(pooled.wall.median)} instead of ${time(whole.wall.median)}.`;
  return {
    topic: 'Threads instead of processes',
    text: `With signatures on the thread pool a verification costs ${ratio(factor)} times the CPU (${time(pooled.value.median)}, both with 16 in flight).${byTheWall} It helps one process that has to stay one, where other cores are idle.`,
  };
}
