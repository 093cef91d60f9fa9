import type { Algorithm } from '@holdfast/proof';
import type { KeyState } from '../events.ts';

/** A key came into this state. `gone`: it is published no longer. */
export interface KeyChange {
  readonly kid: string;
  readonly alg: Algorithm;
  readonly state: KeyState;
}

/** What has to have happened for one set of keys to become the other. */
export function keyChanges(before: readonly KeyChange[], after: readonly KeyChange[]): KeyChange[] {
  const was = new Map(before.map((key) => [key.kid, key.state]));
  const is = new Set(after.map(({ kid }) => kid));
  return [
    ...after.filter(({ kid, state }) => was.get(kid) !== state),
    ...before.filter(({ kid }) => !is.has(kid)).map((key) => ({ ...key, state: 'gone' as const })),
  ].map(({ kid, alg, state }) => ({ kid, alg, state }));
}
