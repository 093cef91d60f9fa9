import type { Clock, ProofKey } from '@holdfast/proof';
import { createAssertion } from './assertion.ts';

/** How a client says who it is: RFC 7523 §2.2, RFC 8705 §2. `kid`: of the key at the issuer, where several are registered. */
export type Authentication =
  | { readonly method: 'private_key_jwt'; readonly key: ProofKey; readonly kid?: string }
  | { readonly method: 'tls_client_auth' | 'self_signed_tls_client_auth' };

export interface Client {
  readonly issuer: string;
  readonly clientId: string;
  readonly auth: Authentication;
  /** The issuer's, as far as it is known. */
  readonly clock: Clock;
}

/** What a form says of who sends it. New each time: an assertion is used once. */
export async function authentication({ auth, ...client }: Client): Promise<Record<string, string>> {
  if (auth.method !== 'private_key_jwt') return { client_id: client.clientId };
  return {
    client_id: client.clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await createAssertion({ ...client, key: auth.key, kid: auth.kid }),
  };
}
