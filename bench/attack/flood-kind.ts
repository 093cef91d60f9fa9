import type { Code } from '@holdfast/proof';
import type { PlannedRequest } from '../load/planned.ts';
import type { Loot } from './loot.ts';

/** One kind of request that attackers send. */
export interface FloodKind {
  /** As `--only` finds it: begins with `attack `. */
  readonly name: string;
  /** Reason code of the refusal that each of them gets; undefined where they are good. */
  readonly code: Code | undefined;
  /** Among the few of a quick run. */
  readonly isTelling?: true;
  /** How many of them differ: after the last one comes the first again. Default 256. */
  readonly distinct?: number;
  /** Kept connections; on each the next requests are sent when the last ones were answered. Default 32. */
  readonly connections?: number;
  /** Requests that are sent at once on each of them. Default 1. */
  readonly pipelining?: number;
  make(loot: Loot, count: number): Promise<PlannedRequest[]>;
}
