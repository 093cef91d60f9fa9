const LONGEST = 2048; // characters; a longer htu is not one of ours

// RFC 3986: unreserved, sub-delims and percent-encoded octets, without userinfo.
const PCHAR = "(?:[A-Za-z0-9\\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})";
const REG_NAME = "(?:[A-Za-z0-9\\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+";
const HTTP_URI = new RegExp(
  `^(https?)://(${REG_NAME}|\\[[0-9A-Fa-f:.]+\\])(?::([0-9]*))?((?:/${PCHAR}*)*)(?:\\?(?:${PCHAR}|[/?])*)?(?:#(?:${PCHAR}|[/?])*)?$`,
  'i',
);
// Most URIs of an API are their own normal form, which this sees in a tenth of the time
const PLAIN = /^https?:\/\/[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::(?!(?:80|443)\/)[0-9]+)?(?:\/[A-Za-z0-9_-]*)+$/;
const DEFAULT_PORT: Readonly<Record<string, string>> = { http: '80', https: '443' };
const UNRESERVED = /[A-Za-z0-9\-._~]/;

/**
 * The normal form in which two `htu` are compared (RFC 9449 §4.3 with RFC 3986 §6.2.2–6.2.3): query and fragment
 * removed; scheme and host in lower case; default or empty port dropped; unreserved octets decoded and other escapes
 * in upper case; dot segments removed; empty path as `/`. Undefined for anything that is not an http(s) URI.
 *
 * Deliberately not `new URL()`, which is another normalisation: it takes backslashes, tabs, userinfo, `https:host`,
 * full-width letters and octal addresses, and leaves `%7E` alone. Nothing merges slashes or decodes `%2F`.
 */
export function normalizeHtu(uri: string): string | undefined {
  if (uri.length > LONGEST) return undefined;
  if (PLAIN.test(uri)) return uri;
  const match = HTTP_URI.exec(uri);
  if (match === null) return undefined;
  const [, scheme = '', host = '', port = '', path = ''] = match;
  const lowerScheme = scheme.toLowerCase();
  const authority = decodeUnreserved(host)
    .toLowerCase()
    .replace(/%[0-9a-f]{2}/g, (octet) => octet.toUpperCase());
  const suffix = port === '' || port === DEFAULT_PORT[lowerScheme] ? '' : `:${port}`;
  return `${lowerScheme}://${authority}${suffix}${removeDotSegments(decodePath(path))}`;
}

/**
 * Whether the `htu` of a proof names the URI that was called. `own` is the public origin and the path as received.
 * Most clients send exactly that, so the normal form is made only when they differ.
 */
export function matchesHtu(htu: string, own: string): boolean {
  if (htu === own) return true;
  const normal = normalizeHtu(htu);
  return normal !== undefined && normal === normalizeHtu(own);
}

/** RFC 3986 §6.2.2.1–6.2.2.2. */
function decodeUnreserved(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%[0-9A-Fa-f]{2}/g, (octet) => {
    const character = String.fromCharCode(Number.parseInt(octet.slice(1), 16));
    return UNRESERVED.test(character) ? character : octet.toUpperCase();
  });
}

// `@` delimits nothing in a path, and clients in the field escape it in one place and not in the other.
function decodePath(path: string): string {
  return decodeUnreserved(path).replaceAll('%40', '@');
}

/** RFC 3986 §5.2.4 for a path that is empty or begins with a slash. */
function removeDotSegments(path: string): string {
  if (!path.includes('/.')) return path === '' ? '/' : path;
  const output: string[] = [];
  const segments = path.split('/').slice(1);
  segments.forEach((segment, i) => {
    const isLast = i === segments.length - 1;
    if (segment === '..') output.pop();
    if (segment !== '.' && segment !== '..') output.push(segment);
    else if (isLast) output.push('');
  });
  return `/${output.join('/')}`;
}
