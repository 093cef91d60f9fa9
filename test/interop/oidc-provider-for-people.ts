import type { ClientMetadata, Configuration } from 'oidc-provider';
import { type Page, type PeerIssuer, serveProvider, signingKey } from './oidc-provider.ts';
import type { PeerFetch } from './peer-client.ts';
import { browser } from './person.ts';

export const CALLBACK = 'https://desk.example/callback';
const SCOPE = 'orders:read orders:write';

export interface PeerForPeopleOptions {
  /** The public key that `trader` registers. */
  readonly jwk: object;
  readonly audience: string;
  /** Seconds that an access token lives. */
  readonly lifetime: number;
  /** Whether each refresh brings a new refresh token. */
  readonly rotates: boolean;
}

/**
 * `oidc-provider` by its own FAPI 2.0 profile: pushed requests, signed ones too, signed answers, DPoP with nonces, refresh
 * tokens, revocation, JWT access tokens for one resource. Whoever comes to its pages is `anna`, who allows everything.
 */
export async function oidcProviderForPeople(options: PeerForPeopleOptions): Promise<PeerIssuer> {
  return await serveProvider(await configuration(options), { '/interaction/': allow });
}

/** Follows the redirects of the peer until it sends the browser back to the client. */
export async function visit(fetch: PeerFetch, authorizationUrl: string): Promise<URL> {
  const go = browser(fetch);
  let url = new URL(authorizationUrl);
  for (let i = 0; i < 10 && !url.href.startsWith(CALLBACK); i += 1) {
    const { headers } = await go(url.href);
    url = new URL(headers.get('location') ?? 'about:blank', url);
  }
  return url;
}

const allow: Page = async (provider, request, response) => {
  const { params, prompt, session } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    await provider.interactionFinished(request, response, { login: { accountId: 'anna' } });
    return;
  }
  const grant = new provider.Grant({ accountId: session?.accountId ?? '', clientId: String(params['client_id']) });
  grant.addOIDCScope(`openid offline_access ${SCOPE}`);
  grant.addResourceScope(String(params['resource']), SCOPE);
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
};

async function configuration({ jwk, audience, lifetime, rotates }: PeerForPeopleOptions): Promise<Configuration> {
  const desk: ClientMetadata = {
    client_id: 'trader',
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: [CALLBACK],
    response_types: ['code'],
    scope: `openid offline_access ${SCOPE}`,
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    id_token_signed_response_alg: 'ES256',
    authorization_signed_response_alg: 'ES256',
    request_object_signing_alg: 'ES256',
    dpop_bound_access_tokens: true,
    jwks: { keys: [jwk as never] },
  };
  return {
    jwks: { keys: [await signingKey('ES256')] },
    scopes: ['openid', 'offline_access', ...SCOPE.split(' ')],
    clients: [desk],
    clientAuthMethods: ['private_key_jwt'],
    cookies: { keys: ['of a test'] },
    findAccount: (_, accountId) => ({ accountId, claims: async () => ({ sub: accountId }) }),
    issueRefreshToken: async () => true,
    rotateRefreshToken: rotates,
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      fapi: { enabled: true, profile: '2.0' },
      pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true },
      requestObjects: { enabled: true },
      jwtResponseModes: { enabled: true },
      revocation: { enabled: true },
      dPoP: { enabled: true, nonceSecret: crypto.getRandomValues(Buffer.alloc(32)), requireNonce: () => true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => audience,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          audience,
          scope: SCOPE,
          accessTokenTTL: lifetime,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  };
}
