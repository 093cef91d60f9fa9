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
  init.signal?.throwIfAborted();
  const fields = readFields(init.headers);
  const { body, type } = await readBody(init.body);
  if (type !== null) fields['content-type'] ??= type;
  const method = readMethod(init.method ?? 'GET');
  return { url: href, origin, method, fields, body, signal: init.signal, isRepeatable: IDEMPOTENT.has(method) };
}

/** Of a resource that may be called. */
export interface ResourceUrl {
  readonly origin: string;
  readonly href: string;
}

const KEPT = 8; // URLs whose checks need no repeating

/** A reader of URLs, which throws `url_refused` for one that may not be called with the token. */
export function createUrlReader({ origins, allowLoopbackHttp }: Reach): (url: string) => ResourceUrl {
  return keepingLast(KEPT, (url) => {
    const { origin, href } = checkUrl(url, allowLoopbackHttp);
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
  /** Of forms and blobs. */
  readonly type: string | null;
}

/** The body as a value that can be sent twice: a nonce challenge needs it again. */
async function readBody(body: RequestInit['body']): Promise<Body> {
  if (body === undefined || body === null || typeof body === 'string') return { body, type: null };
  if (body instanceof ReadableStream || Symbol.asyncIterator in body) throw new HoldfastError('body_not_replayable');
  const value = new Response(body);
  return { type: value.headers.get('content-type'), body: new Uint8Array(await value.arrayBuffer()) };
}
