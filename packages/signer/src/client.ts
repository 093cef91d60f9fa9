import { type Clock, type ProofKey, seconds } from '@holdfast/proof';
import { unlessAborted } from './abort.ts';
import { asksForNonce, refusesToken } from './challenge.ts';
import { documentFetch } from './document.ts';
import { discover, type IssuerMetadata } from './issuer-metadata.ts';
import { createNonceMemory } from './nonce-memory.ts';
import { readRequest } from './resource-request.ts';
import { send } from './send.ts';
import { createSigner } from './signer.ts';
import { type AccessToken, type Authentication, requestToken } from './token-request.ts';
import { createTransport, type TlsIdentity } from './transport.ts';

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
  /** Milliseconds that the issuer may take for one answer. Default 10 000. */
  readonly issuerTimeout?: number;
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
  /** Ends the connections, once the responses under way are read or cancelled. */
  close(): Promise<void>;
}

const AHEAD = 10; // seconds before expiry at which a token is renewed
const ISSUER_TIMEOUT = 10_000; // ms

/** A client that signs every request with its key (RFC 9449), or holds its certificate out with it (RFC 8705). */
export function createClient(options: ClientOptions): Client {
  const { issuer, clientId, auth, binding, scope, resource, clock = Date.now, allowLoopbackHttp = false } = options;
  const { tls = {}, issuerTimeout = ISSUER_TIMEOUT } = options;
  const mutualTls = binding.method === 'mtls' || auth.method !== 'private_key_jwt';
  if (mutualTls && (tls.cert === undefined || tls.key === undefined)) {
    throw new TypeError('tls: cert and key are needed for a client that authenticates or binds by certificate');
  }
  const transport = createTransport(tls);
  const nonces = createNonceMemory();
  const signer = binding.method === 'dpop' ? createSigner({ key: binding.key, clock, allowLoopbackHttp }) : undefined;
  const resourceFetch = binding.method === 'mtls' ? transport.fetchWithCertificate : transport.fetch;
  let metadata: IssuerMetadata | undefined;
  let current: AccessToken | undefined;
  let underway: Promise<AccessToken> | undefined;

  async function renew(): Promise<AccessToken> {
    const plainFetch = documentFetch(transport.fetch, issuerTimeout, 'issuer_metadata');
    metadata ??= await discover(issuer, plainFetch, allowLoopbackHttp);
    const tokenFetch = mutualTls ? transport.fetchWithCertificate : transport.fetch;
    const sending = { fetch: documentFetch(tokenFetch, issuerTimeout, 'token_response'), nonces, signer };
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
      const { accessToken, tokenType } = await unlessAborted(token(), request.signal);
      request.headers.set('authorization', `${tokenType} ${accessToken}`);
      const sending = { fetch: resourceFetch, nonces, signer, accessToken, isNonceChallenge: asksForNonce };
      const response = await send(async () => request, sending);
      // Revoked, or signed by a key that is gone: the next request gets a new one. This one is the caller's to repeat
      if (refusesToken(response) && current?.accessToken === accessToken) current = undefined;
      return response;
    },
    close: () => transport.close(),
  };
}
