import { isDeepStrictEqual } from 'node:util';
import { HoldfastError, type JsonObject } from '@holdfast/proof';
import type { Client } from '../client/clients.ts';
import { type IssuerConfig, OPENID_SCOPES } from '../config.ts';
import type { Parameters } from '../form.ts';
import type { AuthorizationDetails } from './authorization-details.ts';

/** What was allowed: by a person's consent, or by registration. A token takes from it and never adds. */
export interface Allowance {
  readonly scope: readonly string[];
  /** Left out: every resource of the issuer. */
  readonly resources?: readonly string[];
  /** Granted one by one; left out: whatever is sound for the client. */
  readonly details?: readonly JsonObject[];
}

/** What one access token will allow. */
export interface Rights {
  /** The resource server that may use it: one, so that it is good nowhere else (RFC 9068 §5). The issuer: userinfo alone. */
  readonly audience: string;
  readonly scope: readonly string[];
  readonly details: readonly JsonObject[];
}

/** What of an allowance is open to the client now: what it is registered for may be less than it was (RFC 7592 §2.2). */
export function openTo({ scope, metadata }: Client, allowed: Allowance): Allowance {
  const { authorization_details_types: types } = metadata;
  const { details } = allowed;
  return {
    ...allowed,
    scope: allowed.scope.filter((value) => scope.includes(value)),
    ...(details === undefined ? {} : { details: details.filter(({ type }) => types.includes(String(type))) }),
  };
}

/** What is asked for, now or for later. Undefined: nothing was said about it. */
export interface Asked {
  readonly scope: readonly string[] | undefined;
  readonly resources: readonly string[];
  readonly details: readonly JsonObject[] | undefined;
}

const SCOPE = /^[\x21\x23-\x5B\x5D-\x7E]+(?: [\x21\x23-\x5B\x5D-\x7E]+)*$/;
const LONGEST_SCOPE = 4096; // characters
const MOST_RESOURCES = 10;

/** Reads `scope`, `resource` and `authorization_details`: RFC 6749 §3.3, RFC 8707 §2, RFC 9396 §2. */
export function readAsked(parameters: Parameters, details: AuthorizationDetails): Asked {
  const resources = parameters.all('resource');
  if (resources.length > MOST_RESOURCES) throw new HoldfastError('resource_invalid', { detail: 'too many' });
  return {
    scope: readScope(parameters.get('scope')),
    resources,
    details: details.read(parameters),
  };
}

function readScope(scope: string | undefined): readonly string[] | undefined {
  if (scope === undefined) return undefined;
  if (scope.length > LONGEST_SCOPE || !SCOPE.test(scope)) throw new HoldfastError('scope_invalid');
  return [...new Set(scope.split(' '))];
}

/** RFC 6749 §3.3, RFC 8707 §2.2, RFC 9396 §6: what was asked for, when all of it was allowed; never more. */
export function takeRights(
  asked: Asked,
  allowance: Allowance,
  config: IssuerConfig,
  types: AuthorizationDetails,
): Rights {
  const scope = takeScope(asked, allowance);
  const details = takeDetails(asked.details, allowance.details);
  const own = scope.filter(isOwnScope);
  const audience = chooseResource({ scope: scope.filter((value) => !isOwnScope(value)), details }, asked, allowance, {
    resources: config.resources,
    types,
  });
  if (audience === undefined) {
    // OIDC Core §5.3: nothing but userinfo, which the issuer serves itself
    if (!own.includes('openid')) throw new HoldfastError('scope_invalid');
    return { audience: config.issuer, scope: own, details: [] };
  }
  // RFC 9068 §2.2.3: every scope of the token has meaning for its audience
  const meant = audience.scope.split(' ');
  const granted = scope.filter((value) => meant.includes(value) || isOwnScope(value));
  const forIt = details.filter((entry) => types.resourceOf(entry) === audience.resource);
  if (asked.details !== undefined && forIt.length < details.length) {
    throw new HoldfastError('authorization_details_invalid', { detail: 'resource' });
  }
  const isLess = asked.scope !== undefined && granted.length < scope.length;
  if (isLess || (granted.length === own.length && forIt.length === 0)) throw new HoldfastError('scope_invalid');
  return { audience: audience.resource, scope: granted, details: forIt };
}

function takeScope(asked: Asked, allowance: Allowance): readonly string[] {
  if (asked.scope === undefined) {
    // Who is allowed by registration and asks for details alone means these alone
    return allowance.details === undefined && asked.details !== undefined ? [] : allowance.scope;
  }
  if (!asked.scope.every((value) => allowance.scope.includes(value))) throw new HoldfastError('scope_invalid');
  return asked.scope;
}

// RFC 9396 §6.1: of what was granted only whole entries can be left out; that one is less than another, nobody can tell
function takeDetails(
  asked: readonly JsonObject[] | undefined,
  allowed: readonly JsonObject[] | undefined,
): readonly JsonObject[] {
  if (allowed === undefined) return asked ?? [];
  if (asked === undefined) return allowed;
  const isGranted = asked.every((entry) => allowed.some((each) => isDeepStrictEqual(each, entry)));
  if (!isGranted) throw new HoldfastError('authorization_details_invalid', { detail: 'not granted' });
  return asked;
}

type Resource = IssuerConfig['resources'][number];

interface Offered {
  readonly resources: readonly Resource[];
  readonly types: AuthorizationDetails;
}

/**
 * RFC 9068 §3: the resource that was asked for, else the one that has all that was asked for, else the only one that
 * anything allowed is for. Where two would fit the token would be ambiguous. Undefined: nothing is for a resource.
 */
function chooseResource(
  { scope, details }: Pick<Rights, 'scope' | 'details'>,
  asked: Asked,
  allowance: Allowance,
  { resources, types }: Offered,
): Resource | undefined {
  const open = resources.filter(({ resource }) => allowance.resources?.includes(resource) ?? true);
  const [wanted, second] = asked.resources;
  if (second !== undefined) throw new HoldfastError('resource_invalid', { detail: 'one resource for one token' });
  if (wanted !== undefined) {
    const named = open.find(({ resource }) => resource === wanted);
    if (named === undefined) throw new HoldfastError('resource_invalid');
    return named;
  }
  if (scope.length === 0 && details.length === 0) return undefined;
  const isAsked = asked.scope !== undefined || asked.details !== undefined;
  const [only, another] = open.filter((resource) => {
    const has = (value: string) => resource.scope.split(' ').includes(value);
    const isMeant = (entry: JsonObject) => types.resourceOf(entry) === resource.resource;
    return isAsked ? scope.every(has) && details.every(isMeant) : scope.some(has) || details.some(isMeant);
  });
  if (only === undefined) throw new HoldfastError('scope_invalid');
  if (another !== undefined) throw new HoldfastError('resource_invalid', { detail: 'several would fit, name one' });
  return only;
}

/** Whether a scope means something to the issuer itself, whatever the resource. */
export function isOwnScope(value: string): boolean {
  return OPENID_SCOPES.some((own) => own === value);
}
