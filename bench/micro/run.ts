import { isChosen, type Options } from '../options.ts';
import type { Result } from '../result.ts';
import { type Bar, baselines } from './bar.ts';
import type { Case } from './case.ts';
import { allCases } from './cases/all.ts';
import { judge } from './judge.ts';
import { measureReplayTable, REPLAY_TABLE } from './replay-table.ts';
import { type Pace, runRounds } from './rounds.ts';

const QUICK: Pace = { seconds: 18, slice: 30, warmUp: 200 };
const FULL: Pace = { seconds: 180, slice: 120, warmUp: 600 };

/** What one verification, one proof or one token costs, by the cases that the options choose: maybe none. */
export async function runMicro(options: Options, say: (line: string) => void): Promise<Result[]> {
  const cases = choose(allCases(), options);
  const weighsTable = isChosen(options, { name: REPLAY_TABLE });
  const pace = options.quick ? QUICK : FULL;
  // First, while the heap is small
  const tables = weighsTable ? await measureReplayTable(options.quick ? 1 : 3, say) : [];
  const series = await runRounds(cases, { ...pace, seconds: options.seconds ?? pace.seconds }, say);
  return [...judge(series), ...tables];
}

/** Those that are asked for, and those that they are compared with: these without what they are compared with. */
function choose(all: readonly Case[], options: Options): Case[] {
  const chosen = all.filter((each) => isChosen(options, each) && !(options.quick && each.onlyFull));
  const needed = new Set(chosen.flatMap(({ name, bars }) => [name, ...baselines(bars)]));
  const isJudged = (bar: Bar) => baselines([bar]).every((name) => needed.has(name));
  return all
    .filter(({ name }) => needed.has(name))
    .map((each) => ({ ...each, bars: (each.bars ?? []).filter(isJudged) }));
}
