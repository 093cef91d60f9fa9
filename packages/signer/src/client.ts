import { type Clock, HoldfastError, seconds } from '@holdfast/proof';
import { asksForNonce } from './challenge.ts';
import { discover, type IssuerMetadata } from './issuer-metadata.ts';
import type { ProofKey } from './key.ts';
import { createNonceMemory } from './nonce-memory.ts';
import { type Request, send } from './send.ts';
import { createSigner } from './signer.ts';
import { type AccessToken, type Authentication, requestToken } from './token-request.ts';
import { createTransport, type TlsIdentity } from './transport.ts';
import { checkUrl } from './url.ts';

export interface ClientOptions {
  /** Issuer identifier; its metadata says where the token endpoint is. */
  readonly issuer: string;
  readonly clientId: string;
  /** How the client authenticates at the issuer. */
  readonly auth: Authentication;
  /** What the tokens are bound to. */
  readonly binding: { readonly method: 'dpop'; readonly key: ProofKey } | { readonly method: 'mtls' };
  /** Space-separated (RFC 6749 §3.3); left out: what the issuer gives by default. */
  readonly scope?: string;
  /** Resource indicator (RFC 8707). */
  readonly resource?: string;
  /** Origins that may receive the token. Left out: any https origin that the caller names. */
  readonly origins?: readonly string[];
  readonly tls?: TlsIdentity;
  readonly clock?: Clock;
  /** Allows `http:` URLs on loopback, for tests and benchmarks. */
  readonly allowLoopbackHttp?: boolean;
}

export interface Client {
  /**
   * `fetch`, with a sender-constrained token and its proof. The body must be a value (not a stream). Redirects are not
   * followed. Throws `HoldfastError` when it refuses by itself, and what `fetch` throws.
   */
  fetch(url: string | URL, init?: RequestInit): Promise<Response>;
  /** The current token; a new one when there is none or it is about to expire. */
  token(): Promise<AccessToken>;
  close(): Promise<void>;
}

const AHEAD = 10; // seconds before expiry at which a token is renewed

/** A client that signs every request with its key (RFC 9449), or holds its certificate out with it (RFC 8705). */
export function createClient(options: ClientOptions): Client {
  const { issuer, clientId, auth, binding, scope, resource, clock = Date.now, allowLoopbackHttp = false } = options;
  const transport = createTransport(options.tls ?? {});
  const nonces = createNonceMemory();
  const signer = binding.method === 'dpop' ? createSigner({ key: binding.key, clock, allowLoopbackHttp }) : undefined;
  const mutualTls = binding.method === 'mtls' || auth.method !== 'private_key_jwt';
  const resourceFetch = binding.method === 'mtls' ? transport.fetchWithCertificate : transport.fetch;
  let metadata: IssuerMetadata | undefined;
  let current: AccessToken | undefined;
  let underway: Promise<AccessToken> | undefined;

  async function renew(): Promise<AccessToken> {
    metadata ??= await discover(issuer, transport.fetch, allowLoopbackHttp);
    const fetch = mutualTls ? transport.fetchWithCertificate : transport.fetch;
    const sending = { fetch, nonces, signer };
    current = await requestToken({
      issuer,
      clientId,
      auth,
      metadata,
      mutualTls,
      scope,
      resource,
      clock,
      sending,
    });
    return current;
  }

  // One request to the issuer for any number of callers that wait
  async function token(): Promise<AccessToken> {
    if (current !== undefined && current.expiresAt - AHEAD > seconds(clock)) return current;
    underway ??= renew().finally(() => {
      underway = undefined;
    });
    return underway;
  }

  return {
    token,
    async fetch(url, init = {}) {
      const request = await readRequest(String(url), init, options);
      const { accessToken, tokenType } = await token();
      request.headers.set('authorization', `${tokenType} ${accessToken}`);
      const sending = { fetch: resourceFetch, nonces, signer, accessToken, isNonceChallenge: asksForNonce };
      return send(async () => request, sending);
    },
    close: () => transport.close(),
  };
}

async function readRequest(url: string, init: RequestInit, options: ClientOptions): Promise<Request> {
  const { origin, href } = checkUrl(url, options.allowLoopbackHttp ?? false);
  if (options.origins !== undefined && !options.origins.includes(origin)) {
    throw new HoldfastError('url_refused', { detail: 'not an origin of this client' });
  }
  const headers = new Headers(init.headers);
  const body = await readBody(init.body, headers);
  return {
    url: href.replace(/#.*$/, ''),
    method: normalizeMethod(init.method ?? 'GET'),
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

// The Fetch standard sends these in upper case whatever was written; every other method is sent as it is
function normalizeMethod(method: string): string {
  const upper = method.toUpperCase();
  return ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'].includes(upper) ? upper : method;
}
