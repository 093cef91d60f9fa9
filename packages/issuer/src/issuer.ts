import { boundedReplay, type Clock, createNonces, FAPI_ALGORITHMS, type Store } from '@holdfast/proof';
import { createAdmission } from './admission.ts';
import { type Authorization, createAuthorization } from './authorization/authorize.ts';
import { createInteractions } from './authorization/interactions.ts';
import { createPushEndpoint } from './authorization/push.ts';
import { createPushedRequests } from './authorization/pushed-requests.ts';
import { boundedStore } from './bounded-store.ts';
import { createClient, createRegistry, createResourceServer } from './client/clients.ts';
import { unsignable } from './client/signed-responses.ts';
import { ConfigurationError, type IssuerConfig } from './config.ts';
import { endpoint } from './endpoint.ts';
import { type Audit, createEvents, type Events } from './events.ts';
import type { IssuerRequest } from './form.ts';
import { authorizationCode } from './grants/authorization-code.ts';
import { createAuthorizationDetails } from './grants/authorization-details.ts';
import { clientCredentials } from './grants/client-credentials.ts';
import { createCodes } from './grants/codes.ts';
import { createGrantTokens } from './grants/grant-tokens.ts';
import { createGrants } from './grants/grants.ts';
import { refreshToken } from './grants/refresh-token.ts';
import { createRefreshTokens } from './grants/refresh-tokens.ts';
import { tokenExchange } from './grants/token-exchange.ts';
import { givenKeys } from './keys/given-keys.ts';
import type { KeyRing } from './keys/key-ring.ts';
import { createLockout } from './login/lockout.ts';
import type { ExternalLogin, Login } from './login/login.ts';
import { issuerMetadata, offerOf, PATHS } from './metadata.ts';
import type { Parts } from './parts.ts';
import { createRecords } from './records.ts';
import { createRegistration, type Registration } from './registration/registration.ts';
import { publicDocument, type Reply } from './reply.ts';
import { createStatusLists, type StatusLists } from './status/status-lists.ts';
import { createAccessTokens } from './tokens/access-tokens.ts';
import { createIntrospectionEndpoint } from './tokens/introspect.ts';
import { createRevocationEndpoint } from './tokens/revoke.ts';
import { createTokenEndpoint } from './tokens/token.ts';
import { createTokenReader } from './tokens/token-reader.ts';
import { createUserinfoEndpoint } from './tokens/userinfo.ts';

export interface IssuerOptions {
  /** As `readConfig` checked it. */
  readonly config: IssuerConfig;
  /** Where everything is remembered: what was used, what was granted, what was revoked. */
  readonly store: Store;
  /** Milliseconds to wait for the store. Default 2000. */
  readonly storeTimeout?: number;
  readonly clock?: Clock;
  /** The keys that sign. Left out: `signing_keys` of the configuration. */
  readonly keys?: KeyRing;
  /** Who people are: checks the name and password of our page. Guesses are counted here. */
  readonly login?: Login;
  /** Instead: an organisation's own login, which answers by `authorization.loggedIn`. */
  readonly externalLogin?: ExternalLogin;
  /** Records what has effect before its answer leaves; what cannot be recorded is refused. */
  readonly audit?: Audit;
  /** For the keys of clients (`jwks_uri`). */
  readonly fetch?: typeof globalThis.fetch;
}

type Endpoint = (request: IssuerRequest) => Promise<Reply>;

/** The endpoints of an authorization server, as functions from a plain request to a plain reply. They never throw. */
export interface Issuer {
  readonly config: IssuerConfig;
  /** RFC 8414 §3, and OIDC Discovery §4. */
  metadata(): Reply;
  /** RFC 7517 §5. */
  jwks(): Reply;
  /** RFC 6749 §3.2. */
  readonly token: Endpoint;
  /** RFC 9126 §2. */
  readonly push: Endpoint;
  /** RFC 6749 §3.1: for browsers. */
  readonly authorization: Authorization;
  /** RFC 7662 §2, RFC 9701. */
  readonly introspect: Endpoint;
  /** RFC 7009 §2. */
  readonly revoke: Endpoint;
  /** OIDC Core §5.3. */
  readonly userinfo: Endpoint;
  /** RFC 7591 and RFC 7592; undefined when they are not offered. */
  readonly registration: Pick<Registration, 'register' | 'manage'> | undefined;
  /** Token Status List §8; undefined when it is not offered. */
  readonly statusLists: Pick<StatusLists, 'list'> | undefined;
}

/** An authorization server that gives no token that is not bound to its sender. */
export async function createIssuer(options: IssuerOptions): Promise<Issuer> {
  const { config } = options;
  checkLogin(options);
  const { parts, statusLists, registration } = assemble(options);
  const { keys, nonces, events } = parts;
  const post = (path: string, line: Endpoint) => endpoint({ path, methods: ['POST'], nonces, events }, line);
  const endpoints: Omit<Issuer, 'config'> = {
    metadata: () => publicDocument(issuerMetadata(config, keys)),
    jwks: () => publicDocument(keys.jwks()),
    token: post(PATHS.token, createTokenEndpoint(parts)),
    push: post(PATHS.push, createPushEndpoint(parts)),
    authorization: createAuthorization(parts),
    introspect: post(PATHS.introspect, createIntrospectionEndpoint(parts)),
    revoke: post(PATHS.revoke, createRevocationEndpoint(parts)),
    userinfo: endpoint(
      { path: PATHS.userinfo, methods: ['GET', 'POST'], nonces, events },
      createUserinfoEndpoint(parts),
    ),
    registration,
    statusLists,
  };
  // Not enumerable: it holds the signing keys, which nobody who prints or serialises an issuer wants to see
  return Object.defineProperty(endpoints, 'config', { value: config }) as Issuer;
}

