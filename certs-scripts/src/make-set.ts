import { type Authority, createAuthority } from './authority.ts';
import type { Credential } from './credential.ts';
import { issueClient, issueServer, selfSignClient } from './issue.ts';
import { ENTRIES, type Entry } from './layout.ts';
import { DAY } from './validity.ts';

const DAYS = 90;

/** Every certificate of the layout, new, by stem: two fresh authorities and what they sign. */
export async function makeSet(now: Date): Promise<Map<string, Credential>> {
  const made = new Map<string, Credential>();
  const authorities = new Map<string, Authority>();
  for (const entry of ENTRIES.filter(({ kind }) => kind === 'authority')) {
    const authority = await createAuthority({ commonName: entry.commonName, now, days: DAYS });
    authorities.set(entry.stem, authority);
    made.set(entry.stem, authority);
  }
  for (const entry of ENTRIES.filter(({ kind }) => kind !== 'authority')) {
    made.set(entry.stem, await makeLeaf(entry, authorities, now));
  }
  return made;
}

async function makeLeaf(entry: Entry, authorities: ReadonlyMap<string, Authority>, now: Date): Promise<Credential> {
  const request = { ...entry, now: new Date(now.getTime() + START[entry.time ?? 'now'] * DAY), days: DAYS };
  if (entry.signedBy === undefined) return await selfSignClient(request);
  const authority = authorities.get(entry.signedBy);
  if (authority === undefined) throw new TypeError(`${entry.stem} is signed by no authority of the set`);
  return entry.kind === 'server' ? await issueServer(authority, request) : await issueClient(authority, request);
}

// In days from now. The future is far enough off that the set is long renewed before it comes.
const START = { past: -2 * DAYS, now: 0, future: 3650 };
