import { normalizeHtu } from '@holdfast/proof';

const LOOPBACK = /^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?(?:\/|$)/;

/**
 * The public origin of a resource server, with a path prefix where a proxy strips one. It is configuration, because
 * behind a proxy the Host field is the sender's word. Throws TypeError for anything that cannot begin an htu.
 */
export function checkOrigin(origin: string, allowLoopbackHttp: boolean): string {
  const isBare = normalizeHtu(origin) !== undefined && !/[?#]|\/$/.test(origin);
  if (!isBare) throw new TypeError('origin: an https URL without query, fragment and trailing slash');
  // RFC 9449 §2: DPoP does not replace TLS
  if (/^https:/i.test(origin) || (allowLoopbackHttp && LOOPBACK.test(origin))) return origin;
  throw new TypeError('origin: https only (plain http needs allowLoopbackHttp, and then only on loopback)');
}
