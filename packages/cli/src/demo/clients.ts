import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CertificatePaths, FilePair } from '@holdfast/certs-scripts';
import { ensurePrivateKey, publicPart } from '../private-key-file.ts';

/** A client of the demo, as other programs get to know it: names of RFC 7591, paths of its secrets. */
export interface DemoClient {
  readonly client_id: string;
  readonly auth: 'private_key_jwt' | 'tls_client_auth' | 'self_signed_tls_client_auth';
  readonly binding: 'dpop' | 'mtls';
  /** Private JWK for private_key_jwt, else the PEM key of `cert`. */
  readonly key: string;
  readonly cert?: string;
  readonly scope: string;
}

/** A client with the entry that registers it at the issuer. */
export interface RegisteredClient {
  readonly client: DemoClient;
  readonly registration: Record<string, unknown>;
}

export const TRADING = 'orders:read orders:write positions:read';

/** What each scope means, for people. */
export const SCOPES = {
  'orders:read': 'See your orders',
  'orders:write': 'Place, change and cancel orders',
  'positions:read': 'See your positions',
} as const;

export const CALLBACK = 'https://desk.example/callback';

/** Each way to authenticate and both bindings, and two desks that people let trade for them. */
export async function demoClients(keys: string, { clients }: CertificatePaths): Promise<readonly RegisteredClient[]> {
  return [
    await jwtClient('trader-dpop', keys, TRADING),
    await jwtClient('auditor-dpop', keys, 'orders:read'),
    pkiClient('trader-mtls', 'mtls', clients.traderMtls),
    pkiClient('trader-mtls-dpop', 'dpop', clients.traderMtls),
    await selfSignedClient('trader-self-signed', clients.traderSelfSigned),
    await deskClient('desk', keys),
    await deskClient('rival-desk', keys),
  ];
}

async function jwtClient(id: string, keys: string, scope: string): Promise<RegisteredClient> {
  const key = join(keys, `${id}.jwk.json`);
  const jwks = { keys: [publicPart(await ensurePrivateKey(key, id))] };
  return register({ client_id: id, auth: 'private_key_jwt', binding: 'dpop', key, scope }, { jwks });
}

/** A client that people send by a browser. */
async function deskClient(id: string, keys: string): Promise<RegisteredClient> {
  const { client, registration } = await jwtClient(id, keys, TRADING);
  const forPeople = {
    client_name: id === 'desk' ? 'Trading desk' : 'Another desk',
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    authorization_details_types: ['order_entry'],
  };
  return { client, registration: { ...registration, ...forPeople } };
}

function pkiClient(id: string, binding: DemoClient['binding'], { certificate, key }: FilePair): RegisteredClient {
  // RFC 4514 writes the last relative name first
  const subject = { tls_client_auth_subject_dn: 'CN=trader-mtls,O=Holdfast Demo' };
  return register({ client_id: id, auth: 'tls_client_auth', binding, cert: certificate, key, scope: TRADING }, subject);
}

async function selfSignedClient(id: string, { certificate, key }: FilePair): Promise<RegisteredClient> {
  const jwks = { keys: [await certificateJwk(certificate)] };
  const client = { client_id: id, binding: 'mtls', cert: certificate, key, scope: TRADING } as const;
  return register({ ...client, auth: 'self_signed_tls_client_auth' }, { jwks });
}

function register(client: DemoClient, how: Record<string, unknown>): RegisteredClient {
  const registration = {
    client_id: client.client_id,
    token_endpoint_auth_method: client.auth,
    dpop_bound_access_tokens: client.binding === 'dpop',
    tls_client_certificate_bound_access_tokens: client.binding === 'mtls',
    scope: client.scope,
    ...how,
  };
  return { client, registration };
}

/** RFC 8705 §2.2.2: the certificate in the x5c of the key that it holds. */
async function certificateJwk(path: string): Promise<Record<string, unknown>> {
  const { X509Certificate } = await import('node:crypto');
  const certificate = new X509Certificate(await readFile(path));
  return { ...certificate.publicKey.export({ format: 'jwk' }), x5c: [certificate.raw.toString('base64')] };
}
