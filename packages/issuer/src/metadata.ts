import { type Algorithm, FAPI_ALGORITHMS } from '@holdfast/proof';
import { type ClientMetadata, GRANT_TYPES, type GrantType } from './client/client-metadata.ts';
import { signs } from './client/signed-responses.ts';
import { type IssuerConfig, OPENID_SCOPES } from './config.ts';
import type { KeyRing } from './keys/key-ring.ts';

/** Where each endpoint is, below the issuer's URL. */
export const PATHS = {
  token: '/token',
  jwks: '/jwks',
  push: '/par',
  authorize: '/authorize',
  interaction: '/interaction',
  introspect: '/introspect',
  revoke: '/revoke',
  userinfo: '/userinfo',
  register: '/register',
  status: '/status',
  stylesheet: '/style.css',
} as const;

/** Path of an issuer's URL, empty for an origin. */
export function basePathOf(issuer: string): string {
  return new URL(issuer).pathname.replace(/\/$/, '');
}

const MUTUAL_TLS = ['tls_client_auth', 'self_signed_tls_client_auth'];

/** What this issuer offers, by who is registered. */
export interface Offer {
  readonly grantTypes: readonly GrantType[];
  /** Whether people are asked: authorization_code. */
  readonly isForPeople: boolean;
  readonly isOpenId: boolean;
  readonly isMutualTls: boolean;
}

export function offerOf(config: IssuerConfig): Offer {
  const { clients, resource_servers: servers, registration } = config;
  const used = new Set(clients.flatMap((client) => client.grant_types));
  const grantTypes = GRANT_TYPES.filter((grantType) => registration !== undefined || used.has(grantType));
  const isForPeople = grantTypes.includes('authorization_code');
  const hasOpenId = (scope: string) => scope.split(' ').includes('openid');
  return {
    grantTypes,
    isForPeople,
    isOpenId:
      isForPeople &&
      [...clients, ...(registration === undefined ? [] : [registration])].some((each) => hasOpenId(each.scope)),
    // Without an origin of its own for it, the one listener asks for certificates, if anybody needs that
    isMutualTls:
      config.mtls_origin !== undefined || clients.some(needsCertificate) || servers.some(authenticatesByCertificate),
  };
}

/** RFC 8414 §2 with what the other specifications add. Says only what is offered; empty lists are left out (§3.2). */
export function issuerMetadata(config: IssuerConfig, keys: KeyRing): object {
  const { issuer, resources, authorization_details_types: types } = config;
  const offer = offerOf(config);
  const methods = ['private_key_jwt', ...(offer.isMutualTls ? MUTUAL_TLS : [])];
  const endpoints = endpointsOf(config, offer);
  const ownScopes = offer.isForPeople ? OPENID_SCOPES.filter((scope) => scope !== 'openid' || offer.isOpenId) : [];
  return {
    issuer,
    ...endpoints,
    jwks_uri: `${issuer}${PATHS.jwks}`,
    grant_types_supported: offer.grantTypes,
    scopes_supported: [...new Set([...ownScopes, ...resources.flatMap(({ scope }) => scope.split(' '))])],
    ...(types.length === 0 ? {} : { authorization_details_types_supported: types.map(({ type }) => type) }),
    ...authentication('token_endpoint', methods),
    ...authentication('revocation_endpoint', methods),
    ...(config.resource_servers.length === 0 ? {} : introspection(methods, keys)),
    dpop_signing_alg_values_supported: FAPI_ALGORITHMS,
    ...(offer.isMutualTls ? { tls_client_certificate_bound_access_tokens: true } : {}),
    ...(offer.isForPeople ? authorization(keys) : {}),
    ...(offer.isOpenId ? openId(keys) : {}),
    ...aliases(config, endpoints),
  };
}

/** By the names of RFC 8414 §2, RFC 9126 §5, OIDC Discovery §3, RFC 7591. */
function endpointsOf(config: IssuerConfig, offer: Offer): Readonly<Record<string, string>> {
  const offered: [string, string, boolean][] = [
    ['token_endpoint', PATHS.token, true],
    ['authorization_endpoint', PATHS.authorize, offer.isForPeople],
    ['pushed_authorization_request_endpoint', PATHS.push, offer.isForPeople],
    ['revocation_endpoint', PATHS.revoke, true],
    ['introspection_endpoint', PATHS.introspect, config.resource_servers.length > 0],
    ['userinfo_endpoint', PATHS.userinfo, offer.isOpenId],
    ['registration_endpoint', PATHS.register, config.registration !== undefined],
  ];
  return Object.fromEntries(
    offered.flatMap(([name, path, isOffered]) => (isOffered ? [[name, `${config.issuer}${path}`]] : [])),
  );
}

function authentication(endpoint: string, methods: readonly string[]): object {
  return {
    [`${endpoint}_auth_methods_supported`]: methods,
    [`${endpoint}_auth_signing_alg_values_supported`]: FAPI_ALGORITHMS,
  };
}

/** RFC 9701 §7. */
function introspection(methods: readonly string[], keys: KeyRing): object {
  return {
    ...authentication('introspection_endpoint', methods),
    introspection_signing_alg_values_supported: signingAlgorithms(keys),
  };
}

/** FAPI 2.0 §5.3.2.2, RFC 9126 §5, RFC 9207 §3, RFC 9101 §10.5, JARM §4. */
function authorization(keys: KeyRing): object {
  return {
    require_pushed_authorization_requests: true,
    response_types_supported: ['code'],
    response_modes_supported: ['query', 'query.jwt', 'jwt'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    request_parameter_supported: true,
    request_uri_parameter_supported: false,
    request_object_signing_alg_values_supported: FAPI_ALGORITHMS,
    authorization_signing_alg_values_supported: signingAlgorithms(keys),
  };
}

/** OIDC Discovery §3. */
function openId(keys: KeyRing): object {
  return {
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: signingAlgorithms(keys),
    claims_supported: ['sub', 'auth_time'],
    claims_parameter_supported: false,
  };
}

/** What the keys of the issuer sign by now, under the names that they have. */
function signingAlgorithms(keys: KeyRing): Algorithm[] {
  return FAPI_ALGORITHMS.filter((alg) => signs(keys, alg) && keys.current(alg).alg === alg);
}

/** RFC 8705 §5: every endpoint that looks at a certificate, and never the one for browsers. */
function aliases(
  { issuer, mtls_origin: mtlsOrigin }: IssuerConfig,
  endpoints: Readonly<Record<string, string>>,
): object {
  if (mtlsOrigin === undefined) return {};
  const { origin } = new URL(issuer);
  const aliased = Object.entries(endpoints).filter(
    ([name]) => !['authorization_endpoint', 'registration_endpoint'].includes(name),
  );
  return {
    mtls_endpoint_aliases: Object.fromEntries(
      aliased.map(([name, url]) => [name, mtlsOrigin + url.slice(origin.length)]),
    ),
  };
}

function needsCertificate(client: ClientMetadata): boolean {
  return authenticatesByCertificate(client) || client.tls_client_certificate_bound_access_tokens;
}

function authenticatesByCertificate({
  token_endpoint_auth_method: method,
}: Pick<ClientMetadata, 'token_endpoint_auth_method'>): boolean {
  return MUTUAL_TLS.includes(method);
}
