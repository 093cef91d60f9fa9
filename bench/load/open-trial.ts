import type { Source } from './generator-process.ts';
import { type Ground, type Parties, partiesOf } from './parties.ts';
import type { Target } from './planned.ts';
import { requestsOf } from './requests.ts';
import { startVenueServer, type VenueServer } from './server/venue-server.ts';
import type { Trial } from './trials.ts';

/** A trial with its servers running. */
export interface OpenTrial {
  readonly trial: Trial;
  readonly venues: readonly Venue[];
}

/** A server, and what a generator has to know. */
export interface Venue {
  readonly server: VenueServer;
  readonly source: Source;
  readonly target: Target;
}

/** What it starts ends with the ground. */
export async function openTrial(trial: Trial, ground: Ground): Promise<OpenTrial> {
  const parties = await partiesOf(trial, ground);
  const venues = await Promise.all(
    Array.from({ length: trial.processes }, (_, i) => openVenue(trial, parties, ground, i)),
  );
  return { trial, venues };
}

async function openVenue(
  { requests: kind }: Trial,
  parties: Parties,
  { running }: Ground,
  index: number,
): Promise<Venue> {
  const { senders, venue, connecting } = parties;
  const server = running.use(await startVenueServer(venue, index));
  const { origin } = server;
  const { ca } = connecting;
  const source = requestsOf({ origin, senders, kind, ...(ca === undefined ? {} : { ca }) });
  return { server, source, target: { origin, ...connecting } };
}
