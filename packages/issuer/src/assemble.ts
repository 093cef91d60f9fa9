import { boundedReplay, createNonces, FAPI_ALGORITHMS } from '@holdfast/proof';
import { createAdmission } from './admission.ts';
import { createInteractions } from './authorization/interactions.ts';
import { createPushedRequests } from './authorization/pushed-requests.ts';
import { createClient, createRegistry, createResourceServer } from './client/clients.ts';
import type { IssuerConfig } from './config.ts';
import { createEvents, type Events } from './events.ts';
import { authorizationCode } from './grants/authorization-code.ts';
import { createAuthorizationDetails } from './grants/authorization-details.ts';
import { clientCredentials } from './grants/client-credentials.ts';
import { createCodes } from './grants/codes.ts';
import { createGrantTokens } from './grants/grant-tokens.ts';
import { createGrants } from './grants/grants.ts';
import { refreshToken } from './grants/refresh-token.ts';
import { createRefreshTokens } from './grants/refresh-tokens.ts';
import { tokenExchange } from './grants/token-exchange.ts';
import type { KeyRing } from './keys/key-ring.ts';
import { createLockout } from './login/lockout.ts';
import { basePathOf, PATHS } from './metadata.ts';
import type { Settings } from './options.ts';
import type { Parts } from './parts.ts';
import { createRecords } from './records.ts';
import { createRegistration } from './registration/registration.ts';
import { createStatusLists } from './status/status-lists.ts';
import { createAccessTokens } from './tokens/access-tokens.ts';
import { createTokenReader } from './tokens/token-reader.ts';

/** Makes all that the endpoints of one issuer share, each thing once. */
export function assemble(settings: Settings): Parts {
  const { config, clock, keys, audit, login, externalLogin } = settings;
  const events = createEvents({ clock, audit });
  tellKeyChanges(keys, events);
  const details = createAuthorizationDetails(config.authorization_details_types);
  const memory = remember(settings, events);
  const asking = admit(settings, events);
  const { records, grants, codes, refreshTokens } = memory;
  const tokens = createTokenReader({ issuer: config.issuer, clock, keys, records, grants, clients: asking.clients });
  return {
    ...{ config, clock, keys, events, stylesheet: basePathOf(config.issuer) + PATHS.stylesheet },
    ...asking,
    ...memory,
    ...{ details, tokens, login, externalLogin },
    checks: {
      client_credentials: clientCredentials(config, details),
      authorization_code: authorizationCode({ config, details, codes, refreshTokens, keys }),
      refresh_token: refreshToken({ config, details, refreshTokens, people: login ?? externalLogin }),
      'urn:ietf:params:oauth:grant-type:token-exchange': tokenExchange(config, details, tokens, grants),
    },
    issueAccessToken: createAccessTokens({ config, clock, keys, ...memory }),
  };
}

/** What the issuer remembers, all of it in its one store. */
function remember({ config, store, clock, keys }: Settings, events: Events) {
  const { issuer, status_list: list } = config;
  const records = createRecords(store);
  const statusLists = list && createStatusLists({ issuer, store, keys, clock, ttl: list.ttl });
  const grants = createGrants({ records, events, clock, tokens: createGrantTokens(store, clock), statusLists });
  return {
    records,
    statusLists,
    grants,
    codes: createCodes(records, grants),
    refreshTokens: createRefreshTokens(records, grants, config, clock),
    pushed: createPushedRequests(records, config, clock),
    interactions: createInteractions(records, config.interaction_lifetime, clock),
    lockout: createLockout({ store, clock }),
  };
}

/** Who may ask, and how it is known that it is he. */
function admit({ config, store, storeTimeout, clock, keys, fetch }: Settings, events: Events) {
  const algorithms: ReadonlySet<string> = new Set(FAPI_ALGORITHMS);
  const nonces = config.dpop_nonce === 'off' ? undefined : createNonces({ clock, server: `issuer ${config.issuer}` });
  const replay = boundedReplay(store, { clock, timeout: storeTimeout });
  const fetching = { fetch: fetch ?? globalThis.fetch, clock };
  const registration =
    config.registration === undefined ? undefined : createRegistration({ config, store, clock, keys, events, fetch });
  const clients = config.clients.map((client) => createClient(client, fetching));
  const servers = config.resource_servers.map((server) => createResourceServer(server, fetching));
  return {
    algorithms,
    nonces,
    replay,
    registration,
    clients: createRegistry(clients, registration?.clients),
    resourceServers: createRegistry(servers),
    admission: createAdmission({ audiences: audiences(config), algorithms, nonces, replay }),
  };
}

/** FAPI 2.0 §5.3.2.1: the issuer. RFC 9126 §2, by configuration: also the endpoints that clients authenticate at. */
function audiences({ issuer, assertion_audience: accepted }: IssuerConfig): readonly string[] {
  const endpoints = [PATHS.token, PATHS.push, PATHS.introspect, PATHS.revoke].map((path) => issuer + path);
  return accepted === 'issuer' ? [issuer] : [issuer, ...endpoints];
}

// No answer waits for it that could be withheld: what records events has to notice by itself that it failed
function tellKeyChanges(keys: KeyRing, events: Events): void {
  keys.watch?.(({ kid, state }) => {
    Promise.resolve(events.tell({ event: 'key.changed', kid, state })).catch(() => {});
  });
}
