import { type Clock, HoldfastError } from '@holdfast/proof';
import { type IssuerKeys, verifyIssuerJwt } from './issuer-jwt.ts';

export interface ExpectedCallback {
  readonly issuer: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly state: string;
  /** Whether the issuer was asked to sign its answer (JARM). */
  readonly isSigned: boolean;
  /** Asked for only where the answer is signed. */
  keys(): Promise<IssuerKeys>;
  readonly clock: Clock;
}

/** A parameter of an authorization response. */
export type Answer = (name: string) => string | undefined;

const CODE = /^[\x20-\x7E]{1,2048}$/; // RFC 6749 §A.11, and a cap
const ERROR_CODE = /^[a-z_]{1,64}$/;
const LONGEST = 16_384;

/**
 * An authorization response, if this is one of this issuer to this request: RFC 6749 §4.1.2, RFC 9207 §2.4, JARM §2.4.
 * `callback` comes from a browser, and with that from anybody. Throws `authorization_response`.
 */
export async function readCallback(callback: string, expected: ExpectedCallback): Promise<Answer> {
  const query = readQuery(callback, expected.redirectUri);
  const answer = expected.isSigned ? await readSigned(query, expected) : query;
  // RFC 9207 §2.4: before anything else is believed, and also of an error. §4: another one beside a signed one is a fraud
  if (answer('iss') !== expected.issuer) throw unusable('iss');
  if (![undefined, expected.issuer].includes(query('iss'))) throw unusable('iss');
  if (answer('state') !== expected.state) throw unusable('state');
  return answer;
}

/** The code in it. Throws `authorization_refused` for an error of the issuer, `authorization_response` for neither. */
export function readCode(answer: Answer): string {
  const error = answer('error');
  if (error !== undefined) {
    throw new HoldfastError('authorization_refused', { detail: ERROR_CODE.test(error) ? error : 'an unknown error' });
  }
  const code = answer('code');
  if (code === undefined || !CODE.test(code)) throw unusable('code');
  return code;
}

function readQuery(callback: string, redirectUri: string): Answer {
  if (callback.length > LONGEST || !URL.canParse(callback)) throw unusable('not a URL');
  const [came, registered] = [new URL(callback), new URL(redirectUri)];
  const isElsewhere = (['protocol', 'host', 'pathname'] as const).some((part) => came[part] !== registered[part]);
  if (isElsewhere) throw unusable('redirect_uri');
  const [query, own] = [came.searchParams, registered.searchParams];
  // RFC 6749 §3.1.2: what the redirect_uri has in its query stays there
  for (const name of new Set(own.keys())) {
    if (query.getAll(name).join('\n') !== own.getAll(name).join('\n')) throw unusable('redirect_uri');
  }
  // RFC 6749 §3.1: no parameter more than once
  for (const name of new Set(query.keys())) {
    if (!own.has(name) && query.getAll(name).length > 1) throw unusable('a repeated parameter');
  }
  return (name) => query.get(name) ?? undefined;
}

async function readSigned(query: Answer, expected: ExpectedCallback): Promise<Answer> {
  const response = query('response');
  if (response === undefined) throw unusable('response');
  const keys = await expected.keys();
  const claims = await verifyIssuerJwt(response, { ...expected, keys, requires: ['exp'] }, (detail) =>
    unusable(`response, ${detail}`),
  );
  return (name) => {
    const value = claims[name];
    return typeof value === 'string' ? value : undefined;
  };
}

function unusable(detail: string): HoldfastError {
  return new HoldfastError('authorization_response', { detail });
}
