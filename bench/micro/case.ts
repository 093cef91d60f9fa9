import type { Group } from '../result.ts';
import type { Bar } from './bar.ts';

/** One thing to measure. Its name is what `--only` looks into. */
export interface Case {
  readonly name: string;
  readonly group: Group;
  /** JWS algorithm of the sender's signature: what `--alg` chooses by. Without it, a case is of every algorithm. */
  readonly alg?: string;
  readonly bars?: readonly Bar[];
  /** Operations in a slice at most: where inputs are dear to make, or entries stay in a table. Default 1,500. */
  readonly most?: number;
  /** Left out of a quick run of everything, unless a bar needs it. */
  readonly onlyFull?: boolean;
  /** Why this machine cannot run it, when it cannot: it is left out, and this is told. */
  readonly missing?: string | undefined;
  /** Makes what all slices share. Called once, only when the case is to run. */
  open(): Promise<Prepare>;
}

/** Makes the inputs of so many operations, unused and fresh. Not measured; what it returns is. */
export type Prepare = (count: number) => Slice | Promise<Slice>;

/** Does the operations it was prepared for, once. Throws when one ends in another way than it has to. */
export type Slice = () => void | Promise<void>;
