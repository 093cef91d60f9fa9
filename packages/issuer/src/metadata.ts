import { FAPI_ALGORITHMS } from '@holdfast/proof';
import type { IssuerConfig } from './config.ts';

/** Where each endpoint is, below the issuer's URL. */
export const PATHS = { token: '/token', jwks: '/jwks' } as const;

/** RFC 8414 §2 metadata with the members of RFC 9449 §5.1 and RFC 8705 §3.3, §5. Says only what is offered. */
export function issuerMetadata({ issuer, mtls_origin: mtlsOrigin, resources }: IssuerConfig): object {
  const { pathname } = new URL(issuer);
  const aliases =
    mtlsOrigin === undefined
      ? {}
      : {
          tls_client_certificate_bound_access_tokens: true,
          mtls_endpoint_aliases: {
            token_endpoint: `${mtlsOrigin}${pathname.replace(/\/$/, '')}${PATHS.token}`,
          },
        };
  return {
    issuer,
    token_endpoint: `${issuer}${PATHS.token}`,
    jwks_uri: `${issuer}${PATHS.jwks}`,
    grant_types_supported: ['client_credentials'],
    scopes_supported: [...new Set(resources.flatMap(({ scope }) => scope.split(' ')))],
    token_endpoint_auth_methods_supported: authenticationMethods(mtlsOrigin),
    token_endpoint_auth_signing_alg_values_supported: FAPI_ALGORITHMS,
    dpop_signing_alg_values_supported: FAPI_ALGORITHMS,
    ...aliases,
  };
}

function authenticationMethods(mtlsOrigin: string | undefined): string[] {
  return ['private_key_jwt', ...(mtlsOrigin === undefined ? [] : ['tls_client_auth', 'self_signed_tls_client_auth'])];
}
