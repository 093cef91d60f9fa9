import { randomBytes } from 'node:crypto';
import { HoldfastError, type JsonObject } from '@holdfast/proof';
import { type ClientMetadata, clientMetadata, REGISTERED_PREFIX } from '../client/client-metadata.ts';
import { unsignable } from '../client/signed-responses.ts';
import type { IssuerConfig } from '../config.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { ClientRecord } from './client-versions.ts';

/** What clients may register for. */
export type Policy = NonNullable<IssuerConfig['registration']>;

/** What is open to whoever registers. */
export interface RegistrationRules {
  readonly policy: Policy;
  /** The keys that sign for clients. */
  readonly keys: Pick<KeyRing, 'current'>;
}

// For the operator alone to say
const NOT_FOR_CLIENTS = ['client_id', 'access_token_format', 'exchange_resources'];
const MEMBERS = Object.keys(clientMetadata.shape).filter((member) => !NOT_FOR_CLIENTS.includes(member));

/** RFC 9700 §4.15.1, FAPI 2.0 §6.7: we choose it, in a form of its own, so that it is never the `sub` of a person. */
export function newClientId(): string {
  return `${REGISTERED_PREFIX}${randomBytes(16).toString('base64url')}`;
}

export function isRegisteredId(clientId: string): boolean {
  return clientId.startsWith(REGISTERED_PREFIX) && /^[A-Za-z0-9_-]{22}$/.test(clientId.slice(REGISTERED_PREFIX.length));
}

/**
 * The metadata of RFC 7591 §2 that a client asks for, with defaults for what it leaves out; what is not known here is
 * ignored. Throws `client_metadata` or `client_redirect_uri`, which name the member. NOT checked: where a `jwks_uri` leads.
 */
export function readMetadata(body: JsonObject, clientId: string, { policy, keys }: RegistrationRules): ClientMetadata {
  const asked = askedMembers(body);
  // RFC 7591 §2.3: it would have a say in what is registered, and nobody's statements are trusted here
  if (isGiven(body['software_statement'])) throw refusal('software_statement');
  const result = clientMetadata.safeParse({ ...defaults(asked, policy), ...asked, client_id: clientId });
  if (!result.success) throw refusal(result.error.issues[0]?.path ?? []);
  checkPolicy(result.data, policy);
  const response = unsignable(result.data, keys);
  if (response !== undefined) throw refusal(response);
  return result.data;
}

/** RFC 7591 §3.2.1, RFC 7592 §3: everything that is registered, and how to change it; `url` is the registration endpoint. */
export function clientInformation({ metadata, issuedAt }: ClientRecord, token: string, url: string): object {
  const { access_token_format: _format, exchange_resources: _resources, ...registered } = metadata;
  return {
    ...registered,
    client_id_issued_at: issuedAt,
    registration_access_token: token,
    registration_client_uri: `${url}/${metadata.client_id}`,
  };
}

function askedMembers(body: JsonObject): JsonObject {
  const asked = Object.fromEntries(MEMBERS.flatMap((name) => (isGiven(body[name]) ? [[name, body[name]]] : [])));
  return { ...asked, ...(isGiven(asked['jwks']) ? { jwks: withoutUnknown(asked['jwks']) } : {}) };
}

// RFC 7592 §2.2: null or empty is as good as left out
function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

// RFC 7517 §5: members of a JWK Set that are not understood are ignored
function withoutUnknown(jwks: unknown): unknown {
  const isObject = typeof jwks === 'object' && jwks !== null;
  return isObject && 'keys' in jwks ? { keys: jwks.keys } : jwks;
}

function defaults(asked: JsonObject, { scope }: Policy): JsonObject {
  const { grant_types: grants = ['authorization_code'] } = asked; // RFC 7591 §2
  const isForPeople = Array.isArray(grants) && grants.includes('authorization_code');
  const bindings = ['dpop_bound_access_tokens', 'tls_client_certificate_bound_access_tokens'];
  return {
    grant_types: grants,
    response_types: isForPeople ? ['code'] : [],
    scope,
    // FAPI 2.0 §5.3.2.1: to a key, when it does not say to what
    dpop_bound_access_tokens: !bindings.some((name) => name in asked),
  };
}

function checkPolicy(metadata: ClientMetadata, policy: Policy): void {
  const { grant_types: grants, response_types: responses = [] } = metadata;
  // Whose tokens it could exchange is for the operator to say
  if (grants.includes('urn:ietf:params:oauth:grant-type:token-exchange')) throw refusal('grant_types');
  // RFC 7591 §2.1: the two fit together
  if (grants.includes('authorization_code') !== responses.includes('code')) throw refusal('response_types');
  const allowed = policy.scope.split(' ');
  if (!metadata.scope.split(' ').every((value) => allowed.includes(value))) throw refusal('scope');
  const types = metadata.authorization_details_types;
  if (!types.every((type) => policy.authorization_details_types.includes(type))) {
    throw refusal('authorization_details_types');
  }
}

function refusal(path: string | readonly PropertyKey[]): HoldfastError {
  const steps = typeof path === 'string' ? [path] : path;
  const detail = steps.map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`)).join('');
  const code = steps[0] === 'redirect_uris' ? 'client_redirect_uri' : 'client_metadata';
  return new HoldfastError(code, { detail: detail.replace(/^\./, '') });
}
