import { randomBytes } from 'node:crypto';
import { type Confirmation, seconds } from '@holdfast/proof';
import { type IntrospectionOptions, tlsClientAuth } from '@holdfast/verifier';
import { AUDIENCE, ISSUER, type Issuer } from './issuer.ts';

export interface OpaqueIssuer extends Issuer {
  /** RFC 7662, from memory: what a verifier is given instead of a network. */
  readonly fetch: typeof globalThis.fetch;
  readonly introspection: IntrospectionOptions;
}

const LIFE = 24 * 60 * 60; // seconds

/** An issuer whose tokens say nothing by themselves. It publishes no keys, and its answers are not signed. */
export function createOpaqueIssuer(): OpaqueIssuer {
  const tokens = new Map<string, object>();
  return {
    jwks: { keys: [] },
    async token(confirmation) {
      const token = randomBytes(32).toString('base64url');
      tokens.set(token, describe(confirmation, tokens.size + 1));
      return token;
    },
    async fetch(_url, init) {
      const token = new URLSearchParams(String(init?.body)).get('token') ?? '';
      return Response.json(tokens.get(token) ?? { active: false });
    },
    introspection: {
      endpoint: `${ISSUER}/introspect`,
      authenticate: tlsClientAuth(),
      clientId: AUDIENCE,
      signed: false,
    },
  };
}

/** RFC 7662 §2.2: as much as a JWT says. */
function describe(confirmation: Confirmation, sequence: number): object {
  const now = seconds(Date.now);
  return {
    ...{ active: true, token_type: 'DPoP', iss: ISSUER, aud: AUDIENCE, iat: now, exp: now + LIFE },
    ...{ sub: `trader-${sequence}`, client_id: `client-${sequence}`, scope: 'orders:read orders:write' },
    cnf: { ...confirmation },
  };
}
