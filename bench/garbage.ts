import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as NodeJS.GCFunction;

/** Frees everything that can be freed. What lies outside of V8's heap follows some turns of the event loop later. */
export async function collectAll(): Promise<void> {
  for (let i = 0; i < 3; i += 1) {
    collect();
    await nextTurn();
  }
}

/**
 * What a preparation left behind is not its slice's to clear away. Twice, so that the inputs count as old. Only what is
 * young: a full collection that is asked for makes V8 forget optimised code, and doubles what the next slice costs.
 */
export function clearAway(): void {
  collect({ type: 'minor' });
  collect({ type: 'minor' });
}
