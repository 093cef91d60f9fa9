import { HoldfastError, normalizeHtu } from '@holdfast/proof';
import { keepingLast } from './last-answers.ts';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);
const KEPT = 8; // URIs whose checks need no repeating

/** RFC 9449 §2: https only, except on loopback where that was asked for. No userinfo. Throws `url_refused`. */
export function checkUrl(url: string, allowLoopbackHttp: boolean): URL {
  if (!URL.canParse(url)) throw new HoldfastError('url_refused', { detail: 'not a URL' });
  const parsed = new URL(url);
  if (parsed.username !== '' || parsed.password !== '') throw new HoldfastError('url_refused', { detail: 'userinfo' });
  const loopback = allowLoopbackHttp && parsed.protocol === 'http:' && LOOPBACK.has(parsed.hostname);
  if (parsed.protocol !== 'https:' && !loopback) throw new HoldfastError('url_refused', { detail: 'not https' });
  return parsed;
}

/**
 * Reads the `htu` of a request from its URL: RFC 9449 §4.2, without query and fragment, in the spelling in which it is
 * sent. Throws `url_refused`.
 */
export function createHtuReader(allowLoopbackHttp: boolean): (url: string) => string {
  const check = keepingLast(KEPT, (uri) => {
    checkUrl(uri, allowLoopbackHttp);
    if (normalizeHtu(uri) === undefined) throw new HoldfastError('url_refused', { detail: 'not an http URI' });
    return uri;
  });
  return (url) => check(withoutQuery(url));
}

/** RFC 3986 §3.4, §3.5: what a query or a fragment begins with stands nowhere before it. */
export function withoutQuery(url: string): string {
  const end = url.search(/[?#]/);
  return end === -1 ? url : url.slice(0, end);
}
