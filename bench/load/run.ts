import { isWanted } from '../micro/wanted.ts';
import type { Options } from '../options.ts';
import type { Load, Scenario } from '../result.ts';
import { createIssuer } from '../scene/issuer.ts';
import { type Certificates, createCertificates } from './certificates.ts';
import { type Generator, startGenerator } from './generator-process.ts';
import { judge } from './judge.ts';
import { type OpenTrial, openTrial } from './open-trial.ts';
import type { Ground } from './parties.ts';
import { type RatesOptions, runRates } from './rates.ts';
import { type RoundsOptions, runRounds, type Series } from './rounds.ts';
import { TRIALS, type Trial } from './trials.ts';

type Say = (line: string) => void;
type Choice = Pick<Options, 'quick' | 'only' | 'alg' | 'seconds'>;

/**
 * The venue under load, each way of authenticating requests in servers of its own. Empty when the options ask for none.
 * Rejects when a good request is refused.
 */
export async function runLoad(options: Choice, say: Say): Promise<Load> {
  const trials = chosenTrials(options);
  if (trials.length === 0) return { scenarios: [] };
  await using running = new AsyncDisposableStack();
  const ground = await createGround(running);
  const most = Math.max(...trials.map(({ processes }) => processes));
  const generators = Array.from({ length: most }, (_, i) => running.use(startGenerator(i)));
  say('load: servers start');
  const opened = await Promise.all(trials.map((trial) => openTrial(trial, ground)));
  const series = await runRounds(opened, generators, roundsOf(options, trials.length), say);
  const scenarios: Scenario[] = [];
  for (const each of series) scenarios.push(await scenarioOf(each, series, generators, options, say));
  return { scenarios };
}

async function createGround(running: AsyncDisposableStack): Promise<Ground> {
  let made: Promise<Certificates> | undefined;
  const certificates = () => {
    made ??= createCertificates();
    return made;
  };
  return { issuer: await createIssuer(), certificates, running };
}

/** What the options ask for, and what that is compared with. */
function chosenTrials(options: Choice): Trial[] {
  const wanted = new Set(TRIALS.filter((trial) => isWanted(options, trial)).map(({ name }) => name));
  // A set that grows is walked to its end
  for (const name of wanted) for (const other of baselinesOf(name)) wanted.add(other);
  return TRIALS.filter(({ name }) => wanted.has(name));
}

function baselinesOf(name: string): string[] {
  const trial = TRIALS.find((each) => each.name === name);
  const others = [...(trial?.against ?? []), ...(trial?.floor === undefined ? [] : [trial.floor])];
  return others.map((other) => other.name);
}

function roundsOf({ quick, seconds = quick ? 5 : 48 }: Choice, trials: number): RoundsOptions {
  const rounds = quick ? 3 : 8;
  const slice = Math.min(seconds / rounds / trials, quick ? 0.6 : 1.5);
  const warmUp = { seconds: Math.min(quick ? 0.8 : 1.2, seconds / 4), most: quick ? 4000 : 8000 };
  return { rounds, seconds: slice, warmUp };
}

function ratesOf({ rates }: Trial, { quick, seconds = Number.POSITIVE_INFINITY }: Choice): RatesOptions {
  if (rates === undefined || (quick && rates !== 'always')) return { shares: [], seconds: 0 };
  return quick
    ? { shares: [0.5], seconds: Math.min(seconds / 2, 0.8) }
    : { shares: [0.25, 0.5, 0.75, 0.9], seconds: Math.min(seconds / 2, 1.5) };
}

async function scenarioOf(
  each: Series,
  all: readonly Series[],
  [generator]: readonly Generator[],
  options: Choice,
  say: Say,
): Promise<Scenario> {
  const { trial } = each.opened;
  const { name, alg, transport, processes } = trial;
  const saturation = judge(each, all);
  say(`${name}: below saturation`);
  const asked = ratesOf(trial, options);
  const rates = await ratesAt(each.opened, generator, saturation.throughput.median, asked);
  return { name, ...(alg === undefined ? {} : { alg }), transport, processes, saturation, rates };
}

async function ratesAt(opened: OpenTrial, generator: Generator | undefined, throughput: number, asked: RatesOptions) {
  if (generator === undefined || asked.shares.length === 0) return [];
  return await runRates(opened, generator, throughput, asked);
}
