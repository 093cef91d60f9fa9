import { generateKeyPairSync } from 'node:crypto';
import { createIssuer, type Issuer, readConfig } from '@holdfast/issuer';
import { memoryStore } from '@holdfast/stores';
import { type Applicant, SCOPE } from './applicants.ts';
import { AUDIENCE, ISSUER } from './issuer.ts';

/** Our issuer with the settings that it has by itself: nonces required, everything in memory. */
export async function openHoldfastIssuer(applicants: readonly Applicant[]): Promise<Issuer> {
  const config = readConfig({
    issuer: ISSUER,
    signing_keys: [createIssuerJwk()],
    resources: [{ resource: AUDIENCE, scope: SCOPE }],
    clients: applicants.map(({ clientId, jwk }) => ({
      client_id: clientId,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [jwk] },
      dpop_bound_access_tokens: true,
      scope: SCOPE,
    })),
  });
  return await createIssuer({ config, store: memoryStore() });
}

/** A new private key, as a configuration has it. */
export function createIssuerJwk(): object {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), kid: 'issuer-1', alg: 'ES256', use: 'sig' };
}
