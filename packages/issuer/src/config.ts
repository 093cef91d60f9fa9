import * as z from 'zod';
import { type RegisteredSubject, subjectFault } from './certificate-subject.ts';
import { algorithmOf, isSigningKey, publicPart, x5cFault } from './registered-key.ts';

const SCOPE_VALUE = /^[\x21\x23-\x5B\x5D-\x7E]+$/; // RFC 6749 §3.3
const PLAIN_PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]+)*$/;
const UNSOUND = 'must be a sound key for ES256, PS256 or Ed25519 in canonical base64url';
const jwk = z.record(z.string(), z.unknown());

const issuerUrl = z
  .string()
  .refine(isIssuerUrl, 'must be an https origin and a path of plain segments, without slash at the end');
const origin = z.string().refine(isOrigin, 'must be an https origin: scheme, host and port, nothing else');
const scope = z
  .string()
  .refine(
    (text) => text.split(' ').every((value, i, all) => SCOPE_VALUE.test(value) && all.indexOf(value) === i),
    'must be different scope values with single spaces',
  );

const resource = z.strictObject({
  /** Identifier of the resource server: what goes into `aud` (RFC 8707 §2). */
  resource: z.string().refine((uri) => URL.canParse(uri) && /^[\x21-\x7E]+$/.test(uri) && !uri.includes('#'), {
    message: 'must be an absolute URI without fragment',
  }),
  scope,
});

const privateKey = jwk.superRefine((key, context) => {
  if (typeof key['kid'] !== 'string') context.addIssue({ code: 'custom', path: ['kid'], message: 'must be a string' });
  if (algorithmOf(publicPart(key)) === undefined) context.addIssue({ code: 'custom', message: UNSOUND });
  else if (typeof key['d'] !== 'string' || !isSigningKey(key))
    context.addIssue({ code: 'custom', path: ['d'], message: 'must be the private key of these public members' });
});

const clientKey = jwk.superRefine((key, context) => {
  if (algorithmOf(key) === undefined) context.addIssue({ code: 'custom', message: UNSOUND });
  const fault = key['x5c'] === undefined ? undefined : x5cFault(key);
  if (fault !== undefined) context.addIssue({ code: 'custom', path: ['x5c'], message: fault });
});

const client = z
  .strictObject({
    client_id: z.string().regex(/^[\x21-\x7E]{1,128}$/, 'must be 1 to 128 visible ASCII characters'),
    token_endpoint_auth_method: z.enum(['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth']),
    jwks: z.strictObject({ keys: z.array(clientKey).min(1) }).optional(),
    tls_client_auth_subject_dn: z.string().optional(),
    tls_client_auth_san_dns: z.string().optional(),
    tls_client_auth_san_uri: z.string().optional(),
    tls_client_auth_san_ip: z.string().optional(),
    tls_client_auth_san_email: z.string().optional(),
    dpop_bound_access_tokens: z.boolean().default(false),
    tls_client_certificate_bound_access_tokens: z.boolean().default(false),
    /** What the client may ask for. */
    scope,
  })
  .superRefine((value, context) => {
    const { token_endpoint_auth_method: method, jwks } = value;
    if (method === 'tls_client_auth') return checkSubject(value, context);
    if (jwks === undefined)
      return context.addIssue({ code: 'custom', path: ['jwks'], message: `is needed for ${method}` });
    if (method === 'self_signed_tls_client_auth' && !jwks.keys.some((key) => key['x5c'] !== undefined)) {
      context.addIssue({
        code: 'custom',
        path: ['jwks', 'keys', 0, 'x5c'],
        message: `is needed for ${method}`,
      });
    }
  });

const issuerConfig = z
  .strictObject({
    issuer: issuerUrl,
    /** Origin of the listener that asks for certificates: `mtls_endpoint_aliases` (RFC 8705 §5). */
    mtls_origin: origin.optional(),
    access_token_lifetime: z.int().min(10).max(3600).default(300),
    dpop_nonce: z.enum(['required', 'off']).default('required'),
    /** Private JWKs; the first one signs, all are published. */
    signing_keys: z.array(privateKey).min(1),
    resources: z.array(resource).min(1),
    clients: z.array(client),
  })
  .superRefine((config, context) => {
    checkUnique(
      config.clients.map((each) => each.client_id),
      ['clients'],
      'client_id',
      context,
    );
    checkUnique(
      config.signing_keys.map((each) => String(each['kid'])),
      ['signing_keys'],
      'kid',
      context,
    );
    checkUnique(
      config.resources.map((each) => each.resource),
      ['resources'],
      'resource',
      context,
    );
    const known = new Set(config.resources.flatMap((each) => each.scope.split(' ')));
    config.clients.forEach((each, i) => {
      const unknown = each.scope.split(' ').some((value) => !known.has(value));
      if (unknown)
        context.addIssue({
          code: 'custom',
          path: ['clients', i, 'scope'],
          message: 'holds a value that no resource has',
        });
    });
  });

export type IssuerConfig = z.infer<typeof issuerConfig>;
export type ClientConfig = z.infer<typeof client>;

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

/** The subject of a tls_client_auth client. */
export function registeredSubject(config: ClientConfig): RegisteredSubject | undefined {
  return subjects(config)[0];
}

function field({ path, code, ...issue }: z.core.$ZodIssue): string {
  const unknown = code === 'unrecognized_keys' ? (issue as { keys: string[] }).keys.slice(0, 1) : [];
  const steps = [...path, ...unknown].map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`));
  return steps.join('').replace(/^\./, '') || 'configuration';
}

type Context = z.core.$RefinementCtx;

function subjects(config: ClientConfig): RegisteredSubject[] {
  const candidates = [
    { form: 'dn', value: config.tls_client_auth_subject_dn },
    { form: 'dns', value: config.tls_client_auth_san_dns },
    { form: 'uri', value: config.tls_client_auth_san_uri },
    { form: 'ip', value: config.tls_client_auth_san_ip },
    { form: 'email', value: config.tls_client_auth_san_email },
  ] as const;
  return candidates.filter((each): each is RegisteredSubject & typeof each => each.value !== undefined);
}

// RFC 8705 §2.1.2: exactly one
function checkSubject(config: ClientConfig, context: Context): void {
  const registered = subjects(config);
  const [first, another] = registered;
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
