import { HoldfastError } from '@holdfast/proof';
import { publish } from './events.ts';
import type { Identity } from './identity.ts';
import { createWeakSet } from './weak-set.ts';

/** Whoever has tokens. */
export interface Holder {
  /** Gets those that are in use for another identity too, each of which may fail. */
  prepare(next: Identity): readonly Promise<unknown>[];
}

/** The identity of a client, and the change to another one: no request is dropped, and none mixes the two. */
export interface Identities {
  readonly current: Identity;
  /** Keeps the identity that is current now until the work has ended. */
  use<T>(work: (identity: Identity) => Promise<T>): Promise<T>;
  /**
   * Makes `next` current as soon as there are tokens for it; until then the one before serves. Rejects, and leaves
   * everything as it was, when not one token can be had. What the one before no longer needs ends with its last request.
   */
  replace(next: Identity): Promise<void>;
  /** Is asked to prepare for the identities to come, as long as somebody else still refers to it. */
  add(holder: Holder): void;
  remove(holder: Holder): void;
  close(): Promise<void>;
}

/** `onEnd` is told of each identity that was replaced when its last request has ended, and before its connections are. */
export function createIdentities(first: Identity, onEnd: (identity: Identity) => Promise<void>): Identities {
  const users = new Map<Identity, number>();
  const holders = createWeakSet<Holder>();
  const draining = new Set<Promise<void>>();
  let current = first;

  /** Connections stay where the next identity has the same ones. */
  function drain(identity: Identity): void {
    if (identity === current || (users.get(identity) ?? 0) > 0) return;
    users.delete(identity);
    identity.end();
    const drained = endOf(identity).finally(() => draining.delete(drained));
    draining.add(drained);
  }

  async function endOf(identity: Identity): Promise<void> {
    await onEnd(identity).catch(() => {});
    if (identity.transport !== current.transport) await identity.transport.close();
  }

  async function prepareAll(next: Identity): Promise<void> {
    const wanted = holders.all().flatMap((holder) => holder.prepare(next));
    const failures = (await Promise.allSettled(wanted)).filter((each) => each.status === 'rejected');
    // Who could not get one asks again when it is needed, as the identity that is current then
    if (failures.length > 0 && failures.length === wanted.length) throw failures[0]?.reason;
  }

  return {
    get current() {
      return current;
    },
    async use(work) {
      const identity = current;
      users.set(identity, (users.get(identity) ?? 0) + 1);
      try {
        return await work(identity);
      } finally {
        users.set(identity, (users.get(identity) ?? 1) - 1);
        drain(identity);
      }
    },
    async replace(next) {
      const before = current;
      try {
        await prepareAll(next);
      } catch (thrown) {
        if (next.transport !== before.transport) await next.transport.close();
        const { code, detail } = thrown instanceof HoldfastError ? thrown : { code: undefined, detail: undefined };
        publish({ event: 'identity_refused', code, detail });
        throw thrown;
      }
      current = next;
      publish({ event: 'identity_replaced' });
      drain(before);
    },
    add: holders.add,
    remove: holders.remove,
    async close() {
      current.end();
      await Promise.all(draining);
      await current.transport.close();
    },
  };
}
