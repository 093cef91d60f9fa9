import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { DECISIONS, type Decision } from '@holdfast/verifier';

/** Resolves when a verifier of this process next lets a request in: from then on its adapter waits for the body. */
export function nextGrant(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const listen = (decision: unknown) => {
    if ((decision as Decision).outcome !== 'granted') return;
    unsubscribe(DECISIONS, listen);
    resolve();
  };
  subscribe(DECISIONS, listen);
  return promise;
}
