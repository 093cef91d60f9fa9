import { generateKeyPairSync } from 'node:crypto';
import {
  createIssuer,
  type Issuer,
  type IssuerOptions,
  type IssuerRequest,
  type Reply,
  readConfig,
} from '@holdfast/issuer';
import { memoryStore } from '@holdfast/stores';
import { type Applicant, type Application, type Authenticating, apply, SCOPE, TOKEN_PATH } from './applicants.ts';
import { AUDIENCE, ISSUER } from './issuer.ts';

export interface Changes extends Pick<IssuerOptions, 'externalLogin'> {
  /** Put over the configuration. */
  readonly config?: object;
  /** Put over what each client is registered with. */
  readonly client?: object;
}

/** Our issuer with the settings that it has by itself: nonces required, everything in memory. */
export async function openHoldfastIssuer(
  applicants: readonly Authenticating[],
  { config: changes, client, ...options }: Changes = {},
): Promise<Issuer> {
  const config = readConfig({
    issuer: ISSUER,
    signing_keys: [createIssuerJwk()],
    resources: [{ resource: AUDIENCE, scope: SCOPE }],
    clients: applicants.map((each) => ({
      ...registration(each),
      ...{ dpop_bound_access_tokens: true, scope: SCOPE, ...client },
    })),
    ...changes,
  });
  return await createIssuer({ config, store: memoryStore(), ...options });
}

/** RFC 7591 §2: private_key_jwt. */
export function registration({ clientId, jwk }: Authenticating): object {
  return { client_id: clientId, token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [jwk] } };
}

/** As an adapter would pass it on. */
export function requestToken(issuer: Issuer, application: Application & Partial<IssuerRequest>): Promise<Reply> {
  return issuer.token({ method: 'POST', target: TOKEN_PATH, origin: ISSUER, ...application });
}

/** The nonce that it hands out now. RFC 9449 §8: whoever comes without one is told. */
export async function issuerNonce(issuer: Issuer, applicant: Applicant): Promise<string> {
  const { headers } = await requestToken(issuer, await apply(applicant, undefined));
  const { 'DPoP-Nonce': nonce } = headers;
  if (nonce === undefined) throw new Error('the issuer hands out no nonce');
  return nonce;
}

/** A new private key, as a configuration has it. */
export function createIssuerJwk(): object {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), kid: 'issuer-1', alg: 'ES256', use: 'sig' };
}
