import { hash } from 'node:crypto';
import type { Store } from '@holdfast/proof';

/**
 * What the issuer remembers, by kind and name, as JSON in the store. Names are often secrets (a code, a token), so the store
 * sees their SHA-256 alone: who reads it can use none of them.
 */
export interface Records {
  /** True when there was none of this name. `expiresAt` is the last second at which it is there. */
  add(kind: RecordKind, name: string, record: unknown, expiresAt: number): boolean | Promise<boolean>;
  get<T>(kind: RecordKind, name: string): Promise<T | undefined>;
  take<T>(kind: RecordKind, name: string): Promise<T | undefined>;
}

export type RecordKind =
  | 'pushed' // an authorization request, by its request_uri
  | 'opened' // … how often its page was opened
  | 'interaction' // one browser that was sent here with it
  | 'login' // who logged in there
  | 'ticket' // who logged in elsewhere for it
  | 'decided' // how the request ended, by its request_uri
  | 'code' // an authorization code
  | 'redeemed' // … that was used
  | 'refresh' // a refresh token
  | 'rotated' // … that was replaced
  | 'active' // … that was used lately
  | 'token' // an opaque access token
  | 'revoked' // a grant
  | 'recorded'; // … and whoever listens was told

export function createRecords(store: Store): Records {
  return {
    add: (kind, name, record, expiresAt) => store.add(keyOf(kind, name), JSON.stringify(record), expiresAt),
    async get<T>(kind: RecordKind, name: string) {
      return read<T>(await store.get(keyOf(kind, name)));
    },
    async take<T>(kind: RecordKind, name: string) {
      return read<T>(await store.take(keyOf(kind, name)));
    },
  };
}

function keyOf(kind: RecordKind, name: string): string {
  return `${kind} ${hash('sha256', name, 'base64url')}`;
}

function read<T>(text: string | undefined): T | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as T);
}
