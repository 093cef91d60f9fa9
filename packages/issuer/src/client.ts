import { HoldfastError } from '@holdfast/proof';
import { createLocalJWKSet, type JWTVerifyGetKey } from 'jose';
import type { RegisteredSubject } from './certificate-subject.ts';
import { type ClientConfig, registeredSubject } from './config.ts';
import { type Jwk, readCertificate } from './registered-key.ts';

/** A registered client (RFC 7591 §2 names). */
export interface Client {
  readonly clientId: string;
  readonly method: ClientConfig['token_endpoint_auth_method'];
  /** Keys for private_key_jwt. */
  readonly keys: JWTVerifyGetKey;
  /** Subject for tls_client_auth. */
  readonly subject: RegisteredSubject | undefined;
  /** Certificates (DER) for self_signed_tls_client_auth. */
  readonly certificates: readonly Uint8Array[];
  readonly dpopBound: boolean;
  readonly certificateBound: boolean;
  readonly scope: readonly string[];
}

export interface Clients {
  /** Throws `client_unknown`. */
  find(clientId: string): Client;
}

export function createClients(configs: readonly ClientConfig[]): Clients {
  const clients = new Map(configs.map((config) => [config.client_id, fromConfig(config)]));
  return {
    find(clientId) {
      const client = clients.get(clientId);
      if (client === undefined) throw new HoldfastError('client_unknown');
      return client;
    },
  };
}

function fromConfig(config: ClientConfig): Client {
  const keys = config.jwks?.keys ?? [];
  return {
    clientId: config.client_id,
    method: config.token_endpoint_auth_method,
    keys: createLocalJWKSet({ keys: keys.map(verificationKey) }),
    subject: registeredSubject(config),
    certificates: keys.flatMap((key) =>
      Array.isArray(key['x5c']) ? [readCertificate(String(key['x5c'][0])).raw] : [],
    ),
    dpopBound: config.dpop_bound_access_tokens,
    certificateBound: config.tls_client_certificate_bound_access_tokens,
    scope: config.scope.split(' '),
  };
}

/** The members that choose and make the key. An Ed25519 key goes under both names of its one algorithm (RFC 9864 §2.2). */
function verificationKey({ x5c: _, alg, ...key }: Jwk): { kty: string } {
  return { ...(key['crv'] === 'Ed25519' ? {} : { alg }), ...key } as { kty: string };
}
