import { HoldfastError } from '@holdfast/proof';
import type { RegisteredSubject } from './certificate-subject.ts';
import { type ClientKeys, clientKeys, type KeyFetching } from './client-keys.ts';
import {
  type Authentication,
  type ClientMetadata,
  type ResourceServerMetadata,
  registeredSubject,
} from './client-metadata.ts';

/** Somebody who can authenticate here, with what that needs ready for use. */
export interface Registered {
  readonly clientId: string;
  readonly authentication: Authentication;
  readonly keys: ClientKeys;
  /** Subject for tls_client_auth. */
  readonly subject: RegisteredSubject | undefined;
}

export interface Client extends Registered {
  readonly metadata: ClientMetadata;
  readonly scope: readonly string[];
}

export interface ResourceServer extends Registered {
  readonly resources: readonly string[];
}

/** Everybody of one kind. */
export interface Registry<R extends Registered> {
  /** Throws `client_unknown`. */
  find(clientId: string): R | Promise<R>;
}

export type Clients = Registry<Client>;

/** Who is configured, and then `others`. */
export function createRegistry<R extends Registered>(all: readonly R[], others?: Registry<R>): Registry<R> {
  const byId = new Map(all.map((each) => [each.clientId, each]));
  return {
    find(clientId) {
      const found = byId.get(clientId);
      if (found !== undefined) return found;
      if (others === undefined) throw new HoldfastError('client_unknown');
      return others.find(clientId);
    },
  };
}

export async function isRegistered(registry: Registry<Registered>, clientId: string): Promise<boolean> {
  try {
    await registry.find(clientId);
    return true;
  } catch (thrown) {
    if (thrown instanceof HoldfastError && thrown.code === 'client_unknown') return false;
    throw thrown;
  }
}

/** A client of sound metadata. */
export function createClient(metadata: ClientMetadata, fetching: KeyFetching): Client {
  return { ...register(metadata, fetching), metadata, scope: metadata.scope.split(' ') };
}

export function createResourceServer(metadata: ResourceServerMetadata, fetching: KeyFetching): ResourceServer {
  return { ...register(metadata, fetching), resources: metadata.resources };
}

function register(authentication: Authentication, fetching: KeyFetching): Registered {
  return {
    clientId: authentication.client_id,
    authentication,
    keys: clientKeys(authentication, fetching),
    subject: registeredSubject(authentication),
  };
}
