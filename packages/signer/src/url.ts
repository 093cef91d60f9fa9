import { HoldfastError } from '@holdfast/proof';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** RFC 9449 §2: https only, except on loopback where that was asked for. No userinfo. Throws `url_refused`. */
export function checkUrl(url: string, allowLoopbackHttp: boolean): URL {
  if (!URL.canParse(url)) throw new HoldfastError('url_refused', { detail: 'not a URL' });
  const parsed = new URL(url);
  if (parsed.username !== '' || parsed.password !== '') throw new HoldfastError('url_refused', { detail: 'userinfo' });
  const loopback = allowLoopbackHttp && parsed.protocol === 'http:' && LOOPBACK.has(parsed.hostname);
  if (parsed.protocol !== 'https:' && !loopback) throw new HoldfastError('url_refused', { detail: 'not https' });
  return parsed;
}
