import type { Clock } from '@holdfast/proof';
import type { Dispatcher } from 'undici';
import { unlessAborted } from './abort.ts';
import { asksForNonce, refusesProof, refusesToken } from './challenge.ts';
import type { ClockSkews } from './clock-skew.ts';
import { createDispatcher, signingInterceptor } from './dispatcher.ts';
import type { Holder, Identities } from './identities.ts';
import type { Identity } from './identity.ts';
import type { AccessToken } from './issuer/token-response.ts';
import type { Messages } from './messages/messages.ts';
import { requestFields } from './request-fields.ts';
import { readFields, readMethod, readRequest, type UrlReaders } from './resource-request.ts';
import { type Request, send } from './send.ts';
import type { Slots } from './slots.ts';
import { createTokenMemory, type TokenMemory, type Wanted } from './token-memory.ts';

/** A request that another HTTP stack is going to send. */
export interface PlainRequest {
  /** Default GET. */
  readonly method?: string;
  /** Of a WebSocket: with wss (RFC 6455 §4.1), whose handshake is a GET of the https URL. */
  readonly url: string | URL;
  /** Where messages are signed: the other fields and the body, as they will be sent. */
  readonly headers?: RequestInit['headers'];
  readonly body?: string | Uint8Array | undefined;
}

/** What came back from a server, to learn from. */
export interface PlainResponse {
  readonly status: number;
  readonly headers: RequestInit['headers'];
}

/** Calls resources with one kind of token. */
export interface Caller {
  /**
   * `fetch`, with a sender-constrained token and its proof. The body must be a value (not a stream). Redirects are not
   * followed. Throws `HoldfastError` when it refuses by itself, and what `fetch` throws.
   */
  fetch(url: string | URL, init?: RequestInit): Promise<Response>;
  /** The current token; a new one when there is none or it is about to expire. */
  token(): Promise<AccessToken>;
  /**
   * For another HTTP stack or a WebSocket: the fields of one request, good once. It has to be sent to this URL in this
   * spelling, without following redirects and, with tokens bound to a certificate, over a connection that holds it out.
   * What comes back belongs into `learn`. With signed messages these fields are signed too; NOT checked are the signatures
   * of answers.
   */
  headersFor(request: PlainRequest): Promise<Record<string, string>>;
  /**
   * Learns nonce and clock from a response to such a request. `retry`: the server wants a nonce, has not acted on the
   * request, and will take it with new fields; `done`: nothing more to do.
   */
  learn(url: string | URL, response: PlainResponse): 'retry' | 'done';
  /**
   * For `request`, `stream` and the like of undici: with the connections of the client, which end with it. A redirect
   * that undici follows looks like any other request, so that it sends nothing but to the `origins` of the client, or to that
   * of its `resource`.
   */
  readonly dispatcher: Dispatcher;
  /**
   * The same for a dispatcher of the caller's own: `agent.compose(interceptor)`. With tokens bound to a certificate the
   * agent has to hold it out itself. Bodies have to be strings or octets. It comes first in `compose`: what stands before
   * it and sends again, such as `retry`, would send a proof again.
   */
  readonly interceptor: Dispatcher.DispatcherComposeInterceptor;
}

export interface CallerContext extends UrlReaders {
  readonly identities: Identities;
  readonly skews: ClockSkews;
  readonly clock: Clock;
  readonly issuer: string;
  readonly slots: Slots;
  /** Given: messages are signed. */
  readonly messages: Messages | undefined;
}

/** Asks the issuer for a token for an identity. */
export type TokenSource = (wanted: Wanted, identity: Identity) => Promise<AccessToken>;

/** The tokens that a source gives, for each identity of the client. */
export interface Tokens extends Holder {
  of(identity: Identity): TokenMemory;
}

export function createTokens(source: TokenSource, { identities, clock, issuer }: CallerContext): Tokens {
  const memories = new WeakMap<Identity, TokenMemory>();
  function of(identity: Identity): TokenMemory {
    const known = memories.get(identity);
    if (known !== undefined) return known;
    const memory = createTokenMemory((wanted) => source(wanted, identity), { clock, issuer });
    memories.set(identity, memory);
    return memory;
  }
  const tokens: Tokens = {
    of,
    prepare: (next) =>
      of(identities.current)
        .inUse()
        .map((wanted) => of(next).get(wanted)),
  };
  identities.add(tokens);
  return tokens;
}

export function createCaller(tokens: Tokens, wanted: Wanted, context: CallerContext): Caller {
  const { identities, skews, messages, readUrl, slots } = context;

  async function sendAs(identity: Identity, request: Request): Promise<Response> {
    const { signer, nonces, binding, transport, messageSigner } = identity;
    const memory = tokens.of(identity);
    const { accessToken, tokenType } = await unlessAborted(memory.get(wanted), request.signal);
    const fields = { ...request.fields, authorization: `${tokenType} ${accessToken}` };
    const authorized = { ...request, fields };
    return await send(async () => authorized, {
      fetch: binding.method === 'mtls' ? transport.fetchWithCertificate : transport.fetch,
      nonces,
      skews,
      signer,
      accessToken,
      messages: messageSigner && messages?.isSigned(request) ? { ...messages, signer: messageSigner } : undefined,
      heard(response) {
        // Revoked, or signed by a key that is gone: the next request gets a new one. This one is the caller's to repeat.
        // Whoever else says so, such as a gateway that signs nothing, costs us no more than a token
        if (refusesToken(response)) memory.forget(accessToken);
      },
      isNonceChallenge: asksForNonce,
      refusesTime: refusesProof,
    });
  }

  return {
    token: () => identities.use((identity) => tokens.of(identity).get(wanted)),
    async fetch(url, init = {}) {
      const request = await readRequest(readUrl(String(url)), init);
      // Before anything is signed: neither token nor proof grows old while it waits
      const leave = await slots.take(request.origin, request.signal);
      return await identities.use((identity) => sendAs(identity, request)).finally(leave);
    },
    async headersFor({ method = 'GET', url, headers, body }) {
      const { origin, href } = readUrl(httpUrl(url));
      const fields = readFields(headers);
      const request = { origin, url: href, method: readMethod(method), fields, body };
      return await identities.use(async (identity) => {
        const token = await tokens.of(identity).get(wanted);
        return await requestFields(request, token, identity.nonces.newest(origin), identity, context);
      });
    },
    learn(url, { status, headers }) {
      const { origin } = new URL(httpUrl(url));
      const response = { status, headers: new Headers(headers) };
      const { current } = identities;
      current.nonces.learn(origin, response);
      // Whose token it is does not show: one that is good is asked for once more than need be
      if (refusesToken(response)) tokens.of(current).drop(wanted);
      if (refusesProof(response)) skews.learn(origin, response);
      return asksForNonce(response) ? 'retry' : 'done';
    },
    dispatcher: createDispatcher(tokens, wanted, context),
    interceptor: signingInterceptor(tokens, wanted, context),
  };
}

function httpUrl(url: string | URL): string {
  return String(url).replace(/^ws(?=s?:)/i, 'http');
}
