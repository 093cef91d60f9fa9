import { HoldfastError } from '@holdfast/proof';
import type { KeyFetching } from '../client/client-keys.ts';
import { clientMetadata } from '../client/client-metadata.ts';
import { type Client, type Clients, createClient } from '../client/clients.ts';
import type { ClientVersions, Version } from './client-versions.ts';
import { isRegisteredId, type Policy } from './registered-metadata.ts';

/** The clients that registered, as they are now: whatever process changed them, the next request sees it. */
export interface RegisteredClients extends Clients {
  find(clientId: string): Promise<Client>;
  /** What is kept of a client. Undefined: there is no such client, or no longer. */
  latest(clientId: string): Promise<Version | undefined>;
}

export interface RegisteredClientsOptions {
  readonly versions: ClientVersions;
  readonly policy: Policy;
  readonly fetching: KeyFetching;
}

interface Known {
  readonly version: Version;
  /** Made when it is first needed, and kept for the keys that it has fetched. */
  client: Client | undefined;
}

const MOST = 10_000; // clients that are kept ready; of more, those that were not asked for longest are read anew

export function createRegisteredClients({ versions, policy, fetching }: RegisteredClientsOptions): RegisteredClients {
  const ready = new Map<string, Known>(); // in the order in which they were asked for

  async function look(clientId: string): Promise<Known | undefined> {
    if (!isRegisteredId(clientId)) return undefined;
    const version = await versions.latest(clientId, ready.get(clientId)?.version);
    const known = ready.get(clientId);
    ready.delete(clientId);
    if (version === undefined) return undefined;
    const current = known !== undefined && known.version.number >= version.number ? known : keep(version);
    ready.set(clientId, current);
    const [oldest] = ready.keys();
    if (ready.size > MOST && oldest !== undefined) ready.delete(oldest);
    return current;
  }

  function keep(version: Version): Known {
    return { version, client: undefined };
  }

  return {
    async find(clientId) {
      const known = await look(clientId);
      if (known === undefined) throw new HoldfastError('client_unknown');
      known.client ??= withinPolicy(known.version, policy, fetching);
      return known.client;
    },
    latest: async (clientId) => (await look(clientId))?.version,
  };
}

/** A client with what it registered for, as far as that is still open to those who register. */
function withinPolicy({ record }: Version, policy: Policy, fetching: KeyFetching): Client {
  const read = clientMetadata.safeParse(record.metadata);
  // It was sound when it registered; the rules have become stricter since
  if (!read.success) throw new HoldfastError('client_unknown');
  const allowed = policy.scope.split(' ');
  const scope = read.data.scope.split(' ').filter((value) => allowed.includes(value));
  const types = read.data.authorization_details_types.filter((type) =>
    policy.authorization_details_types.includes(type),
  );
  const metadata = { ...read.data, scope: scope.join(' '), authorization_details_types: types };
  return { ...createClient(metadata, fetching), scope };
}
