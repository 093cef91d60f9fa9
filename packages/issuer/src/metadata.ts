import { FAPI_ALGORITHMS } from '@holdfast/proof';
import type { IssuerConfig } from './config.ts';

/** Where each endpoint is, below the issuer's URL. */
export const PATHS = { token: '/token', jwks: '/jwks' } as const;

const MUTUAL_TLS = ['tls_client_auth', 'self_signed_tls_client_auth'];

/** RFC 8414 §2 metadata with the members of RFC 9449 §5.1 and RFC 8705 §3.3, §5. Says only what is offered. */
export function issuerMetadata(config: IssuerConfig): object {
  const { issuer, resources } = config;
  const mutualTls = offersMutualTls(config);
  return {
    issuer,
    token_endpoint: `${issuer}${PATHS.token}`,
    jwks_uri: `${issuer}${PATHS.jwks}`,
    grant_types_supported: ['client_credentials'],
    scopes_supported: [...new Set(resources.flatMap(({ scope }) => scope.split(' ')))],
    token_endpoint_auth_methods_supported: ['private_key_jwt', ...(mutualTls ? MUTUAL_TLS : [])],
    token_endpoint_auth_signing_alg_values_supported: FAPI_ALGORITHMS,
    dpop_signing_alg_values_supported: FAPI_ALGORITHMS,
    ...(mutualTls ? { tls_client_certificate_bound_access_tokens: true } : {}),
    ...aliases(config),
  };
}

// Without an origin of its own for it, the one listener asks for certificates, if any client needs that
function offersMutualTls({ mtls_origin: mtlsOrigin, clients }: IssuerConfig): boolean {
  const needed = clients.some(
    (client) =>
      MUTUAL_TLS.includes(client.token_endpoint_auth_method) || client.tls_client_certificate_bound_access_tokens,
  );
  return mtlsOrigin !== undefined || needed;
}

function aliases({ issuer, mtls_origin: mtlsOrigin }: IssuerConfig): object {
  if (mtlsOrigin === undefined) return {};
  const path = new URL(issuer).pathname.replace(/\/$/, '');
  return { mtls_endpoint_aliases: { token_endpoint: `${mtlsOrigin}${path}${PATHS.token}` } };
}
