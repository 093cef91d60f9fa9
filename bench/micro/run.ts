import { type Options, UsageError } from '../options.ts';
import { type Bar, baselines } from './bar.ts';
import type { Case } from './case.ts';
import { allCases } from './cases/all.ts';
import { judge } from './judge.ts';
import { measureReplayTable, REPLAY_TABLE } from './replay-table.ts';
import type { Result } from './result.ts';
import { type Pace, runRounds } from './rounds.ts';

const QUICK: Pace = { seconds: 18, slice: 30, warmUp: 200 };
const FULL: Pace = { seconds: 180, slice: 120, warmUp: 600 };

/** The micro benchmark: what one verification or one token costs, by the cases that the options choose. */
export async function runMicro(options: Options, say: (line: string) => void): Promise<Result[]> {
  const cases = choose(allCases(), options.only);
  const weighsTable = isChosen(REPLAY_TABLE, options.only);
  if (cases.length === 0 && !weighsTable) throw new UsageError('--only: no case has this in its name');
  const pace = options.quick ? QUICK : FULL;
  // First, while the heap is small
  const tables = weighsTable ? await measureReplayTable(options.quick ? 1 : 3, say) : [];
  const series = await runRounds(cases, { ...pace, seconds: options.seconds ?? pace.seconds }, say);
  return [...judge(series), ...tables];
}

/** Those with `only` in their name, and those that they are compared with: these without what they are compared with. */
function choose(all: readonly Case[], only: string | undefined): Case[] {
  const chosen = all.filter(({ name }) => isChosen(name, only));
  const needed = new Set(chosen.flatMap(({ name, bars }) => [name, ...baselines(bars)]));
  const isJudged = (bar: Bar) => baselines([bar]).every((name) => needed.has(name));
  return all
    .filter(({ name }) => needed.has(name))
    .map((each) => ({ ...each, bars: (each.bars ?? []).filter(isJudged) }));
}

function isChosen(name: string, only: string | undefined): boolean {
  return only === undefined || name.toLowerCase().includes(only.toLowerCase());
}
