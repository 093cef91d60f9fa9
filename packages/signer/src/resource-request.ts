import { HoldfastError } from '@holdfast/proof';
import { Request as FetchRequest } from 'undici';
import { keepingLast } from './last-answers.ts';
import type { Request } from './send.ts';
import { checkUrl } from './url.ts';

/** Where a client may send its token. */
export interface Reach {
  readonly origins?: readonly string[] | undefined;
  readonly allowLoopbackHttp: boolean;
}

/** RFC 9110 §9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

/** What the caller of `fetch` wants sent, checked before a token is asked for. Other members of `init` have no meaning here. */
export async function readRequest({ origin, href }: ResourceUrl, init: RequestInit): Promise<Request> {
  // All of it before the first await: the caller may use the same object for the next request
  const { signal, headers, method: wanted = 'GET', body: given } = init;
  signal?.throwIfAborted();
  const fields = readFields(headers);
  const method = readMethod(wanted);
  delete fields['content-length']; // that of the body is sent; with a smaller one, undici would wait for ever
  const { body, type } = await readBody(given);
  if (type !== null) fields['content-type'] ??= type;
  return { url: href, origin, method, fields, body, signal, isRepeatable: IDEMPOTENT.has(method) };
}

/** Of a resource that may be called. */
export interface ResourceUrl {
  readonly origin: string;
  readonly href: string;
}

const KEPT = 8; // URLs whose checks need no repeating

export interface UrlReaders {
  /** Reads a URL that the caller has written. Throws `url_refused` for one that may not be called with the token. */
  readonly readUrl: (url: string) => ResourceUrl;
  /**
   * Reads one that may have come from a server, since a redirect looks like any other request to a dispatcher of undici. Throws
   * `url_refused`, too, while nobody has said which servers may have the token.
   */
  readonly readRedirectable: (url: string) => ResourceUrl;
}

/** `isAnyUrl`: callers may write URLs of other servers, too. */
export function createUrlReaders({ origins, allowLoopbackHttp }: Reach, isAnyUrl: boolean): UrlReaders {
  const bounded = createUrlReader({ origins, allowLoopbackHttp });
  return {
    readUrl: isAnyUrl ? createUrlReader({ allowLoopbackHttp }) : bounded,
    readRedirectable: origins === undefined ? refuseRedirectable : bounded,
  };
}

function refuseRedirectable(): never {
  throw new HoldfastError('url_refused', { detail: 'undici may have been redirected; the client needs its origins' });
}

function createUrlReader({ origins, allowLoopbackHttp }: Reach): (url: string) => ResourceUrl {
  return keepingLast(KEPT, (url) => {
    const { origin, href: whole } = checkUrl(url, allowLoopbackHttp);
    // A fragment is not sent. Of `?#` fetch would leave out both
    const [href = whole] = whole.split('#', 1);
    if (origins !== undefined && !origins.includes(origin)) {
      throw new HoldfastError('url_refused', { detail: 'not an origin of this client' });
    }
    return { origin, href };
  });
}

/** By names in lower case. Values of one name are joined with a comma, as `Headers` does. */
export function readFields(headers: RequestInit['headers']): Record<string, string> {
  return headers === undefined ? {} : Object.fromEntries(new Headers(headers));
}

const methods = new Map<string, string>();
const MOST_METHODS = 64;

/** As fetch will send it: some methods go in upper case whatever was written, and some may not go at all. */
export function readMethod(method: string): string {
  const known = methods.get(method);
  if (known !== undefined) return known;
  const read = new FetchRequest('https://localhost', { method }).method;
  if (methods.size < MOST_METHODS) methods.set(method, read);
  return read;
}

interface Body {
  readonly body: Request['body'];
  /** What fetch says it is, where the caller does not. */
  readonly type: string | null;
}

const TEXT = 'text/plain;charset=UTF-8'; // Fetch §5.2; a Blob has its type in lower case

/** The body as a value that can be sent twice: a nonce challenge needs it again. */
async function readBody(body: RequestInit['body']): Promise<Body> {
  if (body === undefined || body === null) return { body, type: null };
  if (typeof body === 'string') return { body, type: TEXT };
  if (body instanceof ReadableStream || Symbol.asyncIterator in body) throw new HoldfastError('body_not_replayable');
  const value = new Response(body);
  const type = value.headers.get('content-type');
  // Fetch would send `[object Object]`, or that of another library's FormData
  if (type === TEXT) throw new TypeError('body: an object that is no kind of body');
  return { type, body: new Uint8Array(await value.arrayBuffer()) };
}
