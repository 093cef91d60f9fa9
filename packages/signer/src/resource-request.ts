import { HoldfastError } from '@holdfast/proof';
import { Request as FetchRequest } from 'undici';
import type { Request } from './send.ts';
import { checkUrl } from './url.ts';

/** Where a client may send its token. */
export interface Reach {
  readonly origins?: readonly string[];
  readonly allowLoopbackHttp?: boolean;
}

/** What the caller of `fetch` wants sent, checked before a token is asked for. Other members of `init` have no meaning here. */
export async function readRequest(url: string, init: RequestInit, reach: Reach): Promise<Request> {
  init.signal?.throwIfAborted();
  const { origin, href } = checkUrl(url, reach.allowLoopbackHttp ?? false);
  if (reach.origins !== undefined && !reach.origins.includes(origin)) {
    throw new HoldfastError('url_refused', { detail: 'not an origin of this client' });
  }
  const headers = new Headers(init.headers);
  const body = await readBody(init.body, headers);
  return {
    url: href,
    // As fetch will send it: some methods go in upper case whatever was written, and some may not go at all
    method: new FetchRequest(href, { method: init.method ?? 'GET' }).method,
    headers,
    body,
    signal: init.signal,
  };
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
