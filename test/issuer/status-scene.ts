import { inflateSync } from 'node:zlib';
import type { Issuer } from '@holdfast/issuer';
import { compactVerify, createLocalJWKSet } from 'jose';
import { expect } from 'vitest';
import { claims, ISSUER } from './forge.ts';
import { createPeople, type People } from './people.ts';

export interface Place {
  readonly idx: number;
  readonly uri: string;
}

/** A list as a reader of it sees it, who shares no code with the issuer. */
export interface ReadList {
  readonly header: Record<string, unknown>;
  readonly payload: Record<string, unknown>;
  readonly statuses: readonly number[];
}

export interface StatusScene extends People {
  /** A token of `trader`, and where its status is. */
  token(): Promise<{ readonly token: string; readonly place: Place }>;
  revoke(token: string): Promise<void>;
  /** What the issuer says about a place now. */
  statusOf(place: Place): Promise<number | undefined>;
}

/** An issuer that publishes status lists, with a clock that the test moves. */
export async function createStatusScene(...[changes = {}, options]: Parameters<typeof createPeople>) {
  const people = await createPeople({ status_list: { ttl: 30 }, ...changes }, options);
  const scene = Object.assign(people, {
    async token() {
      const { body } = await people.send('token', { form: { grant_type: 'client_credentials' } });
      const token = String(body['access_token']);
      return { token, place: placeOf(token) };
    },
    async revoke(token: string) {
      expect(await people.send('revoke', { form: { token } })).toMatchObject({ status: 200 });
    },
    statusOf: async ({ idx, uri }: Place) => (await readList(people.issuer, uri)).statuses[idx],
  });
  return scene satisfies StatusScene;
}

export function placeOf(token: string): Place {
  const { status_list: place } = claims(token)['status'] as { status_list: Place };
  return place;
}

/** Fetches a list without compression, checks its signature by the published keys, and unpacks it. */
export async function readList(issuer: Issuer, uri: string): Promise<ReadList> {
  const reply = await issuer.statusLists?.list(uri.slice(`${ISSUER}/status/`.length));
  expect(reply).toMatchObject({ status: 200 });
  return await unpacked(issuer, String(reply?.body));
}

export async function unpacked(issuer: Issuer, jwt: string): Promise<ReadList> {
  const keys = createLocalJWKSet(JSON.parse(issuer.jwks().body));
  const verified = await compactVerify(jwt, keys);
  const payload = JSON.parse(Buffer.from(verified.payload).toString());
  const octets = inflateSync(Buffer.from(payload.status_list.lst, 'base64url'));
  const statuses = [...octets].flatMap((octet) => Array.from({ length: 8 }, (_, bit) => (octet >> bit) & 1));
  return { header: { ...verified.protectedHeader }, payload, statuses };
}
