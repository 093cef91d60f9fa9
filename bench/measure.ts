import { describeMachine, load } from './machine.ts';
import { isChosen, type Options, UsageError } from './options.ts';
import { peersAmong } from './peers/peers.ts';
import type { Report } from './result.ts';

/** Runs what the options ask for. Throws UsageError when that is nothing. */
export async function measure(options: Options, tell: (line: string) => void): Promise<Report> {
  const machine = describeMachine();
  const [started, start, before] = [new Date().toISOString(), performance.now(), load()];
  const parts = await measureParts(options, tell);
  if (Object.keys(parts).length === 0) throw new UsageError('--only, --alg: nothing is of this name and algorithm');
  const seconds = Math.round((performance.now() - start) / 1000);
  const mode = options.quick ? 'quick' : 'full';
  tell('');
  return { machine, started, mode, seconds, loadAverage: [before, load()], ...parts };
}

type Parts = Pick<Report, 'latency' | 'cases' | 'peers' | 'load' | 'attack' | 'soak' | 'deployed'>;

/**
 * What the options ask for. Each part is absent when nothing of it was, and loaded when it is: whoever asks for help does
 * not wait for the peers.
 */
async function measureParts(options: Options, tell: (line: string) => void): Promise<Parts> {
  const { quick, seconds, parts, requests, target, alg } = options;
  if (target !== undefined) {
    const { runDeployed } = await import('./deployed/deployed.ts');
    return { deployed: await runDeployed(target, options, tell) };
  }
  // What is of no algorithm would be left, and look like an answer
  if (alg !== undefined) (await import('./scene/algorithms.ts')).expectMeasured(alg);
  let measured: Parts = {};
  // First, while this process has done nothing else: a client has a young heap and code of its own too
  if (parts.has('latency') && isChosen(options, { name: 'latency' })) {
    const { runLatency } = await import('./latency/latency.ts');
    measured = { ...measured, latency: await runLatency(seconds ?? (quick ? 5 : 20), tell) };
  }
  if (parts.has('micro')) {
    const { runMicro } = await import('./micro/run.ts');
    const cases = await runMicro(options, tell);
    if (cases.length > 0) measured = { ...measured, cases, peers: peersAmong(cases) };
  }
  if (parts.has('load')) {
    const { runLoad } = await import('./load/run.ts');
    const measuredLoad = await runLoad(options, tell);
    if (measuredLoad.scenarios.length > 0) measured = { ...measured, load: measuredLoad };
  }
  if (parts.has('attack')) {
    const { runAttack } = await import('./attack/run.ts');
    const attack = await runAttack(options, tell);
    if (attack !== undefined) measured = { ...measured, attack };
  }
  if (parts.has('soak')) {
    const { runSoak } = await import('./soak/soak.ts');
    measured = { ...measured, soak: await runSoak(requests, tell) };
  }
  return measured;
}
