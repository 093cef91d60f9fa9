import { HoldfastError, type JsonObject } from '@holdfast/proof';
import type { Client } from '../client/clients.ts';
import { isRegisteredRedirect } from '../client/redirect-uri.ts';
import type { IssuerConfig } from '../config.ts';
import type { Parameters } from '../form.ts';
import type { AuthorizationDetails } from '../grants/authorization-details.ts';
import { isOwnScope, readAsked } from '../grants/rights.ts';

/** An authorization request that was checked in full: what a person will be asked, and where the answer goes. */
export interface AuthorizationRequest {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly responseMode: 'query' | 'jwt';
  readonly state: string | undefined;
  /** OIDC Core §3.1.2.1. */
  readonly nonce: string | undefined;
  /** What is asked for. Every scope has a resource among `resources` or is one of the issuer's own. */
  readonly scope: readonly string[];
  readonly resources: readonly string[];
  readonly details: readonly JsonObject[];
  readonly codeChallenge: string;
  /** RFC 9449 §10: the key that the code is bound to. */
  readonly jkt: string | undefined;
  /** OIDC Core §3.1.2.1 `prompt=none`. */
  readonly isSilent: boolean;
  readonly loginHint: string | undefined;
}

export interface RequestRules {
  readonly config: IssuerConfig;
  readonly details: AuthorizationDetails;
}

const CHALLENGE = /^[A-Za-z0-9_-]{43}$/; // RFC 7636 §4.2: base64url of a SHA-256
const THUMBPRINT = CHALLENGE;
const LONGEST = { state: 1024, nonce: 512, login_hint: 256 }; // characters; FAPI 2.0 §5.3.2.2: a nonce of 64 has to work

/** Reads what was pushed: RFC 9126 §2.1, FAPI 2.0 §5.3.2.2, RFC 7636 §4.4.1. Nothing is left for later to be checked. */
export function readAuthorizationRequest(
  parameters: Parameters,
  client: Client,
  rules: RequestRules,
): AuthorizationRequest {
  // First, so that nothing is ever sent elsewhere
  const redirectUri = readRedirectUri(parameters, client);
  if (parameters.get('response_type') === undefined) throw malformed('response_type');
  if (parameters.get('response_type') !== 'code') throw new HoldfastError('response_type');
  return {
    clientId: client.clientId,
    redirectUri,
    responseMode: readResponseMode(parameters.get('response_mode'), client),
    state: readText(parameters, 'state'),
    nonce: readText(parameters, 'nonce'),
    ...readExtent(parameters, client, rules),
    codeChallenge: readChallenge(parameters),
    jkt: readThumbprint(parameters.get('dpop_jkt')),
    isSilent: isSilent(parameters.get('prompt')),
    loginHint: readText(parameters, 'login_hint'),
  };
}

/** FAPI 2.0 §5.3.2.2: it is there. */
function readRedirectUri(parameters: Parameters, client: Client): string {
  const redirectUri = parameters.get('redirect_uri');
  if (redirectUri === undefined) throw new HoldfastError('redirect_uri_missing');
  checkRedirect(redirectUri, client);
  return redirectUri;
}

/** RFC 9700 §2.1: it is one that the client registered. To be called again later, because clients change (RFC 7592 §2.2). */
export function checkRedirect(redirectUri: string, { metadata }: Client): void {
  if (!isRegisteredRedirect(metadata.redirect_uris, redirectUri)) throw new HoldfastError('redirect_uri_unregistered');
}

/** JARM §2.3: `jwt` for a code is `query.jwt`. A client that registered an algorithm for it gets nothing else. */
function readResponseMode(mode: string | undefined, { metadata }: Client): AuthorizationRequest['responseMode'] {
  const isRequired = metadata.authorization_signed_response_alg !== undefined;
  if (mode === 'jwt' || mode === 'query.jwt') return 'jwt';
  if (mode !== undefined && mode !== 'query') throw new HoldfastError('response_mode');
  if (mode === 'query' && isRequired) throw new HoldfastError('response_mode');
  return isRequired ? 'jwt' : 'query';
}

/** RFC 7636 §4.3, §4.4.1; FAPI 2.0 §5.3.2.2: S256 and nothing else. A method that is left out would be `plain`. */
function readChallenge(parameters: Parameters): string {
  const challenge = parameters.get('code_challenge');
  const method = parameters.get('code_challenge_method');
  if (challenge === undefined) throw new HoldfastError('challenge_missing');
  if (method !== 'S256') throw new HoldfastError('challenge_method');
  if (!CHALLENGE.test(challenge)) throw new HoldfastError('challenge_missing');
  return challenge;
}

function readThumbprint(jkt: string | undefined): string | undefined {
  if (jkt !== undefined && !THUMBPRINT.test(jkt)) throw malformed('dpop_jkt');
  return jkt;
}

/** RFC 6749 §3.3, RFC 8707 §2.1, RFC 9396 §3: all of it together, as the person will see it. */
function readExtent(
  parameters: Parameters,
  client: Client,
  { config, details: types }: RequestRules,
): Pick<AuthorizationRequest, 'scope' | 'resources' | 'details'> {
  const asked = readAsked(parameters, types);
  const details = asked.details ?? [];
  types.checkClient(details, client.metadata.authorization_details_types);
  const scope = asked.scope ?? (details.length > 0 ? [] : client.scope);
  if (!scope.every((value) => client.scope.includes(value))) throw new HoldfastError('scope_invalid');
  const known = config.resources.filter(
    ({ resource }) => asked.resources.length === 0 || asked.resources.includes(resource),
  );
  // RFC 8707 §2: every one is known
  if (!asked.resources.every((wanted) => known.some(({ resource }) => resource === wanted)))
    throw new HoldfastError('resource_invalid');
  const meant = known.filter(
    (each) =>
      asked.resources.length > 0 ||
      each.scope.split(' ').some((value) => scope.includes(value)) ||
      details.some((entry) => types.resourceOf(entry) === each.resource),
  );
  const resources = meant.map(({ resource }) => resource);
  const hasResource = (value: string) =>
    isOwnScope(value) || meant.some((each) => each.scope.split(' ').includes(value));
  if (!scope.every(hasResource)) throw new HoldfastError('scope_invalid');
  if (!details.every((entry) => resources.includes(types.resourceOf(entry) ?? ''))) {
    throw new HoldfastError('authorization_details_invalid', { detail: 'resource' });
  }
  return { scope, resources, details };
}

/** OIDC Core §3.1.2.1. Everybody is asked to log in and to approve each time, so the other values ask for nothing more. */
function isSilent(prompt: string | undefined): boolean {
  const values = prompt?.split(' ') ?? [];
  if (values.includes('none') && values.length > 1) throw malformed('prompt');
  return values.includes('none');
}

function readText(parameters: Parameters, name: keyof typeof LONGEST): string | undefined {
  const value = parameters.get(name);
  if (value !== undefined && value.length > LONGEST[name]) throw malformed(name);
  return value;
}

function malformed(detail: string): HoldfastError {
  return new HoldfastError('parameter_malformed', { detail });
}
