import { startGenerator } from '../load/generator-process.ts';
import { createSenders } from '../load/senders.ts';
import { isChosen, type Options } from '../options.ts';
import type { Attack } from '../result.ts';
import { createIssuer } from '../scene/issuer.ts';
import { startAttackers } from './attackers-process.ts';
import { floodFigures } from './flood-figures.ts';
import type { FloodKind } from './flood-kind.ts';
import { FLOODS } from './floods/all.ts';
import { lootOf } from './http-loot.ts';
import { type Cast, measureSlice, type Slice } from './slice.ts';
import { startAttackedVenue } from './venue-process.ts';

interface Pace {
  readonly rounds: number;
  /** That honest requests are sent, in all slices together. */
  readonly seconds: number;
  readonly warmUp: number;
}

const QUICK: Pace = { rounds: 1, seconds: 3, warmUp: 0.5 };
const FULL: Pace = { rounds: 2, seconds: 32, warmUp: 2 };
const WARM_UP_RATE = 2000; // requests a second, so that V8 has seen a thousand when it counts

const ALG = 'ES256';
const CLIENTS = 100;
const HONEST_RATE = 500; // requests a second: less than a tenth of what one core serves
const BEFORE = 'attack nobody, before';
const AFTER = 'attack nobody, after';

/**
 * What honest clients feel while others send what is refused, as fast as it is answered: in each round first in the calm, then
 * in every flood, then in the calm again. Undefined when the options choose no flood; then nothing is started.
 */
export async function runAttack(options: Options, say: (line: string) => void): Promise<Attack | undefined> {
  const chosen = choose(options);
  if (chosen.length === 0) return undefined;
  const pace = options.quick ? QUICK : FULL;
  say('attack: a venue, honest clients and attackers start');
  await using cast = await assemble();
  const measured = await runRounds(cast, chosen, { ...pace, seconds: options.seconds ?? pace.seconds }, say);
  const calms = [BEFORE, AFTER].flatMap((name) => measured.get(name) ?? []);
  const floods = [...measured].map(([name, slices]) => floodFigures(name, slices, calms));
  return { honestRate: HONEST_RATE, floods };
}

/** A quick run has few of them, unless it is asked for others by their name. */
function choose(options: Options): FloodKind[] {
  const isOne = (kind: FloodKind) => !options.quick || options.only !== undefined || kind.isTelling === true;
  return FLOODS.filter((kind) => isChosen(options, { name: kind.name, alg: ALG }) && isOne(kind));
}

async function assemble(): Promise<Cast & AsyncDisposable> {
  await using started = new AsyncDisposableStack();
  const issuer = await createIssuer();
  const senders = await createSenders(issuer, ALG, CLIENTS);
  const venue = started.use(await startAttackedVenue(issuer.jwks));
  const [generator, attackers] = [started.use(startGenerator(0)), started.use(startAttackers())];
  const loot = started.use(lootOf(venue.origin, issuer, senders));
  const all = started.move();
  return { venue, generator, attackers, loot, senders, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function runRounds(
  cast: Cast,
  kinds: readonly FloodKind[],
  { rounds, seconds, warmUp }: Pace,
  say: (line: string) => void,
): Promise<ReadonlyMap<string, readonly Slice[]>> {
  const turns: (readonly [string, FloodKind?])[] = [
    [BEFORE],
    ...kinds.map((kind) => [kind.name, kind] as const),
    [AFTER],
  ];
  const each = seconds / rounds / turns.length;
  const measured = new Map<string, Slice[]>(turns.map(([name]) => [name, []]));
  say('attack: warming up');
  await measureSlice(cast, undefined, { rate: WARM_UP_RATE, seconds: warmUp, seed: 0 });
  for (let round = 1; round <= rounds; round += 1) {
    for (const [name, kind] of turns) {
      say(`attack: round ${round} of ${rounds}, ${name}`);
      // The same arrivals for all: a burst by chance meets every flood
      measured.get(name)?.push(await measureSlice(cast, kind, { rate: HONEST_RATE, seconds: each, seed: round }));
    }
  }
  return measured;
}
