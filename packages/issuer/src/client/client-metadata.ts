import { FAPI_ALGORITHMS } from '@holdfast/proof';
import * as z from 'zod';
import { type RegisteredSubject, subjectFault } from './certificate-subject.ts';
import { isRedirectUri } from './redirect-uri.ts';
import { algorithmOf, type Jwk, x5cFault } from './registered-key.ts';

/** The grants of this issuer. Every other is refused. */
export const GRANT_TYPES = [
  'client_credentials',
  'authorization_code',
  'refresh_token',
  'urn:ietf:params:oauth:grant-type:token-exchange',
] as const;
export type GrantType = (typeof GRANT_TYPES)[number];

const AUTHENTICATION_METHODS = ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'] as const;

const SCOPE_VALUE = /^[\x21\x23-\x5B\x5D-\x7E]+$/; // RFC 6749 §3.3
export const UNSOUND_KEY = 'must be a sound key for ES256, PS256 or Ed25519 in canonical base64url';
/** How the `client_id` of a client begins that registered by RFC 7591, and that of no other. */
export const REGISTERED_PREFIX = 'dyn-';
const MOST_REDIRECT_URIS = 20;
export const MOST_KEYS = 20;

export const scopeText = z
  .string()
  .max(2048)
  .refine(
    (text) => text.split(' ').every((value, i, all) => SCOPE_VALUE.test(value) && all.indexOf(value) === i),
    'must be different scope values with single spaces',
  );

const clientKey = z.record(z.string(), z.unknown()).superRefine((key, context) => {
  if (algorithmOf(key) === undefined) context.addIssue({ code: 'custom', message: UNSOUND_KEY });
  const fault = key['x5c'] === undefined ? undefined : x5cFault(key);
  if (fault !== undefined) context.addIssue({ code: 'custom', path: ['x5c'], message: fault });
});

const text = z.string().min(1).max(256);
const httpsUrl = z
  .string()
  .max(2048)
  .refine((url) => URL.parse(url)?.protocol === 'https:', 'must be an https URL');

/** How somebody authenticates here: RFC 7591 §2, RFC 8705 §2.1.2. Clients do, and resource servers. */
const authentication = z.strictObject({
  client_id: z.string().regex(/^[\x21-\x7E]{1,128}$/, 'must be 1 to 128 visible ASCII characters'),
  token_endpoint_auth_method: z.enum(AUTHENTICATION_METHODS),
  /** The one algorithm of its assertions; left out: any of FAPI 2.0. */
  token_endpoint_auth_signing_alg: z.enum(FAPI_ALGORITHMS).optional(),
  jwks: z.strictObject({ keys: z.array(clientKey).min(1).max(MOST_KEYS) }).optional(),
  jwks_uri: httpsUrl.optional(),
  tls_client_auth_subject_dn: text.optional(),
  tls_client_auth_san_dns: text.optional(),
  tls_client_auth_san_uri: text.optional(),
  tls_client_auth_san_ip: text.optional(),
  tls_client_auth_san_email: text.optional(),
});

export type Authentication = z.infer<typeof authentication>;

/** A resource server as it asks about tokens; it can call nothing but introspection (RFC 9701 §3). */
export const resourceServerMetadata = authentication
  .extend({
    /** The resources that it is the server of: it learns about tokens for these and no others. */
    resources: z.array(z.string()).min(1),
  })
  .superRefine(checkAuthentication);

