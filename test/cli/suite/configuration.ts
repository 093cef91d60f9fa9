import { NAMES } from './certificates.ts';
import type { SuiteKey } from './jwt.ts';

export const CALLBACK = 'https://localhost.example/callback';
export const CALLBACK_WITH_QUERY = 'https://localhost.example/callback?dummy1=lorem&dummy2=ipsum';
export const SCOPE = 'accounts offline_access openid';
export const RESOURCE = 'https://localhost.example/accounts';

/** One configuration of the suite's plan, run with two clients. */
export interface Variant {
  readonly name: string;
  readonly auth: 'private_key_jwt' | 'tls_client_auth';
  readonly binding: 'dpop' | 'mtls';
}

export const VARIANTS: readonly Variant[] = [
  { name: 'jwt-dpop', auth: 'private_key_jwt', binding: 'dpop' },
  { name: 'jwt-mtls', auth: 'private_key_jwt', binding: 'mtls' },
  { name: 'cert-dpop', auth: 'tls_client_auth', binding: 'dpop' },
  { name: 'cert-mtls', auth: 'tls_client_auth', binding: 'mtls' },
];

/** The names of the clients of a variant are its own with 1 and 2. */
export type Who = 'one' | 'two';

export interface Keys {
  readonly one: SuiteKey;
  readonly two: SuiteKey;
  readonly resourceServer: SuiteKey;
}

/** What an operator writes for the suite, with the guide open: everything of the guide that it needs, and no more. */
export function configuration(issuer: string, mtlsOrigin: string, keys: Keys): object {
  return {
    issuer,
    mtls_origin: mtlsOrigin,
    tls: { cert: 'certs/server.pem', key: 'certs/server.key.pem', client_authorities: 'certs/ca.pem' },
    keys: { file: 'keys.json', passphrase_file: 'keys.pass', rotate_every: '30d', algorithms: ['PS256'] },
    store: 'issuer.db',
    accounts: 'accounts.json',
    audit: 'audit.jsonl',
    resources: [{ resource: RESOURCE, scope: 'accounts', scope_descriptions: { accounts: 'See your accounts' } }],
    resource_servers: [
      {
        client_id: 'resource-server',
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [keys.resourceServer.publicJwk] },
        resources: [RESOURCE],
      },
    ],
    clients: [
      ...VARIANTS.flatMap((variant) => [client(variant, 'one', keys), client(variant, 'two', keys)]),
      ...[signing('one', keys), signing('two', keys), open(keys)],
    ],
  };
}

/** The other issuer of the operator: below a path, one listener, no nonces, and refresh tokens that are replaced. */
export function otherConfiguration(issuer: string, keys: Keys): object {
  const { mtls_origin: _, ...common } = configuration(issuer, '', keys) as Record<string, unknown>;
  return {
    ...common,
    store: 'other.db',
    audit: 'other.jsonl',
    dpop_nonce: 'off',
    refresh_token_rotation: { grace: 60 },
  };
}

function client({ name, auth, binding }: Variant, who: Who, keys: Keys): object {
  return {
    client_id: `${name}-${who}`,
    token_endpoint_auth_method: auth,
    ...(auth === 'private_key_jwt'
      ? { jwks: { keys: [keys[who].publicJwk] } }
      : { tls_client_auth_san_dns: NAMES[who] }),
    redirect_uris: [CALLBACK, CALLBACK_WITH_QUERY],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    ...(binding === 'dpop' ? { dpop_bound_access_tokens: true } : { tls_client_certificate_bound_access_tokens: true }),
    scope: SCOPE,
    // Of either form: a resource server asks about both
    ...(who === 'two' ? { access_token_format: 'opaque' } : {}),
  };
}

/** One that did not say what its tokens are bound to. */
function open(keys: Keys): object {
  const { dpop_bound_access_tokens: _, ...others } = client(
    { name: 'open', auth: 'private_key_jwt', binding: 'dpop' },
    'one',
    keys,
  ) as Record<string, unknown>;
  return others;
}

/** For the plan of Message Signing. */
function signing(who: Who, keys: Keys): object {
  const variant = { name: 'signing', auth: 'private_key_jwt', binding: 'dpop' } as const;
  return { ...client(variant, who, keys), require_signed_request_object: true };
}
