import { setTimeout as after } from 'node:timers/promises';
import type { Generator } from '../load/generator-process.ts';
import { requestsOf } from '../load/requests.ts';
import type { Sender } from '../load/senders.ts';
import type { OpenLoopResult } from '../load/when-due.ts';
import type { Attackers } from './attackers-process.ts';
import type { FlatOutResult } from './flat-out.ts';
import type { FloodKind } from './flood-kind.ts';
import type { Loot } from './loot.ts';
import type { AttackedUsage, AttackedVenue } from './venue-process.ts';

/** Who takes part. */
export interface Cast {
  readonly venue: AttackedVenue;
  readonly generator: Generator;
  readonly attackers: Attackers;
  readonly loot: Loot;
  readonly senders: readonly Sender[];
}

export interface Honest {
  /** Requests a second. */
  readonly rate: number;
  /** For so many seconds. */
  readonly seconds: number;
  readonly seed: number;
}

/** What was seen while honest clients and, where there is a flood, attackers were at work. */
export interface Slice {
  readonly honest: OpenLoopResult;
  readonly flood?: FlatOutResult;
  /** Of the venue, before everybody and after. */
  readonly before: AttackedUsage;
  readonly after: AttackedUsage;
}

const CONNECTIONS = 32; // of the attackers: the more wait in line, the longer does who comes after them
const DISTINCT = 256;
const HONEST_CONNECTIONS = 100; // one for each client
const LEAD = 150; // ms that honest clients have to connect before a flood begins, and that it lasts before they are measured

/** Everything that is sent is made first, with the nonce of now. All are connected before anybody attacks. */
export async function measureSlice(cast: Cast, kind: FloodKind | undefined, honest: Honest): Promise<Slice> {
  const { venue, generator, attackers, loot, senders } = cast;
  const { origin } = venue;
  const { rate, seconds, seed } = honest;
  const count = Math.ceil(rate * seconds);
  await generator.plan(requestsOf({ origin, senders, kind: 'read' }), count);
  if (kind !== undefined) {
    const { connections = CONNECTIONS, pipelining = 1, distinct = DISTINCT } = kind;
    await attackers.prepare({ origin, requests: await kind.make(loot, distinct), connections, pipelining });
  }
  const connecting = { target: { origin }, connections: HONEST_CONNECTIONS, settle: 2 * LEAD };
  const felt = generator.openLoop({ ...connecting, rate, count, seed });
  await after(LEAD);
  const before = await venue.usage();
  if (kind !== undefined) await attackers.begin();
  const done = await felt;
  const flood = kind === undefined ? {} : { flood: await attackers.stop() };
  return { honest: done, ...flood, before, after: await venue.usage() };
}