/** What a client says about itself: RFC 7591 §2, RFC 8705 §3.4, RFC 9449 §5.2, RFC 9101 §10.5, RFC 9396 §10. */
export const clientMetadata = authentication
  .extend({
    client_name: text.refine((name) => name.trim() !== '', 'must not be blank').optional(),
    client_uri: httpsUrl.optional(),
    contacts: z.array(text).max(20).optional(),
    redirect_uris: z
      .array(z.string().refine(isRedirectUri, 'must be an https URI, or http on loopback, without fragment'))
      .max(MOST_REDIRECT_URIS)
      .default([]),
    grant_types: z.array(z.enum(GRANT_TYPES)).min(1).max(GRANT_TYPES.length).default(['client_credentials']),
    response_types: z.array(z.literal('code')).max(1).optional(),
    dpop_bound_access_tokens: z.boolean().default(false),
    tls_client_certificate_bound_access_tokens: z.boolean().default(false),
    /** What the client may ask for. */
    scope: scopeText,
    /** The types of authorization_details that it may ask for (RFC 9396 §10). */
    authorization_details_types: z.array(text).max(50).default([]),
    /** RFC 9101 §10.5: only signed request objects are taken. */
    require_signed_request_object: z.boolean().default(false),
    request_object_signing_alg: z.enum(FAPI_ALGORITHMS).optional(),
    /** JARM §3: given, authorization responses of this client are JWTs, signed by this algorithm. */
    authorization_signed_response_alg: z.enum(FAPI_ALGORITHMS).optional(),
    id_token_signed_response_alg: z.enum(FAPI_ALGORITHMS).optional(),
    /** Ours: the form of its access tokens. Left out: that of the resource. */
    access_token_format: z.enum(['jwt', 'opaque']).optional(),
    /** Ours, for token exchange: the resources whose tokens it receives and may exchange, being itself their server. */
    exchange_resources: z.array(z.string()).max(50).default([]),
  })
  .superRefine((client, context) => {
    checkAuthentication(client, context);
    if (client.require_signed_request_object && client.jwks === undefined && client.jwks_uri === undefined) {
      context.addIssue({ code: 'custom', path: ['jwks'], message: 'is needed for signed requests' });
    }
    const isForPeople = client.grant_types.includes('authorization_code');
    if (isForPeople && client.redirect_uris.length === 0) {
      context.addIssue({ code: 'custom', path: ['redirect_uris'], message: 'is needed for authorization_code' });
    }
    if (client.grant_types.includes('refresh_token') && !isForPeople) {
      context.addIssue({ code: 'custom', path: ['grant_types'], message: 'refresh_token needs authorization_code' });
    }
  });

export type ClientMetadata = z.infer<typeof clientMetadata>;
export type ResourceServerMetadata = z.infer<typeof resourceServerMetadata>;

type Context = z.core.$RefinementCtx;

function checkAuthentication(who: Authentication, context: Context): void {
  const { token_endpoint_auth_method: method, jwks, jwks_uri: uri } = who;
  if (jwks !== undefined && uri !== undefined) {
    context.addIssue({ code: 'custom', path: ['jwks_uri'], message: 'must not be there beside jwks' }); // RFC 7591 §2
  }
  if (method === 'tls_client_auth') {
    checkSubject(who, context);
    return;
  }
  if (jwks === undefined && uri === undefined) {
    context.addIssue({ code: 'custom', path: ['jwks'], message: `is needed for ${method}` });
    return;
  }
  const isSelfSigned = method === 'self_signed_tls_client_auth';
  if (isSelfSigned && jwks !== undefined && !jwks.keys.some((key) => key['x5c'] !== undefined)) {
    context.addIssue({ code: 'custom', path: ['jwks', 'keys', 0, 'x5c'], message: `is needed for ${method}` });
  }
}

/** The subject of a tls_client_auth client. */
export function registeredSubject(client: Authentication): RegisteredSubject | undefined {
  return subjects(client)[0];
}

/** The certificates (base64 DER) that a JWK Set registers for self_signed_tls_client_auth: the first of each x5c. */
export function registeredCertificates(keys: readonly Jwk[]): string[] {
  return keys.flatMap((key) => (Array.isArray(key['x5c']) ? [String(key['x5c'][0])] : []));
}

function subjects(client: Authentication): RegisteredSubject[] {
  const candidates = [
    { form: 'dn', value: client.tls_client_auth_subject_dn },
    { form: 'dns', value: client.tls_client_auth_san_dns },
    { form: 'uri', value: client.tls_client_auth_san_uri },
    { form: 'ip', value: client.tls_client_auth_san_ip },
    { form: 'email', value: client.tls_client_auth_san_email },
  ] as const;
  return candidates.filter((each): each is RegisteredSubject & typeof each => each.value !== undefined);
}

// RFC 8705 §2.1.2: exactly one
function checkSubject(client: Authentication, context: Context): void {
  const [first, another] = subjects(client);
  if (first === undefined || another !== undefined) {
    context.addIssue({
      code: 'custom',
      path: ['tls_client_auth_subject_dn'],
      message: 'exactly one of tls_client_auth_subject_dn, _san_dns, _san_uri, _san_ip, _san_email is needed',
    });
    return;
  }
  const fault = subjectFault(first);
  const name = first.form === 'dn' ? 'tls_client_auth_subject_dn' : `tls_client_auth_san_${first.form}`;
  if (fault !== undefined) context.addIssue({ code: 'custom', path: [name], message: fault });
}
