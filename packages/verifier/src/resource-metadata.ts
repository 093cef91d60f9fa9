import type { JsonObject } from '@holdfast/proof';

/** What a resource server says about itself beyond what its verifier knows: RFC 9728 §2. */
export interface ResourceMetadataMembers {
  readonly scopes_supported?: readonly string[];
  readonly resource_name?: string;
  readonly resource_documentation?: string;
  readonly resource_policy_uri?: string;
  readonly resource_tos_uri?: string;
  readonly authorization_details_types_supported?: readonly string[];
}

/** Protected resource metadata (RFC 9728), for an adapter to serve. */
export interface ResourceMetadata {
  /** Path at which it belongs: RFC 9728 §3. */
  readonly path: string;
  /** Where clients find it, as challenges say: RFC 9728 §5.1. */
  readonly url: string;
  readonly document: JsonObject;
}

export interface ResourceMetadataOptions {
  readonly audience: string;
  readonly origin: string;
  readonly trusted: readonly { readonly issuer: string }[];
  readonly algorithms: readonly string[];
  readonly members: ResourceMetadataMembers;
  /** Where the keys are that verify responses; undefined when none are signed. */
  readonly keysUrl?: string | undefined;
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

const LISTS: ReadonlySet<string> = new Set(['scopes_supported', 'authorization_details_types_supported']);
const TEXTS: ReadonlySet<string> = new Set(['resource_name']);
const URLS: ReadonlySet<string> = new Set(['resource_documentation', 'resource_policy_uri', 'resource_tos_uri']);

/**
 * The resource is named by the audience where that is a URL of this origin, because clients compare it with what they call
 * (RFC 9728 §3.3), else by the origin. Throws TypeError for members that it does not know: a name that is misspelt tells
 * clients nothing, and one such as jwks_uri what is not so.
 */
export function describeResource(options: ResourceMetadataOptions): ResourceMetadata {
  const { audience, origin, trusted, algorithms, members, keysUrl } = options;
  for (const [name, value] of Object.entries(members)) {
    if (!isMember(name, value)) throw new TypeError(`metadata.${name}: unknown, or not as RFC 9728 has it`);
  }
  const isOwnUrl = audience === origin || audience.startsWith(`${origin}/`);
  const resource = isOwnUrl && !audience.includes('#') ? audience : origin;
  const { origin: host, pathname, search } = new URL(resource);
  const path = `${WELL_KNOWN}${pathname === '/' ? '' : pathname}${search}`;
  const given = Object.entries(members).filter(([, value]) => !(Array.isArray(value) && value.length === 0));
  const document = {
    ...Object.fromEntries(given),
    resource,
    ...(keysUrl === undefined ? {} : { jwks_uri: keysUrl }),
    authorization_servers: trusted.map(({ issuer }) => issuer),
    bearer_methods_supported: ['header'],
    dpop_signing_alg_values_supported: [...algorithms],
    tls_client_certificate_bound_access_tokens: true,
  };
  return { path, url: host + path, document: Object.freeze(document) };
}

function isMember(name: string, value: unknown): boolean {
  if (LISTS.has(name)) return Array.isArray(value) && value.every((each) => typeof each === 'string');
  if (typeof value !== 'string' || value === '') return false;
  return TEXTS.has(name) || (URLS.has(name) && URL.parse(value)?.protocol === 'https:');
}
