import { type Clock, type StatusReference, type Store, seconds } from '@holdfast/proof';
import { LONGEST_TOKEN } from '../config.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { PATHS } from '../metadata.ts';
import { createAllocation, isListId } from './allocation.ts';
import { createJournal } from './journal.ts';
import { createPublisher, type StatusListReply, type StatusListRequest } from './publisher.ts';
import { createRevokedPlaces, GRACE } from './revoked-places.ts';

/**
 * The status lists of an issuer (Token Status List, draft 20), as one of the processes that share its store has them. Each
 * process can answer for the lists of all. NOT offered: a list of lists (`status_list_aggregation_endpoint`, §9), which
 * tokens make needless; the CWT form; the status of a time in the past (§8.4).
 */
export interface StatusLists {
  /** The `status_list` of a new token, which no other token has. Writes to the store only where a list begins. */
  allocate(): StatusReference | Promise<StatusReference>;
  /**
   * From now on the list says that the token there is revoked: this process at once, another within a second.
   * `expiresAt`: NumericDate at which the token ends. Throws `store_unavailable` or `store_full` when that is not certain.
   */
  revoke(reference: StatusReference, expiresAt: number): Promise<void>;
  /** The reply to a GET for `<issuer>/status/<id>`. Throws when it cannot be told what is revoked. */
  list(id: string, request?: StatusListRequest): Promise<StatusListReply>;
}

export interface StatusListsOptions {
  readonly issuer: string;
  /** Its answers are bounded in time by the caller. */
  readonly store: Pick<Store, 'add' | 'get'>;
  readonly keys: Pick<KeyRing, 'current'>;
  readonly clock: Clock;
  /** Seconds after which a resource server fetches a list again. */
  readonly ttl: number;
}

const SIZE = 2 ** 17; // places of a list: at most 16 KiB, and a few octets for each that is revoked
const LIFE = 86_400; // seconds for which a list takes new tokens
const TOKENS_END = LONGEST_TOKEN + GRACE; // seconds after they were issued
const BUCKET = 900; // seconds
const MOST = 100_000; // revocations in one bucket

export function createStatusLists(options: StatusListsOptions): StatusLists {
  const { issuer, store, clock } = options;
  const prefix = `${issuer}${PATHS.status}/`;
  const uriOf = (list: string) => prefix + list;
  const journal = { store, clock, name: 'revoked places', bucketSeconds: BUCKET, retention: TOKENS_END, most: MOST };
  const revoked = createRevokedPlaces(createJournal(journal), clock);
  const registry = createRegistry(store, clock, LIFE + TOKENS_END);
  const { allocate } = createAllocation({ clock, size: SIZE, life: LIFE, register: registry.register, uriOf });
  const list = createPublisher({ ...options, revoked, isKnown: registry.isKnown, uriOf, size: SIZE });

  return {
    allocate,
    async revoke({ idx, uri }, expiresAt) {
      const id = uri.startsWith(prefix) ? uri.slice(prefix.length) : '';
      if (!isListId(id) || !(idx >= 0 && idx < SIZE)) throw new TypeError('reference: not a place of this issuer');
      const now = seconds(clock);
      if (expiresAt + GRACE < now) return; // it is refused without us
      if (!(expiresAt <= now + TOKENS_END)) throw new TypeError('expiresAt: beyond the life of a token');
      await revoked.add({ list: id, idx, expiresAt });
    },
    list: (id, request = {}) => list(id, request),
  };
}

/** The lists that tokens may refer to, of all processes. */
function createRegistry(store: Pick<Store, 'add' | 'get'>, clock: Clock, life: number) {
  const ends = new Map<string, number>(); // of lists that were asked for; a stranger can make up none
  const keyOf = (id: string) => `status-list:${id}`;

  function remember(id: string, end: number, now: number): void {
    for (const [known, knownEnd] of ends) if (knownEnd < now) ends.delete(known);
    ends.set(id, end);
  }

  return {
    async register(id: string, begin: number): Promise<void> {
      const end = begin + life;
      if (!(await store.add(keyOf(id), `${end}`, end))) throw new Error('a list of this id is there');
      remember(id, end, begin);
    },
    async isKnown(id: string): Promise<boolean> {
      if (!isListId(id)) return false;
      const now = seconds(clock);
      const known = ends.get(id);
      if (known !== undefined) return now <= known;
      const end = await store.get(keyOf(id));
      if (end === undefined) return false;
      remember(id, Number(end), now);
      return true;
    },
  };
}
