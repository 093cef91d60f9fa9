import { HoldfastError } from '@holdfast/proof';
import { Request as FetchRequest } from 'undici';
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
export async function readRequest(url: string, init: RequestInit, reach: Reach): Promise<Request> {
  init.signal?.throwIfAborted();
  const { origin, href } = readResourceUrl(url, reach);
  const headers = new Headers(init.headers);
  const body = await readBody(init.body, headers);
  const method = readMethod(init.method ?? 'GET');
  return { url: href, origin, method, headers, body, signal: init.signal, isRepeatable: IDEMPOTENT.has(method) };
}

/** A URL that may be called with the token. Throws `url_refused`. */
export function readResourceUrl(url: string, { origins, allowLoopbackHttp }: Reach): { origin: string; href: string } {
  const { origin, href } = checkUrl(url, allowLoopbackHttp);
  if (origins !== undefined && !origins.includes(origin)) {
    throw new HoldfastError('url_refused', { detail: 'not an origin of this client' });
  }
  return { origin, href };
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

/** The body as a value that can be sent twice: a nonce challenge needs it again. Forms and blobs bring their type along. */
async function readBody(body: RequestInit['body'], headers: Headers): Promise<Request['body']> {
  if (body === undefined || body === null || typeof body === 'string') return body;
  if (body instanceof ReadableStream || Symbol.asyncIterator in body) throw new HoldfastError('body_not_replayable');
  const value = new Response(body);
  const type = value.headers.get('content-type');
  if (type !== null && !headers.has('content-type')) headers.set('content-type', type);
  return new Uint8Array(await value.arrayBuffer());
}
