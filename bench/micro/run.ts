import type { Options } from '../options.ts';
import type { Result } from '../result.ts';
import { createScenes } from '../scene/scenes.ts';
import { type Bar, baselines } from './bar.ts';
import type { Case } from './case.ts';
import { allCases } from './cases/all.ts';
import { judge } from './judge.ts';
import { measureReplay } from './replay/replay.ts';
import { type Pace, runRounds } from './rounds.ts';
import { isWanted, tellMissing, type Wish } from './wanted.ts';

const QUICK: Pace = { seconds: 10, waiting: 1, slice: 15, least: 50, warmUp: { time: 50, calls: 200 } };
const FULL: Pace = { seconds: 140, waiting: 0.5, slice: 35, least: 100, warmUp: { time: 400, calls: 1000 } };

/** What one verification, one proof or one token costs, by the cases that the options choose: maybe none. */
export async function runMicro(options: Options, say: (line: string) => void): Promise<Result[]> {
  await using scenes = createScenes();
  const all = allCases(scenes);
  tellMissing(choose(all, options));
  const cases = choose(
    all.filter(({ missing }) => missing === undefined),
    options,
  );
  const pace = options.quick ? QUICK : FULL;
  const replay = await measureReplay(options, say); // first, while the heap is small
  const series = await runRounds(cases, { ...pace, seconds: options.seconds ?? pace.seconds }, say);
  return [...judge(series), ...replay];
}

/** Those that are asked for, and those that they are compared with: these without what they are compared with. */
export function choose(all: readonly Case[], wish: Wish): Case[] {
  const chosen = all.filter((each) => isWanted(wish, each));
  const needed = new Set(chosen.flatMap(({ name, bars }) => [name, ...baselines(bars)]));
  const isJudged = (bar: Bar) => baselines([bar]).every((name) => needed.has(name));
  return all
    .filter(({ name }) => needed.has(name))
    .map((each) => ({ ...each, bars: (each.bars ?? []).filter(isJudged) }));
}
