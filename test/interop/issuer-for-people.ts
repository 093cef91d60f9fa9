import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createAuthority, issueClient, issueServer } from '@holdfast/certs-scripts';
import { listen } from '@holdfast/cli';
import { createIssuer, readConfig } from '@holdfast/issuer';
import { issuerRoutes } from '@holdfast/issuer/fastify';
import type { PrivateJwk } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import fastify, { type FastifyInstance } from 'fastify';
import { fetchOver, type PeerFetch } from './peer-client.ts';
import { decide } from './person.ts';

export const CALLBACK = 'https://desk.example/callback';
export const RESOURCE = 'https://venue.example';
export const SCOPE = 'openid orders:read orders:write';
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

/** One of the four pairs of client authentication and binding. */
export interface Pair {
  readonly clientId: string;
  readonly authenticatesBy: 'private_key_jwt' | 'tls_client_auth';
  readonly bindsBy: 'dpop' | 'mtls';
}

export const PAIRS: readonly Pair[] = [
  { clientId: 'jwt-dpop', authenticatesBy: 'private_key_jwt', bindsBy: 'dpop' },
  { clientId: 'jwt-mtls', authenticatesBy: 'private_key_jwt', bindsBy: 'mtls' },
  { clientId: 'mtls-dpop', authenticatesBy: 'tls_client_auth', bindsBy: 'dpop' },
  { clientId: 'mtls-mtls', authenticatesBy: 'tls_client_auth', bindsBy: 'mtls' },
];

export interface IssuerForPeople extends AsyncDisposable {
  readonly origin: string;
  /** Signs assertions and request objects of the clients, and assertions of the resource server. */
  readonly key: CryptoKey;
  /** The same key for clients of ours. */
  readonly jwk: PrivateJwk;
  /** Trust in the issuer, and the certificate of the clients. */
  readonly tls: { readonly ca: string; readonly cert: string; readonly key: string };
  /** With the certificate of the clients, or with none. */
  readonly fetch: { readonly plain: PeerFetch; readonly certified: PeerFetch };
  /** A person who logs in and approves: from the URL of the client to the URL of the answer. */
  approve(authorizationUrl: string | URL): Promise<URL>;
}

const now = new Date();
const authority = await createAuthority({ commonName: 'Test Authority', now });
const server = await issueServer(authority, { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], now, days: 2 });
const desk = await issueClient(authority, { commonName: 'desk', now, days: 2 });

/** An issuer with people behind two TLS listeners, as an operator would put it up, with a client for each pair. */
export async function serveForPeople(): Promise<IssuerForPeople> {
  const { certificate: cert, key: serverKey } = server;
  const options = { port: 0, host: '127.0.0.1', name: 'localhost', cert, key: serverKey };
  const plain = await listen(options);
  const mutual = await listen({ ...options, clientAuthorities: authority.certificate });
  const keyPair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwks = { keys: [{ ...keyPair.publicKey.export({ format: 'jwk' }), kid: 'desk', alg: 'ES256', use: 'sig' }] };
  const issuer = await createIssuer({
    config: readConfig(configuration(plain.origin, mutual.origin, jwks)),
    store: memoryStore(),
    login: { check: async (name, password) => (password === 'sesame' ? { sub: name } : undefined) },
  });
  for (const listener of [plain, mutual]) {
    const app = fastify() as unknown as FastifyInstance;
    app.register(issuerRoutes, { issuer, origin: listener.origin });
    await listener.serve(app);
  }
  const tls = { ca: authority.certificate, cert: desk.certificate, key: desk.key };
  const browse = fetchOver({ ca: tls.ca });
  const anna = { fetch: browse, login: 'anna', password: 'sesame' };
  return {
    origin: plain.origin,
    key: await signingKey(keyPair.privateKey),
    jwk: { ...keyPair.privateKey.export({ format: 'jwk' }), alg: 'ES256' } as PrivateJwk,
    tls,
    fetch: { plain: browse, certified: fetchOver(tls) },
    approve: (url) => decide(anna, url),
    async [Symbol.asyncDispose]() {
      await Promise.all([plain.close(), mutual.close()]);
    },
  };
}

function configuration(issuer: string, mtlsOrigin: string, jwks: object): object {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const clients = PAIRS.map(({ clientId, authenticatesBy, bindsBy }) => ({
    client_id: clientId,
    token_endpoint_auth_method: authenticatesBy,
    ...(authenticatesBy === 'tls_client_auth' ? { tls_client_auth_subject_dn: 'CN=desk' } : {}),
    jwks,
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials', TOKEN_EXCHANGE],
    dpop_bound_access_tokens: bindsBy === 'dpop',
    tls_client_certificate_bound_access_tokens: bindsBy === 'mtls',
    scope: SCOPE,
  }));
  return {
    issuer,
    mtls_origin: mtlsOrigin,
    signing_keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'issuer-1' }],
    resources: [{ resource: RESOURCE, scope: 'orders:read orders:write' }],
    resource_servers: [
      { client_id: 'venue', token_endpoint_auth_method: 'private_key_jwt', jwks, resources: [RESOURCE] },
    ],
    clients,
  };
}

async function signingKey(key: KeyObject): Promise<CryptoKey> {
  const pkcs8 = createPrivateKey(key.export({ format: 'pem', type: 'pkcs8' })).export({ format: 'der', type: 'pkcs8' });
  return await crypto.subtle.importKey('pkcs8', pkcs8, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
}
