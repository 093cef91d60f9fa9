import * as z from 'zod';
import {
  type ClientMetadata,
  clientMetadata,
  REGISTERED_PREFIX,
  resourceServerMetadata,
  scopeText,
  UNSOUND_KEY,
} from './client/client-metadata.ts';
import { algorithmOf, isSigningKey, publicPart } from './client/registered-key.ts';

const PLAIN_PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]+)*$/;
/** Seconds that an access token lives at most, whatever is configured now or was before. */
export const LONGEST_TOKEN = 3600;
/** Seconds that anything a person allowed lasts at most: a year. */
export const LONGEST_GRANT = 31_536_000;

const issuerUrl = z
  .string()
  .refine(isIssuerUrl, 'must be an https origin and a path of plain segments, without slash at the end');
const origin = z.string().refine(isOrigin, 'must be an https origin: scheme, host and port, nothing else');
const resourceUri = z.string().refine((uri) => URL.canParse(uri) && /^[\x21-\x7E]+$/.test(uri) && !uri.includes('#'), {
  message: 'must be an absolute URI without fragment',
});
const lifetime = (least: number, most: number) => z.int().min(least).max(most);

const resource = z.strictObject({
  /** Identifier of the resource server: what goes into `aud` (RFC 8707 §2). */
  resource: resourceUri,
  scope: scopeText,
  /** What its access tokens are: signed JWTs (RFC 9068), or opaque, to be introspected (RFC 7662). */
  access_token_format: z.enum(['jwt', 'opaque']).default('jwt'),
  /** What each scope allows, in words for the person who is asked. */
  scope_descriptions: z.record(z.string(), z.string().min(1).max(256)).default({}),
});

/** A type of authorization_details (RFC 9396 §2), with what a person is shown of it. */
const authorizationDetailsType = z.strictObject({
  type: z.string().min(1).max(128),
  /** The one resource that understands it (RFC 9396 §9.1: a token holds only what is for its audience). */
  resource: resourceUri,
  /**
   * JSON Schema (draft 2020-12) of a whole entry, `type` included. Its objects take no member that it does not name, also the
   * inner ones, unless they say so by `additionalProperties` or `unevaluatedProperties`.
   */
  schema: z.record(z.string(), z.unknown()),
  /** What approving means, as in `Place orders`. */
  title: z.string().min(1).max(128),
  /** What each member is called on the page, in the order in which they are shown. */
  labels: z.record(z.string(), z.string().min(1).max(128)).default({}),
});

const privateKey = z.record(z.string(), z.unknown()).superRefine((key, context) => {
  if (typeof key['kid'] !== 'string') context.addIssue({ code: 'custom', path: ['kid'], message: 'must be a string' });
  if (algorithmOf(publicPart(key)) === undefined) context.addIssue({ code: 'custom', message: UNSOUND_KEY });
  else if (typeof key['d'] !== 'string' || !isSigningKey(key))
    context.addIssue({ code: 'custom', path: ['d'], message: 'must be the private key of these public members' });
});

