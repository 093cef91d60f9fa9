import { HoldfastError } from '../errors.ts';
import { type Component, shownName } from './component.ts';
import type { SignedMessage } from './signed-message.ts';
import { plain } from './structured-field.ts';

// Scheme, authority without userinfo, path, query
const TARGET_URI = /^(https?):\/\/([^/?#@\s]+)((?:\/[^?#\s]*)?)(\?[^#\s]*)?$/i;
const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const LONGEST_QUERY = 2048; // characters, where a parameter is looked for in it
const DEFAULT_PORT: Readonly<Record<string, string>> = { http: ':80', https: ':443' };

/** The value of a derived component: RFC 9421 §2.2. Throws `signature_coverage` for one that has none. */
export function derivedValue(component: Component, { request, response }: SignedMessage): string {
  const isOfRequest = component.parameters.has('req') || response === undefined;
  if (component.name === '@status') {
    // RFC 9421 §2.2.9: a request has none
    if (isOfRequest) throw unresolved(component);
    return String(response.status);
  }
  // §2.2: the others are of requests
  if (!isOfRequest) throw unresolved(component);
  const allowed = component.name === '@query-param' ? 2 : 1;
  if (component.parameters.size > (component.parameters.has('req') ? allowed : allowed - 1)) {
    throw unresolved(component);
  }
  if (component.name === '@method') {
    if (!METHOD.test(request.method)) throw unresolved(component);
    return request.method;
  }
  return partOf(request.targetUri, component);
}

function partOf(targetUri: string, component: Component): string {
  const match = TARGET_URI.exec(plain(targetUri, 'signature_coverage'));
  if (match === null) throw unresolved(component);
  const [, scheme = '', authority = '', path = '', query = ''] = match;
  switch (component.name) {
    case '@target-uri':
      return targetUri;
    case '@authority':
      return normalAuthority(scheme, authority);
    case '@scheme':
      return scheme.toLowerCase();
    case '@request-target': // §2.2.5, of a request in origin form
      return (path === '' ? '/' : path) + query;
    case '@path':
      return path === '' ? '/' : path;
    case '@query': // §2.2.7: the question mark also of none
      return query === '' ? '?' : query;
    case '@query-param':
      return queryParameter(query, component);
    default:
      throw unresolved(component);
  }
}

/** RFC 9421 §2.2.3: lower case, without the default port. */
function normalAuthority(scheme: string, authority: string): string {
  const lower = authority.toLowerCase();
  const port = DEFAULT_PORT[scheme.toLowerCase()] ?? '';
  return lower.endsWith(port) ? lower.slice(0, -port.length) : lower;
}

/** RFC 9421 §2.2.8: the one parameter of that name. */
function queryParameter(query: string, component: Component): string {
  if (query.length > LONGEST_QUERY) throw unresolved(component);
  const name = component.parameters.get('name');
  const pairs = [...new URLSearchParams(query)];
  const [found, another] = pairs.filter(([each]) => encodeForm(each) === name);
  if (found === undefined || another !== undefined) throw unresolved(component);
  return encodeForm(found[1]);
}

/** The percent-encode set of application/x-www-form-urlencoded, with %20 for a space. */
function encodeForm(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function unresolved(component: Component): HoldfastError {
  return new HoldfastError('signature_coverage', { detail: shownName(component) });
}
