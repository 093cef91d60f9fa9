import { type Clock, HoldfastError, type ProofKey, seconds } from '@holdfast/proof';
import { createAssertion } from './assertion.ts';
import { readJson } from './document.ts';
import type { IssuerMetadata } from './issuer-metadata.ts';
import { type Request, type Sending, send } from './send.ts';

export type Authentication =
  | { readonly method: 'private_key_jwt'; readonly key: ProofKey; readonly kid?: string }
  | { readonly method: 'tls_client_auth' | 'self_signed_tls_client_auth' };

/** An access token as it was issued. A secret: useless without the key, and still not for logs. */
export interface AccessToken {
  readonly accessToken: string;
  readonly tokenType: 'DPoP' | 'Bearer';
  /** NumericDate; an issuer that does not say gets one minute. */
  readonly expiresAt: number;
  readonly scope: string | undefined;
}

export interface TokenRequest {
  readonly issuer: string;
  readonly clientId: string;
  readonly auth: Authentication;
  readonly metadata: IssuerMetadata;
  /** Whether the connection carries the client's certificate: to authenticate, to bind, or both. */
  readonly mutualTls: boolean;
  readonly scope: string | undefined;
  readonly resource: string | undefined;
  readonly clock: Clock;
  readonly sending: Omit<Sending, 'accessToken' | 'isNonceChallenge'>;
}

const UNSTATED_LIFETIME = 60; // seconds
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/; // RFC 9110 §11.2: all that an Authorization field can carry
const ERROR_CODE = /^[a-z_]{1,64}$/;

/** One client_credentials token (RFC 6749 §4.4) bound to the client's key or certificate. */
export async function requestToken(request: TokenRequest): Promise<AccessToken> {
  const asked = seconds(request.clock);
  const response = await send(() => makeRequest(request), { ...request.sending, isNonceChallenge });
  const body = await readJson(response, 'token_response');
  if (response.status !== 200) {
    const error = body['error'];
    const detail = typeof error === 'string' && ERROR_CODE.test(error) ? error : `status ${response.status}`;
    throw new HoldfastError('token_request_refused', { detail });
  }
  return readToken(body, asked, request.sending.signer === undefined ? 'Bearer' : 'DPoP');
}

async function makeRequest(request: TokenRequest): Promise<Request> {
  const { clientId, auth, scope, resource, metadata, mutualTls } = request;
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId });
  if (scope !== undefined) form.set('scope', scope);
  if (resource !== undefined) form.set('resource', resource);
  if (auth.method === 'private_key_jwt') {
    form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    form.set('client_assertion', await createAssertion({ ...request, key: auth.key, kid: auth.kid }));
  }
  return {
    url: mutualTls ? metadata.mtlsTokenEndpoint : metadata.tokenEndpoint,
    method: 'POST',
    headers: new Headers({ accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' }),
    body: form.toString(),
  };
}

// RFC 9449 §8: 400 with use_dpop_nonce in the body
async function isNonceChallenge(response: Response): Promise<boolean> {
  if (response.status !== 400 || response.headers.get('dpop-nonce') === null) return false;
  return (await readJson(response.clone(), 'token_response'))['error'] === 'use_dpop_nonce';
}

function readToken(body: Record<string, unknown>, asked: number, expected: AccessToken['tokenType']): AccessToken {
  const { access_token: accessToken, token_type: type, expires_in: lifetime = UNSTATED_LIFETIME, scope } = body;
  if (typeof accessToken !== 'string' || !TOKEN68.test(accessToken))
    throw new HoldfastError('token_response', { detail: 'access_token' });
  // RFC 6749 §5.1: compared without regard to case. RFC 9449 §5: a Bearer token where DPoP was asked for is thrown away.
  if (typeof type !== 'string') throw new HoldfastError('token_response', { detail: 'token_type' });
  if (type.toLowerCase() !== expected.toLowerCase()) throw new HoldfastError('token_type_mismatch');
  if (typeof lifetime !== 'number' || !Number.isFinite(lifetime) || lifetime <= 0)
    throw new HoldfastError('token_response', { detail: 'expires_in' });
  return {
    accessToken,
    tokenType: expected,
    expiresAt: asked + lifetime,
    scope: typeof scope === 'string' ? scope : undefined,
  };
}
