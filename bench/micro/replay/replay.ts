import type { Result } from '../../result.ts';
import { redisMissing } from '../../scene/redis.ts';
import { isWanted, type Measurable, tellMissing, type Wish } from '../wanted.ts';
import { measureMap } from './map.ts';
import { measureRedis } from './redis.ts';
import type { Measure } from './replay-result.ts';
import { measureTable } from './table.ts';

interface Place extends Measurable {
  readonly measure: Measure;
}

/** Where used proofs can be remembered: the embedded table, and what it is beside. */
const PLACES: readonly Place[] = [
  { name: 'replay table', measure: measureTable },
  { name: 'replay in a Map with expiry', measure: measureMap, onlyFull: true },
  { name: 'replay in Redis', measure: measureRedis, onlyFull: true, missing: redisMissing() },
];

/** What the memory of used proofs takes as it grows. */
export async function measureReplay(wish: Wish, say: (line: string) => void): Promise<Result[]> {
  const wanted = PLACES.filter((place) => isWanted(wish, place));
  tellMissing(wanted);
  const results: Result[] = [];
  for (const { name, measure, missing } of wanted) {
    if (missing === undefined) results.push(...(await measure(name, { quick: wish.quick, say })));
  }
  return results;
}
