import { randomBytes } from 'node:crypto';
import { type Clock, type Store, seconds } from '@holdfast/proof';
import type { Clients } from '../client/clients.ts';
import type { IssuerConfig } from '../config.ts';
import { endpoint } from '../endpoint.ts';
import type { Events } from '../events.ts';
import type { IssuerRequest } from '../form.ts';
import { PATHS } from '../metadata.ts';
import { created, type Reply } from '../reply.ts';
import { hashToken, matchToken, readBearer } from './bearer-token.ts';
import { createClientVersions } from './client-versions.ts';
import { createConfigurationEndpoint } from './configuration-endpoint.ts';
import { createGuardedFetch } from './guarded-fetch.ts';
import { readJsonBody } from './json-body.ts';
import { createQuota } from './quota.ts';
import { createRegisteredClients } from './registered-clients.ts';
import {
  clientInformation,
  newClientId,
  type Policy,
  type RegistrationRules,
  readMetadata,
} from './registered-metadata.ts';

export interface RegistrationOptions {
  /** With `registration`. */
  readonly config: IssuerConfig;
  /** Where clients are kept, for good: it has to outlive the process. */
  readonly store: Store;
  readonly clock: Clock;
  /** The keys that sign for clients: nobody registers for answers that none of them can sign. */
  readonly keys: RegistrationRules['keys'];
  readonly events: Events;
  /**
   * For the `jwks_uri` of clients that register. Left out: one that connects to the public internet alone
   * (`createGuardedFetch`), unless the configuration says `private_networks`. One that is given has to see to that itself.
   */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** Clients that register by themselves: RFC 7591, RFC 7592. The endpoints never throw. */
export interface Registration {
  /** Those that registered, and no others. */
  readonly clients: Clients;
  /** RFC 7591 §3. */
  register(request: IssuerRequest): Promise<Reply>;
  /** RFC 7592 §2, at `<issuer>/register/<client_id>`. */
  manage(request: IssuerRequest): Promise<Reply>;
}

export function createRegistration(options: RegistrationOptions): Registration {
  const { config, store, clock, keys, events } = options;
  const policy = policyOf(config);
  const rules = { policy, keys };
  const { fetch = createGuardedFetch(policy.private_networks ? { isAllowed: () => true } : {}) } = options;
  const url = `${config.issuer}${PATHS.register}`;
  const versions = createClientVersions(store);
  const count = createQuota(store, clock);
  const clients = createRegisteredClients({ versions, policy, fetching: { fetch, clock } });

  async function register(request: IssuerRequest): Promise<Reply> {
    // RFC 7591 §3: not open to everybody
    const initial = readBearer(request, 'registration_unauthorized');
    matchToken(initial, policy.initial_access_token_hashes, 'registration_unauthorized');
    const clientId = newClientId();
    const metadata = readMetadata(readJsonBody(request), clientId, rules);
    await count(hashToken(initial));
    const token = randomBytes(32).toString('base64url');
    const record = { metadata, issuedAt: seconds(clock), tokenHash: hashToken(token) };
    await events.tell({ event: 'client.registered', clientId });
    await versions.append(clientId, record);
    return created(clientInformation(record, token, url));
  }

  return {
    clients,
    register: endpoint({ path: PATHS.register, methods: ['POST'], nonces: undefined, events }, register),
    manage: createConfigurationEndpoint({ url, versions, clients, rules, events }),
  };
}

function policyOf({ registration }: IssuerConfig): Policy {
  if (registration === undefined) throw new TypeError('config: registration is missing');
  return registration;
}
