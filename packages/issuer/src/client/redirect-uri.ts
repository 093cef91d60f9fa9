const LOOPBACK = new Set(['127.0.0.1', '[::1]']); // RFC 8252 §7.3, §8.3: not the name localhost

/**
 * Whether a client may register it: FAPI 2.0 §5.3.2.2, RFC 9700 §2.6. https, or http on a literal loopback address for
 * native apps; no fragment (RFC 6749 §3.1.2), no userinfo, and in the one spelling that is compared.
 */
export function isRedirectUri(text: string): boolean {
  if (text.length > 2048 || !/^[\x21-\x7E]+$/.test(text) || text.includes('#') || text.includes('\\')) return false;
  const url = URL.parse(text);
  if (url === null || url.username !== '' || url.password !== '') return false;
  const isSecure = url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.has(url.hostname));
  // What begins otherwise than its own origin is another spelling of it
  return isSecure && text.startsWith(url.origin);
}

/** RFC 9700 §2.1: compared code point by code point; of a loopback redirect of a native app the port is free (RFC 8252 §7.3). */
export function isRegisteredRedirect(registered: readonly string[], asked: string): boolean {
  return registered.includes(asked) || (isRedirectUri(asked) && registered.some((each) => isSameButPort(each, asked)));
}

function isSameButPort(registered: string, asked: string): boolean {
  const [one, other] = [new URL(registered), new URL(asked)];
  if (one.protocol !== 'http:' || other.protocol !== 'http:' || one.hostname !== other.hostname) return false;
  return registered.slice(one.origin.length) === asked.slice(other.origin.length);
}
