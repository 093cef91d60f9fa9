import type { ShownClient } from './shown-client.ts';

/** Where the form on a page can lead: to the redirect URI, and from there to the client's own site. */
export type Destinations = Pick<ShownClient, 'redirectUri' | 'uri'>;

/** FAPI 2.0 §5.2.3: a year, for this name alone; others of the domain are not ours to bind. */
export const HSTS = { 'Strict-Transport-Security': 'max-age=31536000' } as const;

/**
 * The header fields of every page. No CORS field is among them, and none may be added (FAPI 2.0 §5.2.3). Chromium holds every
 * redirect after a form to `form-action`, also those of the client: a callback that sends the browser on to a third origin,
 * neither its own nor that of its `client_uri`, has to do so with a page in between.
 */
export function pageHeaders(destinations?: Destinations): Record<string, string> {
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': contentSecurityPolicy(destinations),
    'X-Frame-Options': 'DENY', // for browsers that do not know frame-ancestors
    'X-Content-Type-Options': 'nosniff',
    // With no-referrer a form would be posted with `Origin: null`, and nobody could tell ours from a stranger's
    'Referrer-Policy': 'same-origin',
    'Cache-Control': 'no-store',
    ...HSTS,
    'Permissions-Policy': DENIED_FEATURES.map((feature) => `${feature}=()`).join(', '),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
  };
}

const DENIED_FEATURES = ['camera', 'display-capture', 'geolocation', 'microphone', 'payment', 'usb'];

function contentSecurityPolicy(destinations: Destinations | undefined): string {
  const { redirectUri, uri } = destinations ?? {};
  const targets = [redirectUri, uri].flatMap((each) => (each === undefined ? [] : sources(new URL(each))));
  return [
    "default-src 'none'",
    "style-src 'self'",
    `form-action ${[...new Set(["'self'", ...targets])].join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');
}

/** CSP3 §2.3.1. Its grammar has no IPv6 address, of which the port has to do, and a URL's host may hold signs that end a directive. */
function sources({ protocol, hostname, host, port }: URL): string[] {
  if (hostname.startsWith('[')) return [`${protocol}//*${port === '' ? '' : `:${port}`}`];
  return /^[a-z0-9._-]+$/.test(hostname) ? [`${protocol}//${host}`] : [];
}
