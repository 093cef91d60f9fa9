import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { type ClientMetadata, type Configuration, Provider } from 'oidc-provider';
import { authority, identities, servers } from '../signer/authorities.ts';

const SCOPE = 'orders:read orders:write';

export interface PeerIssuerOptions {
  /** The public key that `trader` registers. */
  readonly jwk: object;
  readonly audience: string;
  /** Seconds that a token lives. */
  readonly lifetime: number;
  /** Given: tokens are opaque, and these clients may ask about them, for plain or signed answers. */
  readonly resourceServers?: readonly Partial<ClientMetadata>[];
}

export interface PeerIssuer extends AsyncDisposable {
  readonly issuer: string;
  /** Paths and statuses of the requests, in order. */
  readonly requests: readonly string[];
}

/**
 * `oidc-provider` over TLS, which insists on DPoP nonces and gives JWT access tokens for one resource. Its clients:
 * `trader` (private_key_jwt with `jwk`, DPoP) and `trader-mtls` (self_signed_tls_client_auth, bound by certificate).
 */
export async function oidcProvider(options: PeerIssuerOptions): Promise<PeerIssuer> {
  return await serveProvider(await configuration(options));
}

/** Answers a request instead of the provider. */
export type Page = (provider: Provider, request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** A provider over TLS that asks for certificates. `pages`: by how their paths begin. */
export async function serveProvider(
  configuration: Configuration,
  pages: Readonly<Record<string, Page>> = {},
): Promise<PeerIssuer> {
  const { certificate: cert, key } = servers.sound;
  const server = createServer({ cert, key, requestCert: true, rejectUnauthorized: false, ca: authority.certificate });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `https://localhost:${(server.address() as AddressInfo).port}`;
  const provider = new Provider(issuer, configuration);
  const requests: string[] = [];
  const handle = provider.callback();
  server.on('request', (request, response) => {
    response.on('finish', () => requests.push(`${request.method} ${request.url} ${response.statusCode}`));
    const page = Object.entries(pages).find(([path]) => request.url?.startsWith(path))?.[1];
    void (page === undefined ? handle(request, response) : page(provider, request, response));
  });
  return {
    issuer,
    requests,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function configuration({ jwk, audience, lifetime, resourceServers }: PeerIssuerOptions): Promise<Configuration> {
  // RS256 is the peer's default for signed answers, and needs a key of its own
  const algorithms = resourceServers === undefined ? ['ES256'] : ['ES256', 'RS256'];
  const base = {
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [] as never[],
    scope: SCOPE,
    id_token_signed_response_alg: 'ES256' as const,
    introspection_signed_response_alg: 'ES256' as const,
  };
  return {
    jwks: { keys: await Promise.all(algorithms.map(signingKey)) },
    scopes: SCOPE.split(' '),
    clients: [
      {
        ...base,
        client_id: 'trader',
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'ES256',
        dpop_bound_access_tokens: true,
        jwks: { keys: [jwk as never] },
      },
      {
        ...base,
        client_id: 'trader-mtls',
        token_endpoint_auth_method: 'self_signed_tls_client_auth',
        tls_client_certificate_bound_access_tokens: true,
        jwks: { keys: [certificateJwk(identities.selfSigned.der) as never] },
      },
      ...(resourceServers ?? []).map((client) => ({ ...base, client_id: '', grant_types: [], ...client })),
    ],
    clientAuthMethods: ['private_key_jwt', 'self_signed_tls_client_auth', 'client_secret_basic'],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true, nonceSecret: crypto.getRandomValues(Buffer.alloc(32)), requireNonce: () => true },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        selfSignedTlsClientAuth: true,
        getCertificate: ({ req }) =>
          (req.socket instanceof TLSSocket ? req.socket.getPeerX509Certificate() : undefined)?.toString(),
      },
      introspection: { enabled: resourceServers !== undefined },
      jwtIntrospection: { enabled: resourceServers !== undefined },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          audience,
          scope: SCOPE,
          accessTokenTTL: lifetime,
          ...(resourceServers === undefined
            ? { accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }
            : { accessTokenFormat: 'opaque' }),
        }),
      },
    },
  };
}

export async function signingKey(alg: string): Promise<never> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: `op-${alg}`, alg, use: 'sig' } as never;
}

/** RFC 8705 §2.2.2. */
export function certificateJwk(der: Buffer): JWK {
  const { publicKey, raw } = new X509Certificate(der);
  return { ...(publicKey.export({ format: 'jwk' }) as JWK), x5c: [raw.toString('base64')] };
}
