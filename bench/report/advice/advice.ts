import type { Report } from '../../result.ts';
import { ed25519, equalSecurity, preSigning, rsa } from './algorithms.ts';
import { certificates, nonces, sharedReplay } from './binding.ts';
import { capacity, processes, signaturePool } from './capacity.ts';
import { coldKeys, flooding, replayMemory } from './exposure.ts';
import { noise } from './noise.ts';

/** What somebody who runs a venue or a client can decide by these figures. */
export interface Advice {
  readonly topic: string;
  readonly text: string;
}

/** Undefined where the figures that it takes were not measured. */
export type Advise = (report: Report) => Advice | undefined;

const ALL: readonly Advise[] = [
  noise,
  ...[rsa, preSigning, ed25519, equalSecurity],
  ...[certificates, nonces, sharedReplay],
  ...[capacity, processes, signaturePool],
  ...[replayMemory, coldKeys, flooding],
];

/** Each with its figures in it; none without. */
export function advise(report: Report): Advice[] {
  return ALL.map((each) => each(report)).filter((advice) => advice !== undefined);
}
