import { type Clock, FAPI_ALGORITHMS, HoldfastError } from '@holdfast/proof';
import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import type { Identity } from '../identity.ts';
import type { IssuerCalls } from '../issuer/issuer-calls.ts';
import { failedClaim } from './failed-claim.ts';

export interface ExpectedCallback {
  readonly redirectUri: string;
  readonly state: string;
  /** Whether the issuer was asked to sign its answer (JARM). */
  readonly isSigned: boolean;
  readonly clock: Clock;
}

const CODE = /^[\x20-\x7E]{1,2048}$/; // RFC 6749 §A.11, and a cap
const ERROR_CODE = /^[a-z_]{1,64}$/;
const LONGEST = 16_384;
const SKEW = 10; // seconds

/**
 * The code in an authorization response, if this is one of this issuer to this request: RFC 6749 §4.1.2, RFC 9207 §2.4,
 * JARM §2.4. Throws `authorization_response`, and `authorization_refused` for an error of the issuer.
 */
export async function readCallback(
  callback: string,
  expected: ExpectedCallback,
  calls: IssuerCalls,
  identity: Identity,
): Promise<string> {
  const query = readQuery(callback, expected.redirectUri);
  const answer = expected.isSigned ? await readSigned(query, expected, calls, identity) : query;
  // RFC 9207 §2.4, before anything else is believed, also of an error
  if (answer('iss') !== calls.issuer) throw unusable('iss');
  if (answer('state') !== expected.state) throw unusable('state');
  const error = answer('error');
  if (error !== undefined) {
    throw new HoldfastError('authorization_refused', { detail: ERROR_CODE.test(error) ? error : 'an unknown error' });
  }
  const code = answer('code');
  if (code === undefined || !CODE.test(code)) throw unusable('code');
  return code;
}

type Answer = (name: string) => string | undefined;

function readQuery(callback: string, redirectUri: string): Answer {
  if (callback.length > LONGEST || !URL.canParse(callback)) throw unusable('not a URL');
  const [came, registered] = [new URL(callback), new URL(redirectUri)];
  if (came.origin !== registered.origin || came.pathname !== registered.pathname) throw unusable('redirect_uri');
  return (name) => {
    const [value, another] = came.searchParams.getAll(name);
    // RFC 6749 §3.1: once at most
    if (another !== undefined) throw unusable(name);
    return value;
  };
}

async function readSigned(query: Answer, { clock }: ExpectedCallback, calls: IssuerCalls, identity: Identity) {
  const response = query('response');
  if (response === undefined) throw unusable('response');
  const keys = createLocalJWKSet((await calls.jwks(identity)) as unknown as JSONWebKeySet);
  const { payload } = await jwtVerify(response, keys, {
    issuer: calls.issuer,
    audience: calls.clientId,
    requiredClaims: ['exp'],
    algorithms: [...FAPI_ALGORITHMS],
    currentDate: new Date(clock()),
    clockTolerance: SKEW,
  }).catch((thrown: unknown) => {
    throw unusable(`response, ${failedClaim(thrown)}`);
  });
  // JARM §2.4: for this client alone
  if (Array.isArray(payload.aud) && payload.aud.length !== 1) throw unusable('response, aud');
  return (name: keyof JWTPayload & string) => {
    const value = payload[name];
    return typeof value === 'string' ? value : undefined;
  };
}

function unusable(detail: string): HoldfastError {
  return new HoldfastError('authorization_response', { detail });
}
