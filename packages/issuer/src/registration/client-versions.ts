import { randomBytes } from 'node:crypto';
import { HoldfastError, type Store } from '@holdfast/proof';
import type { ClientMetadata } from '../client/client-metadata.ts';

/** What is kept of a client that registered. */
export interface ClientRecord {
  readonly metadata: ClientMetadata;
  /** Seconds: `client_id_issued_at`. */
  readonly issuedAt: number;
  /** SHA-256 of its registration access token, base64url. */
  readonly tokenHash: string;
}

/** One state of a registration, the `number`th. `place` is where it is kept. */
export interface Version {
  readonly number: number;
  readonly place: string;
  readonly record: ClientRecord;
}

/**
 * Registrations that change, in a store that changes nothing: every version is a mark of its own, numbered from 1 without a
 * gap, and the highest counts. A mark says where its registration is, or that the client is gone; marks stay for good, so
 * that a number is given out once, whoever asks and however late. A registration is there before its mark and is taken when
 * the next mark is there. So one `add` decides, and a process that is killed before or after it leaves at most a
 * registration that no mark counts.
 */
export interface ClientVersions {
  /** The state now. `known` is an earlier one, which saves the way to it. Undefined: there is no such client, or no longer. */
  latest(clientId: string, known?: Version): Promise<Version | undefined>;
  /** The state after `known`, or after whatever came later; for a new client without `known`. Undefined: it is gone. */
  append(clientId: string, record: ClientRecord, known?: Version): Promise<Version | undefined>;
  /** False: it was gone already. */
  end(clientId: string, known: Version): Promise<boolean>;
}

const FOREVER = 253_402_300_799; // 9999-12-31T23:59:59Z
const MOST = 1000; // versions; one more mark ends the client
const GONE = 'gone';

interface Mark {
  readonly number: number;
  readonly place: string;
}

export function createClientVersions(store: Store): ClientVersions {
  /** The highest mark: forward in growing steps, then back in between. */
  async function highest(clientId: string, known: Mark): Promise<Mark> {
    let best = known;
    let absent = Number.POSITIVE_INFINITY;
    for (let step = 1; best.number + 1 < absent; ) {
      const number = absent === Number.POSITIVE_INFINITY ? best.number + step : (best.number + absent) >> 1;
      const place = await store.get(markKey(clientId, number));
      if (place === undefined) absent = number;
      else best = { number, place };
      step *= 2;
    }
    return best;
  }

  async function read(clientId: string, mark: Mark): Promise<Version | undefined> {
    if (mark.number === 0 || mark.place === GONE) return undefined;
    const kept = await store.get(placeKey(mark.place));
    if (kept !== undefined) return { ...mark, record: JSON.parse(kept) as ClientRecord };
    // It was replaced in the meantime; then there is a next mark
    const next = await highest(clientId, mark);
    if (next.number === mark.number) throw new HoldfastError('store_unavailable', { detail: 'a client is missing' });
    return await read(clientId, next);
  }

  return {
    async latest(clientId, known) {
      const mark = await highest(clientId, known ?? BEGINNING);
      return mark.number === known?.number ? known : await read(clientId, mark);
    },
    async append(clientId, record, known) {
      const place = randomBytes(16).toString('base64url');
      await store.add(placeKey(place), JSON.stringify(record), FOREVER);
      let before: Mark = known ?? BEGINNING;
      while (before.place !== GONE && before.number < MOST) {
        const number = before.number + 1;
        if (await store.add(markKey(clientId, number), place, FOREVER)) {
          if (before !== BEGINNING) await store.take(placeKey(before.place));
          return { number, place, record };
        }
        before = await highest(clientId, before); // another one was faster
      }
      await store.take(placeKey(place));
      if (before.place === GONE) return undefined;
      throw new HoldfastError('client_metadata', { detail: 'the client was changed too often' });
    },
    async end(clientId, known) {
      let before: Mark = known;
      while (before.place !== GONE) {
        if (await store.add(markKey(clientId, before.number + 1), GONE, FOREVER)) {
          await store.take(placeKey(before.place));
          return true;
        }
        before = await highest(clientId, before);
      }
      return false;
    },
  };
}

const BEGINNING: Mark = { number: 0, place: '' };

function markKey(clientId: string, number: number): string {
  return `client ${clientId} ${number}`;
}

function placeKey(place: string): string {
  return `registration ${place}`;
}
