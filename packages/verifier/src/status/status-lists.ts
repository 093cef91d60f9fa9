import {
  type Clock,
  fetchDocument,
  HoldfastError,
  STATUS,
  type StatusList,
  type StatusReference,
  seconds,
  statusAt,
} from '@holdfast/proof';
import type { ListExpectation, VerifiedList } from './status-list-token.ts';
import { verifyStatusList } from './status-list-token.ts';

/** The status lists of one issuer: Token Status List, draft 20. */
export interface StatusLists {
  /** Throws `token_claims` for a token that refers to a list elsewhere, or to none where it has to. */
  checkReference(reference: StatusReference | undefined): void;
  /**
   * Throws or rejects unless the list says that the token is valid: `token_revoked` for any other status,
   * `issuer_unavailable` where there is no list that could tell. Undefined where a list that is known and young enough did.
   */
  check(reference: StatusReference, now: number): Promise<void> | undefined;
  /** Whether the list, as far as it is known, says that the token is not valid. */
  isRevoked(reference: StatusReference): boolean;
}

export interface StatusListsOptions extends Omit<ListExpectation, 'uri' | 'now'> {
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  /** Milliseconds for one list. */
  readonly timeout: number;
  /** Seconds from the question that a list is used, at most. */
  readonly maxAge: number;
  /** What the URI of a list begins with, with a slash at its end. Undefined: the issuer has no place for lists. */
  readonly prefix: string | undefined;
  /** Whether every token has to refer to a list. */
  readonly isRequired: boolean;
  /** Called when a list is not what it was. */
  readonly onChange: () => void;
}

interface KnownList {
  readonly list: StatusList;
  /** NumericDates between which it is used; from `renewAt` on who uses it has it fetched again. */
  readonly askedAt: number;
  readonly renewAt: number;
  readonly until: number;
}

/** One list. A failed attempt leaves what is known as it is. */
interface Source {
  known?: KnownList;
  /** NumericDate of the last attempt. */
  askedAt: number;
  underway?: Promise<void> | undefined;
  failure?: unknown;
}

const LARGEST = 2 * 1024 * 1024; // octets of a document: a list of a mebibyte, in base64url twice
const MOST_LISTS = 1000;
const MOST_OCTETS = 64 * 1024 * 1024;
const PAUSE = 1; // second between two attempts, whatever the lists and the requests say

/**
 * Each list is fetched once for all who wait for it, and again in the background once half of its time is over, when it is
 * used. It is used for its `ttl` from the question on, never for more than `maxAge`, and never past what it says of itself:
 * that is how late a revocation is learned of. HTTP caching fields count for nothing (§8.2).
 */
export function createStatusLists(options: StatusListsOptions): StatusLists {
  const { clock, prefix, isRequired, onChange } = options;
  const sources = new Map<string, Source>(); // the one that was fetched last at the end

  /** One attempt for everybody, none within the pause after the last. It never rejects. */
  function renew(uri: string, now: number): Promise<void> | undefined {
    const source = sources.get(uri) ?? { askedAt: Number.NaN };
    if (source.underway === undefined && !(Math.abs(now - source.askedAt) < PAUSE)) {
      source.askedAt = now;
      source.underway = attempt(uri, source, now);
      keep(uri, source);
    }
    return source.underway;
  }

  async function attempt(uri: string, source: Source, askedAt: number): Promise<void> {
    try {
      const document = await fetchDocument(options, uri, {
        headers: { accept: 'application/statuslist+jwt' },
        largest: LARGEST,
      });
      const verified = await verifyStatusList(document, { ...options, uri, now: seconds(clock) });
      const { known: last } = source;
      source.known = lifeOf(verified, askedAt, options.maxAge);
      source.failure = undefined;
      keep(uri, source);
      if (last !== undefined && !isSame(last.list, verified.list)) onChange();
    } catch (thrown) {
      source.failure = thrown;
    } finally {
      source.underway = undefined;
    }
  }

  /** Makes room by what was fetched longest ago: a list that is used is fetched again and again. */
  function keep(uri: string, source: Source): void {
    sources.delete(uri);
    sources.set(uri, source);
    let octets = 0;
    for (const { known } of sources.values()) octets += known?.list.octets.length ?? 0;
    for (const [oldest, { known }] of sources) {
      if ((sources.size <= MOST_LISTS && octets <= MOST_OCTETS) || oldest === uri) return;
      sources.delete(oldest);
      octets -= known?.list.octets.length ?? 0;
    }
  }

  async function checkRenewed({ uri, idx }: StatusReference, now: number): Promise<void> {
    await renew(uri, now);
    const source = sources.get(uri);
    const known = source?.known;
    if (known === undefined || !isGood(known, seconds(clock))) {
      throw new HoldfastError('issuer_unavailable', { detail: 'status list', cause: source?.failure });
    }
    const status = statusAt(known.list, idx);
    if (status === undefined) throw new HoldfastError('token_claims', { detail: 'status_list.idx' });
    checkStatus(status);
  }

  return {
    checkReference(reference) {
      if (reference === undefined) {
        if (isRequired) throw new HoldfastError('token_claims', { detail: 'status' });
      } else if (prefix === undefined || !new URL(reference.uri).href.startsWith(prefix)) {
        throw new HoldfastError('token_claims', { detail: 'status_list.uri' });
      }
    },
    check(reference, now) {
      const known = sources.get(reference.uri)?.known;
      const status = known !== undefined && isGood(known, now) ? statusAt(known.list, reference.idx) : undefined;
      // Beyond the end of a list that is known: it may have grown since
      if (known === undefined || status === undefined) return checkRenewed(reference, now);
      if (now >= known.renewAt) void renew(reference.uri, now);
      checkStatus(status);
      return undefined;
    },
    isRevoked({ uri, idx }) {
      const known = sources.get(uri)?.known;
      return known !== undefined && statusAt(known.list, idx) !== STATUS.valid;
    },
  };
}

// §7.1: what is suspended, and what we do not know, gives no access either
function checkStatus(status: number): void {
  if (status !== STATUS.valid) throw new HoldfastError('token_revoked', { detail: 'status list' });
}

function lifeOf({ list, ttl = Number.POSITIVE_INFINITY, endsAt }: VerifiedList, askedAt: number, maxAge: number) {
  const until = Math.min(askedAt + Math.min(ttl, maxAge), endsAt);
  return { list, askedAt, renewAt: askedAt + (until - askedAt) / 2, until };
}

// A clock that stepped back cannot tell how old it is
function isGood({ askedAt, until }: KnownList, now: number): boolean {
  return askedAt <= now && now < until;
}

function isSame(a: StatusList, b: StatusList): boolean {
  return a.bits === b.bits && Buffer.compare(a.octets, b.octets) === 0;
}
