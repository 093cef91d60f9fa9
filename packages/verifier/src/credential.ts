import { fieldValues, HoldfastError, type HttpMessage } from '@holdfast/proof';

/** An access token as the request carries it. Nothing about it is verified. */
export interface Credential {
  readonly scheme: 'DPoP' | 'Bearer';
  readonly token: string;
}

const LONGEST = 16_384; // characters of an Authorization field
const SCHEME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+/;
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/;
const TOKEN_IN_QUERY = /[?&](?:access_token|%61ccess_token)=/i;

/** The one access token of a request: RFC 9449 §7.1, RFC 6750 §2.1, RFC 9110 §11.4. */
export function readCredential(message: HttpMessage): Credential {
  // FAPI 2.0 §5.3.4: never in the query, also beside a header
  if (hasTokenInQuery(message.target)) throw new HoldfastError('credentials_in_query');
  const [authorization, another] = fieldValues(message, 'authorization');
  // RFC 6750 §3.1; Node's `headers` would show the first and hide the second
  if (another !== undefined) throw new HoldfastError('credentials_duplicated');
  if (authorization === undefined) throw new HoldfastError('credentials_missing');
  if (authorization.length > LONGEST) throw new HoldfastError('credentials_malformed');
  const scheme = readScheme(authorization);
  const token = authorization.slice(scheme.length);
  // One or more spaces, never tabs (RFC 9110 §11.4: 1*SP)
  const credentials = /^ +/.exec(token) === null ? '' : token.trimStart();
  if (!TOKEN68.test(credentials) || token.includes('\t')) throw new HoldfastError('credentials_malformed');
  return { scheme, token: credentials };
}

/** The scheme that a request attempts, for its challenge. Never throws. */
export function attemptedScheme(message: HttpMessage): Credential['scheme'] | undefined {
  const [authorization = ''] = fieldValues(message, 'authorization');
  return known(SCHEME.exec(authorization)?.[0]);
}

function readScheme(authorization: string): Credential['scheme'] {
  const scheme = SCHEME.exec(authorization)?.[0];
  if (scheme === undefined) throw new HoldfastError('credentials_malformed');
  const name = known(scheme);
  if (name === undefined) throw new HoldfastError('scheme_unsupported');
  return name;
}

// RFC 9110 §11.1: scheme names are compared without regard to case
function known(scheme: string | undefined): Credential['scheme'] | undefined {
  const lower = scheme?.toLowerCase();
  if (lower === 'dpop') return 'DPoP';
  return lower === 'bearer' ? 'Bearer' : undefined;
}

function hasTokenInQuery(target: string): boolean {
  const query = target.indexOf('?');
  if (query === -1) return false;
  return new URLSearchParams(target.slice(query)).has('access_token') || TOKEN_IN_QUERY.test(target.slice(query));
}
