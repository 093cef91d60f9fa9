/** A request as the core sees it, whatever server received it. */
export interface HttpMessage {
  /** As received: methods are case-sensitive. */
  readonly method: string;
  /** As received: path and query (RFC 9112 §3.2.1), or the absolute form of a request to a proxy (§3.2.2). */
  readonly target: string;
  /** name, value, name, value … as Node's `rawHeaders`: nothing joined, nothing dropped. */
  readonly headers: readonly string[];
  /** The client's leaf certificate in DER, from the TLS layer. */
  readonly certificate?: Uint8Array | undefined;
}

/** All values of a header field, one per field line. Names are compared without regard to case (RFC 9110 §5.1). */
export function fieldValues(message: Pick<HttpMessage, 'headers'>, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i + 1 < message.headers.length; i += 2) {
    if (isNamed(message.headers[i], name)) values.push(message.headers[i + 1] ?? '');
  }
  return values;
}

/** Whether a header field is there at all. */
export function hasField({ headers }: Pick<HttpMessage, 'headers'>, name: string): boolean {
  for (let i = 0; i + 1 < headers.length; i += 2) if (isNamed(headers[i], name)) return true;
  return false;
}

function isNamed(candidate: string | undefined, name: string): boolean {
  return candidate?.length === name.length && candidate.toLowerCase() === name;
}

// A router takes these as they come: what they would stand for in a URI is not what will be served. Clients resolve them.
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:\/|$)/i;

/**
 * The path of a request target, without query, as it was sent; undefined when the target is not a path on this server.
 * `new URL(target, base)` would not do: `//evil/a` and absolute targets replace the host (RFC 9112 §3.2).
 */
export function targetPath(target: string, origin: string): string | undefined {
  const path = target.startsWith('/') ? target : pathOfAbsolute(target, origin);
  if (path === undefined || path.includes('#')) return undefined;
  const query = path.indexOf('?');
  const withoutQuery = query === -1 ? path : path.slice(0, query);
  return DOT_SEGMENT.test(withoutQuery) ? undefined : withoutQuery;
}

/** The URI of a request, path and query as they were sent; undefined where `targetPath` is. RFC 9110 §7.1. */
export function targetUri(target: string, origin: string): string | undefined {
  if (targetPath(target, origin) === undefined) return undefined;
  return origin + (target.startsWith('/') ? target : pathOfAbsolute(target, origin));
}

// RFC 9112 §3.2.2: servers take the absolute form too. A path prefix of the origin is not cut off: routers do not either.
function pathOfAbsolute(target: string, origin: string): string | undefined {
  const [authority] = /^https?:\/\/[^/]+/i.exec(origin) ?? [];
  return authority !== undefined && target.startsWith(`${authority}/`) ? target.slice(authority.length) : undefined;
}
