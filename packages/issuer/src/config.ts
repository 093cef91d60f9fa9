import { X509Certificate } from 'node:crypto';
import { FAPI_ALGORITHMS, isAlgorithm, readPublicJwk } from '@holdfast/proof';
import * as z from 'zod';
import { type RegisteredSubject, subjectFault } from './certificate-subject.ts';

const SCOPE_VALUE = /^[\x21\x23-\x5B\x5D-\x7E]+$/; // RFC 6749 §3.3
const jwk = z.record(z.string(), z.unknown());

const issuerUrl = z.string().refine(isIssuerUrl, 'must be an https URL without query, fragment and trailing slash');
const origin = z.string().refine(isOrigin, 'must be an https origin: scheme, host and port, nothing else');
const scope = z
  .string()
  .refine(
    (text) => text.split(' ').every((value) => SCOPE_VALUE.test(value)),
    'must be scope values with single spaces',
  );

const resource = z.strictObject({
  /** Identifier of the resource server: what goes into `aud` (RFC 8707 §2). */
  resource: z
    .string()
    .refine((uri) => URL.canParse(uri) && !uri.includes('#'), 'must be an absolute URI without fragment'),
  scope,
});

const privateKey = jwk.superRefine((key, context) => {
  const { d, p, q, dp, dq, qi, ...publicMembers } = key;
  if (typeof d !== 'string') context.addIssue({ code: 'custom', path: ['d'], message: 'must be a private key' });
  if (typeof key['kid'] !== 'string') context.addIssue({ code: 'custom', path: ['kid'], message: 'must be a string' });
  checkJwk(publicMembers, context);
});

const clientKey = jwk.superRefine((key, context) => {
  checkJwk(key, context);
  if (key['x5c'] !== undefined) checkX5c(key, context);
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

function checkJwk(key: Record<string, unknown>, context: Context): void {
  const algorithms = isAlgorithm(key['alg']) ? [key['alg']] : FAPI_ALGORITHMS;
  if (!algorithms.some((alg) => FAPI_ALGORITHMS.includes(alg) && isReadable(key, alg))) {
    context.addIssue({
      code: 'custom',
      path: [],
      message: 'must be a sound key for ES256, PS256 or Ed25519 in canonical base64url',
    });
  }
}

function isReadable(key: Record<string, unknown>, alg: (typeof FAPI_ALGORITHMS)[number]): boolean {
  try {
    readPublicJwk(key, alg);
    return true;
  } catch {
    return false;
  }
}

// RFC 7517 §4.7: the key in the first certificate is this key
function checkX5c(key: Record<string, unknown>, context: Context): void {
  const [first] = Array.isArray(key['x5c']) ? (key['x5c'] as unknown[]) : [];
  const fault = typeof first === 'string' ? certificateFault(first, key) : 'must be an array of base64 certificates';
  if (fault !== undefined) context.addIssue({ code: 'custom', path: ['x5c'], message: fault });
}

function certificateFault(x5c: string, key: Record<string, unknown>): string | undefined {
  try {
    const jwk = new X509Certificate(Buffer.from(x5c, 'base64')).publicKey.export({ format: 'jwk' }) as Record<
      string,
      unknown
    >;
    return Object.entries(jwk).every(([member, value]) => key[member] === value)
      ? undefined
      : 'must hold the same key as the JWK';
  } catch {
    return 'must begin with a certificate';
  }
}

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

// RFC 8414 §2, RFC 9207 §2
function isIssuerUrl(text: string): boolean {
  return URL.canParse(text) && text.startsWith('https://') && !/[?#]|\/$/.test(text) && new URL(text).username === '';
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && text.startsWith('https://') && new URL(text).origin === text;
}
