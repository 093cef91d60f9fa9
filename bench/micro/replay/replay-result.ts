import type { Result } from '../../result.ts';
import { spread } from '../../statistics.ts';
import { comparison } from '../../verdict.ts';

export interface Wanted {
  readonly quick: boolean;
  readonly say: (line: string) => void;
}

/** Measures the memory of used proofs in one place; `name` is what its results begin with. */
export type Measure = (name: string, wanted: Wanted) => Promise<Result[]>;

export interface Measured {
  readonly entries: number;
  readonly unit: Result['unit'];
  /** One of each filling. */
  readonly values: readonly number[];
  readonly atMost?: number;
}

export function replayResult(name: string, { entries, unit, values, atMost }: Measured): Result {
  const value = spread(values);
  return {
    ...{ name, group: 'replay', entries, unit, value, operations: entries, rounds: values.length },
    comparisons: atMost === undefined ? [] : [comparison(value, atMost)],
  };
}

/** 1,000,000. */
export const inWords = (entries: number) => entries.toLocaleString('en-US');