const issuerConfig = z
  .strictObject({
    issuer: issuerUrl,
    /** Origin of the listener that asks for certificates: `mtls_endpoint_aliases` (RFC 8705 §5). */
    mtls_origin: origin.optional(),
    access_token_lifetime: lifetime(10, LONGEST_TOKEN).default(300),
    /** FAPI 2.0 §5.3.2.1: 60 seconds at most. */
    code_lifetime: lifetime(1, 60).default(60),
    /** FAPI 2.0 §5.3.2.2: below 600 seconds. */
    pushed_request_lifetime: lifetime(5, 599).default(90),
    /** Seconds from opening the page to the decision. */
    interaction_lifetime: lifetime(60, 3600).default(600),
    /** Seconds that a person's approval lasts, however often it is used. */
    refresh_token_lifetime: lifetime(60, LONGEST_GRANT).default(30 * 86_400),
    /** Seconds after which a refresh token that nobody uses ends (RFC 9700 §4.14). */
    refresh_token_idle_lifetime: lifetime(60, LONGEST_GRANT).default(7 * 86_400),
    /** Left out: refresh tokens stay (FAPI 2.0 §5.3.2.1). Given: each use replaces one, the old one is good for `grace` s. */
    refresh_token_rotation: z.strictObject({ grace: lifetime(30, 3600).default(60) }).optional(),
    dpop_nonce: z.enum(['required', 'off']).default('required'),
    /** What `aud` of client assertions may name: the issuer as a string (FAPI 2.0), or also the endpoints (RFC 9126 §2). */
    assertion_audience: z.enum(['issuer', 'endpoints']).default('issuer'),
    /** Private JWKs; the first one signs, all are published. Left out: a key ring is given to `createIssuer`. */
    signing_keys: z.array(privateKey).min(1).optional(),
    /** Token Status List: JWTs name their place in it, and a resource server reads it every `ttl` seconds. */
    status_list: z.strictObject({ ttl: lifetime(1, 3600).default(30) }).optional(),
    resources: z.array(resource).min(1),
    resource_servers: z.array(resourceServerMetadata).default([]),
    authorization_details_types: z.array(authorizationDetailsType).default([]),
    clients: z.array(clientMetadata),
    /** RFC 7591; left out: nobody registers. */
    registration: z
      .strictObject({
        /** base64url(SHA-256) of each initial access token. */
        initial_access_token_hashes: z.array(z.string().regex(/^[A-Za-z0-9_-]{43}$/)).min(1),
        /** What a client that registers may ask for at most. */
        scope: scopeText,
        /** The types of authorization_details that it may ask for at most. */
        authorization_details_types: z.array(z.string()).default([]),
        /** Whether its `jwks_uri` may lead to loopback, private and other addresses that are not of the public internet. */
        private_networks: z.boolean().default(false),
      })
      .optional(),
  })
  .superRefine((config, context) => {
    const ids = [...config.clients, ...config.resource_servers].map((each) => each.client_id);
    checkUnique(ids, ['clients'], 'client_id', context);
    // RFC 9700 §4.15.1: a client that registers can never be taken for one of these
    config.clients.forEach(({ client_id: id }, i) => {
      if (!id.startsWith(REGISTERED_PREFIX)) return;
      context.addIssue({ code: 'custom', path: ['clients', i, 'client_id'], message: 'begins as those that register' });
    });
    const kids = (config.signing_keys ?? []).map((each) => String(each['kid']));
    checkUnique(kids, ['signing_keys'], 'kid', context);
    const resources = config.resources.map((each) => each.resource);
    checkUnique(resources, ['resources'], 'resource', context);
    const types = config.authorization_details_types.map((each) => each.type);
    checkUnique(types, ['authorization_details_types'], 'type', context);
    config.authorization_details_types.forEach((each, i) => {
      if (!resources.includes(each.resource)) unknown(['authorization_details_types', i, 'resource'], context);
    });
    config.resource_servers.forEach((each, i) => {
      if (!each.resources.every((one) => resources.includes(one)))
        unknown(['resource_servers', i, 'resources'], context);
    });
    const scopes = new Set([...OPENID_SCOPES, ...config.resources.flatMap((each) => each.scope.split(' '))]);
    const checkExtent = (extent: Pick<ClientMetadata, 'scope' | 'authorization_details_types'>, path: Path) => {
      if (extent.scope.split(' ').some((value) => !scopes.has(value))) {
        context.addIssue({ code: 'custom', path: [...path, 'scope'], message: 'holds a value that no resource has' });
      }
      if (!extent.authorization_details_types.every((type) => types.includes(type))) {
        unknown([...path, 'authorization_details_types'], context);
      }
    };
    if (config.registration !== undefined) checkExtent(config.registration, ['registration']);
    config.clients.forEach((each, i) => {
      checkExtent(each, ['clients', i]);
      if (!each.exchange_resources.every((one) => resources.includes(one))) {
        unknown(['clients', i, 'exchange_resources'], context);
      }
    });
  });

/** Scopes that mean something to the issuer itself: OIDC Core §5.4, §11. */
export const OPENID_SCOPES = ['openid', 'offline_access'] as const;

export type IssuerConfig = z.infer<typeof issuerConfig>;
export type AuthorizationDetailsType = z.infer<typeof authorizationDetailsType>;

/** Names the field, as in `clients[1].jwks.keys[0]`, and what it must be; never its value. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/** Checks a configuration before anything starts. Throws `ConfigurationError` with one line per fault. */
export function readConfig(value: unknown): IssuerConfig {
  const result = issuerConfig.safeParse(value);
  if (result.success) return result.data;
  throw new ConfigurationError(result.error.issues.map((issue) => `${field(issue)}: ${issue.message}`).join('\n'));
}

function field({ path, code, ...issue }: z.core.$ZodIssue): string {
  const unknown = code === 'unrecognized_keys' ? (issue as { keys: string[] }).keys.slice(0, 1) : [];
  const steps = [...path, ...unknown].map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`));
  return steps.join('').replace(/^\./, '') || 'configuration';
}

type Context = z.core.$RefinementCtx;
type Path = (string | number)[];

function unknown(path: Path, context: Context): void {
  context.addIssue({ code: 'custom', path, message: 'holds one that is not configured' });
}

function checkUnique(values: readonly string[], path: string[], member: string, context: Context): void {
  values.forEach((value, i) => {
    if (values.indexOf(value) !== i)
      context.addIssue({ code: 'custom', path: [...path, i, member], message: 'is there twice' });
  });
}

// RFC 8414 §2, RFC 9207 §2. One spelling, and no path that means something else where it becomes a route.
function isIssuerUrl(text: string): boolean {
  const origin = URL.canParse(text) ? new URL(text).origin : '';
  return isOrigin(origin) && text.startsWith(origin) && PLAIN_PATH.test(text.slice(origin.length));
}

/** Whether a text is an https origin in its one spelling. */
export function isOrigin(text: string): boolean {
  return URL.canParse(text) && text.startsWith('https://') && new URL(text).origin === text;
}
