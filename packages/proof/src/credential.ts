import { HoldfastError } from './errors.ts';
import { fieldValues, type HttpMessage } from './message.ts';

/** An access token as the request carries it. Nothing about it is verified. */
export interface Credential {
  readonly scheme: 'DPoP' | 'Bearer';
  readonly token: string;
}

const LONGEST = 16_384; // characters of an Authorization field
const SCHEME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+/;
const SPACES = / +/y; // no other white space
const TOKEN68 = /^[A-Za-z0-9\-._~+/]+=*$/;

/**
 * The one access token of a request: RFC 9449 §7.1, RFC 6750 §2.1, RFC 9110 §11.4. `isKnown`: whether a token was read
 * and verified before, so that its characters need no second look.
 */
export function readCredential(message: HttpMessage, isKnown: (token: string) => boolean): Credential {
  // FAPI 2.0 §5.3.4: never in the query, also beside a header
  if (hasTokenInQuery(message.target)) throw new HoldfastError('credentials_in_query');
  const [authorization, another] = fieldValues(message, 'authorization');
  // RFC 6750 §3.1; Node's `headers` would show the first and hide the second
  if (another !== undefined) throw new HoldfastError('credentials_duplicated');
  if (authorization === undefined) throw new HoldfastError('credentials_missing');
  if (authorization.length > LONGEST) throw new HoldfastError('credentials_malformed');
  const scheme = readScheme(authorization);
  const token = authorization.slice(afterSpaces(authorization, scheme.length));
  if (!isKnown(token) && !TOKEN68.test(token)) throw new HoldfastError('credentials_malformed');
  return { scheme, token };
}

/** The scheme that a request attempts, for its challenge; undefined also when it attempts both. */
export function attemptedScheme(message: HttpMessage): Credential['scheme'] | undefined {
  const [first, ...others] = fieldValues(message, 'authorization');
  const scheme = known(SCHEME.exec(first ?? '')?.[0]);
  return others.every((other) => known(SCHEME.exec(other)?.[0]) === scheme) ? scheme : undefined;
}

function readScheme(authorization: string): Credential['scheme'] {
  const scheme = SCHEME.exec(authorization)?.[0];
  if (scheme === undefined) throw new HoldfastError('credentials_malformed');
  const name = known(scheme);
  if (name === undefined) throw new HoldfastError('scheme_unsupported');
  return name;
}

/** RFC 9110 §11.4: 1*SP. */
function afterSpaces(authorization: string, start: number): number {
  SPACES.lastIndex = start;
  if (!SPACES.test(authorization)) throw new HoldfastError('credentials_malformed');
  return SPACES.lastIndex;
}

// RFC 9110 §11.1: scheme names are compared without regard to case
function known(scheme: string | undefined): Credential['scheme'] | undefined {
  const lower = scheme?.toLowerCase();
  if (lower === 'dpop') return 'DPoP';
  return lower === 'bearer' ? 'Bearer' : undefined;
}

// Also where some other hop would have found it: escaped, or in another letter case. By one pass over the text: taking a
// query of 15 kB apart costs more than ten signatures, and strangers may send one
const TOKEN_IN_QUERY = new RegExp(`(?:^\\?|&)${[...'access_token'].map(spellings).join('')}(?:[=&]|$)`, 'i');

function hasTokenInQuery(target: string): boolean {
  const query = target.indexOf('?');
  return query !== -1 && TOKEN_IN_QUERY.test(target.slice(query));
}

/** RFC 3986 §2.1: itself, or the octets of whatever has it for a small form; beside its capital, of k the Kelvin sign. */
function spellings(character: string): string {
  const forms = [character, character.toUpperCase(), ...(character === 'k' ? ['\u212a'] : [])];
  const octets = forms.map((form) => Buffer.from(form).toString('hex').replace(/../g, '%$&'));
  return `(?:${[character, ...octets].join('|')})`;
}
