import { type Clock, HoldfastError, isJsonObject, seconds } from '@holdfast/proof';
import type { ClockSkews } from '../clock-skew.ts';
import { publish } from '../events.ts';
import type { Identity } from '../identity.ts';
import { type Request, send } from '../send.ts';
import { authentication } from './authentication.ts';
import { documentFetch, readJson } from './document.ts';
import { discover, type IssuerMetadata } from './metadata.ts';
import { checkResource } from './resource-indicator.ts';
import { type AccessToken, readTokenResponse, type TokenResponse } from './token-response.ts';

export interface IssuerCallsOptions {
  readonly issuer: string;
  readonly clientId: string;
  /** Milliseconds that one answer may take. */
  readonly timeout: number;
  readonly clock: Clock;
  readonly skews: ClockSkews;
  readonly allowLoopbackHttp: boolean;
}

/** Parameters of a form; those without a value are left out. */
export type Form = Readonly<Record<string, string | undefined>>;

/** Makes one for each attempt, by the issuer's clock as far as it is known: what is signed is used once. */
export type MakeForm = (clock: Clock) => Form | Promise<Form>;

/** The endpoints of one issuer, called as an identity of the client. Errors quote nothing of an answer but its error code. */
export interface IssuerCalls {
  readonly issuer: string;
  readonly clientId: string;
  /** Fetched once, and again after a failure. */
  metadata(identity: Identity): Promise<IssuerMetadata>;
  /** RFC 6749 §5. Throws `token_request_refused`, `token_response`, `token_type_mismatch`. */
  token(form: Form, identity: Identity): Promise<TokenResponse>;
  /** RFC 9126 §2: the answer. Throws `authorization_refused`. */
  push(makeForm: MakeForm, identity: Identity): Promise<Record<string, unknown>>;
  /** RFC 7009 §2. Nothing where the issuer does not offer it. Throws `revocation_refused`. */
  revoke(token: string, hint: 'access_token' | 'refresh_token', identity: Identity): Promise<void>;
  /** The keys that sign for the issuer. */
  jwks(identity: Identity): Promise<Record<string, unknown>>;
}

const ERROR_CODE = /^[a-z_]{1,64}$/;
const TIMED = ['invalid_dpop_proof', 'invalid_client', 'invalid_request_object'];

/** What an answer that cannot be read is reported as. */
const ANSWERS = {
  token_endpoint: 'token_response',
  pushed_authorization_request_endpoint: 'authorization_response',
  revocation_endpoint: 'revocation_refused',
} as const;

export function createIssuerCalls(options: IssuerCallsOptions): IssuerCalls {
  const { issuer, clientId, timeout, clock, skews, allowLoopbackHttp } = options;
  let known: Promise<IssuerMetadata> | undefined;

  function metadata({ transport }: Identity): Promise<IssuerMetadata> {
    const plainFetch = documentFetch(transport.fetch, timeout, 'issuer_metadata');
    known ??= discover(issuer, plainFetch, allowLoopbackHttp).catch((thrown: unknown) => {
      known = undefined;
      throw thrown;
    });
    return known;
  }

  async function post(endpoint: keyof typeof ANSWERS, makeForm: MakeForm, identity: Identity): Promise<Response> {
    const { auth, needsCertificate, transport } = identity;
    const url = (await metadata(identity)).urlOf(endpoint, needsCertificate);
    const { origin } = new URL(url);
    const fetch = needsCertificate ? transport.fetchWithCertificate : transport.fetch;
    // RFC 9449 §5, §10.1: a proof where the answer is bound to its key. Revocation has nothing to bind
    const signer = endpoint === 'revocation_endpoint' ? undefined : identity.signer;
    const make = async (): Promise<Request> => {
      const issuerClock = skews.clockOf(origin);
      const form = await makeForm(issuerClock);
      return {
        url,
        origin,
        method: 'POST',
        fields: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
        body: encode({ ...form, ...(await authentication({ issuer, clientId, auth, clock: issuerClock })) }),
        signal: undefined,
        isRepeatable: true, // what an issuer refuses it has not acted on
      };
    };
    return await send(make, {
      fetch: documentFetch(fetch, timeout, ANSWERS[endpoint]),
      nonces: identity.issuerNonces,
      skews,
      signer,
      isNonceChallenge,
      refusesTime,
    });
  }

  return {
    issuer,
    clientId,
    metadata,
    async token(form, identity) {
      checkResource(form['resource']);
      const asked = seconds(clock);
      const response = await post('token_endpoint', () => form, identity);
      const body = await readJson(response, 'token_response');
      if (response.status !== 200) throw refused('token_request_refused', response, body);
      const expected: AccessToken['tokenType'] = identity.signer === undefined ? 'Bearer' : 'DPoP';
      const answer = readTokenResponse(body, asked, expected);
      publish({ event: 'token_received', issuer, expiresAt: answer.token.expiresAt });
      return answer;
    },
    async push(makeForm, identity) {
      const response = await post('pushed_authorization_request_endpoint', makeForm, identity);
      const body = await readJson(response, 'authorization_response');
      if (response.status !== 201) throw refused('authorization_refused', response, body);
      return body;
    },
    async revoke(token, hint, identity) {
      if (!(await metadata(identity)).offers('revocation_endpoint')) return;
      const response = await post('revocation_endpoint', () => ({ token, token_type_hint: hint }), identity);
      if (response.status !== 200) throw refused('revocation_refused', response, { error: await errorOf(response) });
    },
    async jwks(identity) {
      const { jwksUri } = await metadata(identity);
      const fetch = documentFetch(identity.transport.fetch, timeout, 'issuer_metadata');
      const response = await fetch(jwksUri, { headers: { accept: 'application/json' }, redirect: 'error' });
      if (response.status !== 200) throw new HoldfastError('issuer_metadata', { detail: 'jwks_uri' });
      return await readJson(response, 'issuer_metadata');
    },
  };
}

function refused(
  code: 'token_request_refused' | 'authorization_refused' | 'revocation_refused',
  { status }: Response,
  { error }: Readonly<Record<string, unknown>>,
): HoldfastError {
  const detail = typeof error === 'string' && ERROR_CODE.test(error) ? error : `status ${status}`;
  return new HoldfastError(code, { detail });
}

// RFC 9449 §8: 400 with use_dpop_nonce in the body
async function isNonceChallenge(response: Response): Promise<boolean> {
  if (response.status !== 400 || response.headers.get('dpop-nonce') === null) return false;
  return (await errorOf(response)) === 'use_dpop_nonce';
}

/** What a wrong time may be behind: of the proof (RFC 9449 §5), the assertion (RFC 7523 §3.2), the request (RFC 9101 §7). */
async function refusesTime(response: Response): Promise<boolean> {
  if (response.status !== 400 && response.status !== 401) return false;
  return TIMED.includes(String(await errorOf(response)));
}

async function errorOf(response: Response): Promise<unknown> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  return isJsonObject(body) ? body['error'] : undefined;
}

function encode(form: Form): string {
  const given = Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new URLSearchParams(given).toString();
}
