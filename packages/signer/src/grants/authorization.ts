import { hash, randomBytes } from 'node:crypto';
import { type Clock, HoldfastError, type JsonObject, type ProofKey, seconds } from '@holdfast/proof';
import type { Identities } from '../identities.ts';
import type { Identity } from '../identity.ts';
import type { Form, IssuerCalls } from '../issuer/issuer-calls.ts';
import type { TokenResponse } from '../issuer/token-response.ts';
import type { Wanted } from '../token-memory.ts';
import { readCallback } from './callback.ts';
import { checkIdToken, type IdTokenClaims } from './id-token.ts';
import { signRequestObject } from './request-object.ts';

/** What a person is asked to allow. */
export interface AuthorizationOptions extends Wanted {
  /** One that the client registered; the person's browser comes back to it. */
  readonly redirectUri: string;
  /** RFC 9396. */
  readonly authorizationDetails?: readonly JsonObject[];
  /** `jwt`: the answer is signed by the issuer (JARM). Default: `query`. */
  readonly responseMode?: 'query' | 'jwt';
  /** Given: the request is signed (RFC 9101), with a key that the client registered. */
  readonly requestObject?: { readonly key: ProofKey; readonly kid?: string };
  /** Other parameters, such as `prompt`, `login_hint` or `claims`. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** A request that a person can allow. */
export interface AuthorizationRequest {
  /** Where the person's browser goes. */
  readonly url: string;
  /** NumericDate: until when. */
  readonly expiresAt: number;
  /**
   * Redeems the code, given the whole URL to which the browser came back, once. Nothing is sent to the issuer unless that
   * URL is an answer of this very issuer to this very request. Throws `authorization_response`, `authorization_refused`
   * (`detail`: the issuer's error code), `id_token`, and what a token request throws.
   */
  finish(callback: string | URL): Promise<Granted>;
}

/** What a person allowed. */
export interface Granted {
  readonly response: TokenResponse;
  /** To whose key or certificate the token is bound. */
  readonly identity: Identity;
  readonly idToken: IdTokenClaims | undefined;
}

export interface AuthorizationContext {
  readonly calls: IssuerCalls;
  readonly identities: Identities;
  readonly clock: Clock;
}

/** Whatever parameter is passed by hand, these are chosen here. */
const OURS = [
  'client_id',
  'redirect_uri',
  'response_type',
  'response_mode',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'dpop_jkt',
  'request',
  'request_uri',
];

/**
 * Pushes an authorization request (RFC 9126), always: the browser carries a reference and nothing else (FAPI 2.0 §5.3.3.2).
 * Code verifier (RFC 7636), state and nonce are new for each.
 */
export async function pushAuthorization(
  options: AuthorizationOptions,
  { calls, identities, clock }: AuthorizationContext,
): Promise<AuthorizationRequest> {
  const pusher = identities.current;
  const { redirectUri, scope } = options;
  const isOpenId = scope?.split(' ').includes('openid') === true;
  const [verifier, state, nonce] = [randomBytes(32), randomBytes(16), randomBytes(16)].map((octets) =>
    octets.toString('base64url'),
  ) as [string, string, string];
  const request = requestForm(options, { verifier, state, nonce: isOpenId ? nonce : undefined, pusher });
  const { requestObject: signing } = options;
  const form =
    signing === undefined ? request : { request: await signRequestObject(request, { ...signing, ...calls, clock }) };
  const asked = seconds(clock);
  const pushed = readPushed(await calls.push(form, pusher));
  const metadata = await calls.metadata(pusher);
  const browser = new URL(metadata.urlOf('authorization_endpoint', false));
  browser.searchParams.set('client_id', calls.clientId);
  browser.searchParams.set('request_uri', pushed.requestUri);
  let isFinished = false;

  return {
    url: browser.href,
    expiresAt: asked + pushed.lifetime,
    async finish(callback) {
      if (isFinished) throw new HoldfastError('authorization_response', { detail: 'finished before' });
      const expected = { redirectUri, state, isSigned: options.responseMode === 'jwt', clock };
      const code = await readCallback(String(callback), expected, calls, identities.current);
      isFinished = true;
      // RFC 9449 §10: the code is bound to the key that pushed. The connections are those of now
      const redeemer = { ...identities.current, signer: pusher.signer, nonces: pusher.nonces };
      const redeemed = { code, redirect_uri: redirectUri, code_verifier: verifier, resource: options.resource };
      const response = await calls.token({ grant_type: 'authorization_code', ...redeemed }, redeemer);
      const idToken = isOpenId
        ? await checkIdToken(response.idToken, { nonce, clock, calls, identity: redeemer })
        : undefined;
      const identity = pusher.signer === identities.current.signer ? identities.current : redeemer;
      return { response, identity, idToken };
    },
  };
}

interface Chosen {
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string | undefined;
  readonly pusher: Identity;
}

function requestForm(options: AuthorizationOptions, { verifier, state, nonce, pusher }: Chosen): Form {
  const { redirectUri, scope, resource, authorizationDetails, responseMode, parameters = {} } = options;
  const taken = OURS.filter((name) => name in parameters);
  if (taken.length > 0) throw new TypeError(`parameters: ${taken.join(', ')} are not the caller's to choose`);
  return {
    ...parameters,
    response_type: 'code',
    response_mode: responseMode === 'jwt' ? 'jwt' : undefined,
    redirect_uri: redirectUri,
    scope,
    resource,
    authorization_details: authorizationDetails && JSON.stringify(authorizationDetails),
    state,
    nonce,
    code_challenge: hash('sha256', verifier, 'base64url'),
    code_challenge_method: 'S256',
    // RFC 9449 §10.1: also where a hop loses the proof of this request
    dpop_jkt: pusher.signer?.jkt,
  };
}

function readPushed({ request_uri: requestUri, expires_in: lifetime }: Record<string, unknown>) {
  // RFC 9126 §2.2
  if (typeof requestUri !== 'string' || requestUri === '' || requestUri.length > 2048)
    throw new HoldfastError('authorization_response', { detail: 'request_uri' });
  if (typeof lifetime !== 'number' || !(lifetime > 0 && Number.isFinite(lifetime)))
    throw new HoldfastError('authorization_response', { detail: 'expires_in' });
  return { requestUri, lifetime };
}
