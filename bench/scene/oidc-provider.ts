import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import type { ClientMetadata, Configuration } from 'oidc-provider';
import { type Applicant, SCOPE } from './applicants.ts';
import { AUDIENCE, ISSUER } from './issuer.ts';

const LIFE = 300; // seconds, as ours

/**
 * The peer at its best: everything in memory (its own adapter), clients and keys given as they start, JWT access tokens,
 * which it does not store, and no feature that the request does not need. Nonces required.
 */
export async function openOidcProvider(applicants: readonly Applicant[]): Promise<RequestListener> {
  const { Provider } = await import('oidc-provider'); // here, because it has something to say on stderr when it is loaded
  const provider = new Provider(ISSUER, configuration(applicants));
  provider.proxy = true; // TLS ends before it
  const handle = provider.callback();
  return (request, response) => void handle(request, response);
}

function configuration(applicants: readonly Applicant[]): Configuration {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'op-1', alg: 'ES256', use: 'sig' };
  return {
    jwks: { keys: [jwk as never] },
    scopes: SCOPE.split(' '),
    clients: applicants.map(clientMetadata),
    clientAuthMethods: ['private_key_jwt'],
    ttl: { ClientCredentials: LIFE },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          audience: AUDIENCE,
          scope: SCOPE,
          accessTokenTTL: LIFE,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  };
}

function clientMetadata({ clientId, jwk }: Applicant): ClientMetadata {
  return {
    client_id: clientId,
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    id_token_signed_response_alg: 'ES256',
    dpop_bound_access_tokens: true,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
    scope: SCOPE,
    jwks: { keys: [jwk as never] },
  };
}
