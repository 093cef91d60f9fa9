import { type Clock, HoldfastError, seconds } from '@holdfast/proof';
import type { Identities } from '../identities.ts';
import type { Identity } from '../identity.ts';
import type { IssuerCalls, MakeForm } from '../issuer/issuer-calls.ts';
import type { IssuerMetadata } from '../issuer/metadata.ts';
import type { TokenResponse } from '../issuer/token-response.ts';
import {
  type AuthorizationOptions,
  authorizationForm,
  checkAuthorizationOptions,
  drawTies,
  type Ties,
} from './authorization-request.ts';
import { readCallback, readCode } from './callback.ts';
import { checkIdToken, type IdTokenClaims } from './id-token.ts';
import { fetchIssuerKeys, type IssuerKeys } from './issuer-jwt.ts';
import { signRequestObject } from './request-object.ts';

export type { AuthorizationOptions } from './authorization-request.ts';

/** A request that a person can allow. It belongs to the browser that is sent to `url`, and to no other (RFC 9700 §2.1). */
export interface AuthorizationRequest {
  /** Where the person's browser goes, once. */
  readonly url: string;
  /** NumericDate: until when. */
  readonly expiresAt: number;
  /**
   * Redeems the code, given the whole URL to which that browser came back. No token is asked for unless that URL is an
   * answer of this very issuer to this very request, and never twice. Throws `authorization_response`,
   * `authorization_refused` (`detail`: the issuer's error code), `id_token`, and what a token request throws. Other URLs
   * may come before the right one, since anybody can make a browser call them.
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

/**
 * Pushes an authorization request (RFC 9126), always: the browser carries a reference and nothing else (FAPI 2.0 §5.3.3.2).
 * Code verifier (RFC 7636), state and nonce are new for each. Throws TypeError for options that no issuer would take,
 * `issuer_metadata` for an issuer that lacks what this needs, `authorization_refused`, `authorization_response`.
 */
export async function pushAuthorization(
  options: AuthorizationOptions,
  context: AuthorizationContext,
): Promise<AuthorizationRequest> {
  const { calls, identities, clock } = context;
  checkAuthorizationOptions(options);
  const isSigned = options.responseMode === 'jwt';
  const ties = drawTies(options);
  return await identities.use(async (pusher) => {
    const browser = browserUrl(await calls.metadata(pusher), isSigned);
    const asked = seconds(clock);
    const pushed = readPushed(await calls.push(formMaker(options, ties, pusher, calls), pusher));
    browser.searchParams.set('client_id', calls.clientId);
    browser.searchParams.set('request_uri', pushed.requestUri);
    let isFinished = false;

    return {
      url: browser.href,
      expiresAt: asked + pushed.lifetime,
      finish: (callback) =>
        identities.use(async (current) => {
          const keys = once(() => fetchIssuerKeys(calls, current));
          const expected = { ...calls, redirectUri: options.redirectUri, state: ties.state, isSigned, keys, clock };
          const answer = await readCallback(String(callback), expected);
          // Before the code is used up, so that keys that cannot be had now cost no login
          if (ties.nonce !== undefined && answer('error') === undefined) await keys();
          if (isFinished) throw new HoldfastError('authorization_response', { detail: 'finished before' });
          isFinished = true;
          return await redeem(readCode(answer), { options, ties, pusher, current, keys, ...context });
        }),
    };
  });
}

function formMaker(options: AuthorizationOptions, ties: Ties, { signer }: Identity, calls: IssuerCalls): MakeForm {
  const form = authorizationForm(options, ties, signer?.jkt);
  const { requestObject: signing } = options;
  if (signing === undefined) return () => form;
  return async (clock) => ({ request: await signRequestObject(form, { ...signing, ...calls, clock }) });
}

interface Redeeming extends AuthorizationContext {
  readonly options: AuthorizationOptions;
  readonly ties: Ties;
  /** Who pushed the request, and who the client is now. */
  readonly pusher: Identity;
  readonly current: Identity;
  keys(): Promise<IssuerKeys>;
}

async function redeem(code: string, { options, ties, pusher, current, ...rest }: Redeeming): Promise<Granted> {
  const { calls, clock } = rest;
  const { redirectUri, resource } = options;
  // RFC 9449 §10: the code is bound to the key that pushed. Authentication and connections are those of now
  const redeemer = { ...current, signer: pusher.signer, issuerNonces: pusher.issuerNonces };
  const form = { code, redirect_uri: redirectUri, code_verifier: ties.verifier, resource };
  const response = await calls.token({ grant_type: 'authorization_code', ...form }, redeemer);
  const identity = pusher.signer === current.signer ? current : redeemer;
  if (ties.nonce === undefined) return { response, identity, idToken: undefined };
  try {
    const expected = { ...calls, nonce: ties.nonce, keys: await rest.keys(), clock };
    return { response, identity, idToken: await checkIdToken(response.idToken, expected) };
  } catch (thrown) {
    await giveBack(response, calls, redeemer);
    throw thrown;
  }
}

/** What nobody is going to use. That it cannot be given back changes nothing: it ends by itself. */
async function giveBack({ token, refreshToken }: TokenResponse, calls: IssuerCalls, identity: Identity): Promise<void> {
  const given =
    refreshToken === undefined
      ? calls.revoke(token.accessToken, 'access_token', identity)
      : calls.revoke(refreshToken, 'refresh_token', identity);
  await given.catch(() => {});
}

/** The front door of the issuer. Throws `issuer_metadata`. */
function browserUrl(metadata: IssuerMetadata, isSigned: boolean): URL {
  // RFC 9207 §2.4: only an issuer that says who it is can be told from another one. A signed answer says it anyway
  if (!isSigned && !metadata.statesIssuer) {
    throw new HoldfastError('issuer_metadata', { detail: 'authorization_response_iss_parameter_supported' });
  }
  return new URL(metadata.urlOf('authorization_endpoint', false));
}

function readPushed({ request_uri: requestUri, expires_in: lifetime }: Record<string, unknown>) {
  // RFC 9126 §2.2
  if (typeof requestUri !== 'string' || requestUri === '' || requestUri.length > 2048)
    throw new HoldfastError('authorization_response', { detail: 'request_uri' });
  if (typeof lifetime !== 'number' || !(lifetime > 0 && Number.isFinite(lifetime)))
    throw new HoldfastError('authorization_response', { detail: 'expires_in' });
  return { requestUri, lifetime };
}

function once(fetch: () => Promise<IssuerKeys>): () => Promise<IssuerKeys> {
  let fetched: Promise<IssuerKeys> | undefined;
  return () => {
    fetched ??= fetch();
    return fetched;
  };
}