function assemble(options: IssuerOptions) {
  const { config, storeTimeout = 2000, clock = Date.now, audit, fetch = globalThis.fetch } = options;
  const keys = options.keys ?? configuredKeys(config);
  checkResponses(config, keys);
  const store = boundedStore(options.store, config.issuer, storeTimeout);
  const replay = boundedReplay(store, { clock, timeout: storeTimeout });
  const records = createRecords(store);
  const events = createEvents({ clock, audit });
  tellKeyChanges(keys, events);
  const nonces = config.dpop_nonce === 'off' ? undefined : createNonces({ clock, server: `issuer ${config.issuer}` });
  const algorithms: ReadonlySet<string> = new Set(FAPI_ALGORITHMS);
  const { access_token_lifetime: tokenLifetime, interaction_lifetime: interactionLifetime } = config;
  const details = createAuthorizationDetails(config.authorization_details_types);
  const statusLists =
    config.status_list === undefined
      ? undefined
      : createStatusLists({ issuer: config.issuer, store, keys, clock, ttl: config.status_list.ttl, tokenLifetime });
  const grantTokens = createGrantTokens(store, clock);
  const grants = createGrants({ records, events, clock, tokens: grantTokens, statusLists });
  const registration =
    config.registration === undefined
      ? undefined
      : createRegistration({ config, store, clock, keys, events, fetch: options.fetch, onDeleted() {} });
  const clients = createRegistry(
    config.clients.map((client) => createClient(client, { fetch, clock })),
    registration?.clients,
  );
  const codes = createCodes(records, grants);
  const refreshTokens = createRefreshTokens(records, grants, config, clock);
  const tokens = createTokenReader({ issuer: config.issuer, clock, keys, records, grants, clients });
  const basePath = new URL(config.issuer).pathname.replace(/\/$/, '');
  const parts: Parts = {
    config,
    clock,
    keys,
    events,
    basePath,
    stylesheet: basePath + PATHS.stylesheet,
    clients,
    resourceServers: createRegistry(
      config.resource_servers.map((each) => createResourceServer(each, { fetch, clock })),
    ),
    admission: createAdmission({ audiences: audiences(config), algorithms, nonces, replay }),
    algorithms,
    nonces,
    replay,
    records,
    pushed: createPushedRequests(records, config, clock),
    interactions: createInteractions(records, interactionLifetime, clock),
    codes,
    refreshTokens,
    grants,
    details,
    checks: {
      client_credentials: clientCredentials(config, details),
      authorization_code: authorizationCode({ config, details, codes, refreshTokens, keys }),
      refresh_token: refreshToken(config, details, refreshTokens),
      'urn:ietf:params:oauth:grant-type:token-exchange': tokenExchange(config, details, tokens, grants),
    },
    issueAccessToken: createAccessTokens({ config, clock, keys, records, grants, statusLists }),
    tokens,
    login: options.login,
    lockout: createLockout({ store, clock }),
    externalLogin: options.externalLogin,
  };
  return { parts, statusLists, registration };
}

// No answer waits for it that could be withheld: what records events has to notice by itself that it failed
function tellKeyChanges(keys: KeyRing, events: Events): void {
  keys.watch?.(({ kid, state }) => {
    Promise.resolve(events.tell({ event: 'key.changed', kid, state })).catch(() => {});
  });
}

function checkLogin({ config, login, externalLogin }: IssuerOptions): void {
  if (!offerOf(config).isForPeople) return;
  if ((login === undefined) === (externalLogin === undefined)) {
    throw new ConfigurationError('clients: authorization_code needs a login, of one kind');
  }
}

/** JARM §3: the answers that clients registered for can be signed. */
function checkResponses({ clients }: IssuerConfig, keys: KeyRing): void {
  clients.forEach((client, i) => {
    const member = unsignable(client, keys);
    if (member !== undefined) throw new ConfigurationError(`clients[${i}].${member}: no key signs by it`);
  });
}

function configuredKeys({ signing_keys: signingKeys }: IssuerConfig): KeyRing {
  if (signingKeys === undefined) throw new ConfigurationError('signing_keys: is needed where no key ring is given');
  return givenKeys(signingKeys);
}

/** FAPI 2.0 §5.3.2.1: the issuer. RFC 9126 §2, by configuration: also the endpoints that clients authenticate at. */
function audiences({ issuer, assertion_audience: accepted }: IssuerConfig): readonly string[] {
  const endpoints = [PATHS.token, PATHS.push, PATHS.introspect, PATHS.revoke].map((path) => issuer + path);
  return accepted === 'issuer' ? [issuer] : [issuer, ...endpoints];
}
