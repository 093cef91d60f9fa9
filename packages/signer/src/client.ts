import type { Clock } from '@holdfast/proof';
import { type Caller, type CallerContext, createCaller, createTokens, type Tokens } from './caller.ts';
import { createClockSkews } from './clock-skew.ts';
import { type AuthorizationOptions, type AuthorizationRequest, pushAuthorization } from './grants/authorization.ts';
import { createSession, type Session, type SessionOptions } from './grants/session.ts';
import { clientCredentials, type ExchangeOptions, tokenExchange } from './grants/sources.ts';
import { createIdentities } from './identities.ts';
import { type Binding, type Credentials, createIdentity, type Presigned } from './identity.ts';
import type { Authentication } from './issuer/authentication.ts';
import { documentFetch } from './issuer/document.ts';
import { createIssuerCalls } from './issuer/issuer-calls.ts';
import { createMessages, type MessageSignatures } from './messages/messages.ts';
import { createUrlReader } from './resource-request.ts';
import { createSlots } from './slots.ts';
import { isTlsFiles, readTlsFiles, type TlsFiles } from './tls-files.ts';
import { watchTlsFiles } from './tls-watch.ts';
import type { Wanted } from './token-memory.ts';
import type { TlsIdentity } from './transport.ts';
import { createWeakSet } from './weak-set.ts';

export interface ClientOptions {
  /** Issuer identifier; its metadata says where its endpoints are. */
  readonly issuer: string;
  readonly clientId: string;
  /** How the client authenticates at the issuer. */
  readonly auth: Authentication;
  /** What the tokens are bound to. */
  readonly binding: Binding;
  /** Space-separated (RFC 6749 §3.3); left out: what the issuer gives by default. */
  readonly scope?: string;
  /** Resource indicator (RFC 8707). */
  readonly resource?: string;
  /** Origins that may receive the token. Left out: any https origin that the caller names. */
  readonly origins?: readonly string[];
  /** PEM, or files that hold it and are looked at again: a new certificate is taken over without dropping a request. */
  readonly tls?: TlsIdentity | TlsFiles;
  /** Requests by `fetch` to one origin at once: the others wait before they are signed. Default 64. */
  readonly concurrency?: number;
  /** Given: proofs of these requests are made in advance. */
  readonly presigned?: Presigned;
  /** Given: messages are signed (RFC 9421), requests by the client and responses by the resource server. */
  readonly signatures?: MessageSignatures;
  /** Milliseconds that the issuer may take for one answer. Default 10 000. */
  readonly issuerTimeout?: number;
  /** Seconds by which a server's clock is followed when it refuses a time of ours. Default 300. */
  readonly maxSkew?: number;
  readonly clock?: Clock;
  /** Allows `http:` URLs on loopback, for tests and benchmarks. */
  readonly allowLoopbackHttp?: boolean;
}

/** Calls as the client itself, by client_credentials, and gets tokens for whatever else the issuer grants. */
export interface Client extends Caller {
  /** The same for another resource or other scopes. Tokens are shared by all who ask for the same. */
  for(wanted: Wanted): Caller;
  /** Asks a person for a grant: RFC 9126, RFC 6749 §4.1 with RFC 7636 and RFC 9207. */
  authorize(options: AuthorizationOptions & RefreshOptions): Promise<Authorization>;
  /** Goes on with a refresh token that was kept (RFC 6749 §6). */
  resume(refreshToken: string, options?: Wanted & RefreshOptions): Session;
  /** Calls with tokens that are exchanged for somebody else's (RFC 8693). */
  exchange(options: ExchangeOptions & Wanted): Caller;
  /**
   * Takes other keys or another certificate, without dropping a request: what is under way ends as it began, and what
   * follows has new tokens. What is left out stays. Rejects, and changes nothing, when there are no tokens to be had, or
   * when the client is closed.
   */
  replace(credentials: Partial<Credentials>): Promise<void>;
  /** Looks at the files of `tls` now, for instance at SIGHUP. Rejects with `certificate_unusable`, or as `replace`. */
  reload(): Promise<void>;
  /**
   * Ends the connections, once the responses under way are read or cancelled. Gives the access tokens of the client back
   * to the issuer first (RFC 7009), unless `revoke` is false; that fails silently, since they expire soon. Sessions stay
   * the person's: `end` ends them.
   */
  close(options?: { readonly revoke?: boolean }): Promise<void>;
}

export interface RefreshOptions {
  /** Is told each refresh token, and awaited, before a token that came with it is used. */
  readonly onRefreshToken?: SessionOptions['onRefreshToken'];
}

/** A pushed request, whose answer makes a session. */
export interface Authorization extends Omit<AuthorizationRequest, 'finish'> {
  finish(callback: string | URL): Promise<Session>;
}

const ISSUER_TIMEOUT = 10_000; // ms
const MAX_SKEW = 300; // seconds
const CONCURRENCY = 64; // more than one core keeps busy, and as many handshakes as one burst may cost

/** A client that signs every request with its key (RFC 9449), or holds its certificate out with it (RFC 8705). */
export function createClient(options: ClientOptions): Client {
  const { issuer, clientId, scope, resource, origins, tls = {}, concurrency = CONCURRENCY, presigned } = options;
  const { clock = Date.now, allowLoopbackHttp = false, maxSkew = MAX_SKEW, issuerTimeout = ISSUER_TIMEOUT } = options;
  const files = isTlsFiles(tls) ? readTlsFiles(tls) : undefined;
  let credentials: Credentials = {
    auth: options.auth,
    binding: options.binding,
    tls: files?.tls ?? (tls as TlsIdentity),
  };
  const messages =
    options.signatures &&
    createMessages(options.signatures, {
      fetch(ofResource) {
        const { transport, binding } = identities.current;
        const seesCertificate = ofResource && binding.method === 'mtls';
        const fetch = seesCertificate ? transport.fetchWithCertificate : transport.fetch;
        return documentFetch(fetch, issuerTimeout, 'resource_metadata');
      },
      ...{ clock, resource, allowLoopbackHttp },
    });
  const settings = { clock, allowLoopbackHttp, presigned, messages };
  const identities = createIdentities(createIdentity(credentials, settings));
  const skews = createClockSkews(clock, maxSkew);
  const calls = createIssuerCalls({ issuer, clientId, timeout: issuerTimeout, clock, skews, allowLoopbackHttp });
  if (!(Number.isInteger(concurrency) && concurrency > 0))
    throw new TypeError('concurrency: a whole number, 1 or more');
  const readUrl = createUrlReader({ origins, allowLoopbackHttp });
  const slots = createSlots(concurrency);
  const context: CallerContext = { identities, skews, readUrl, clock, issuer, slots, messages };
  const tokens = createTokens(clientCredentials(calls), context);
  const own = createWeakSet<Tokens>();
  own.add(tokens);
  const wanted = { resource, scope };
  let replacing: Promise<unknown> = Promise.resolve();
  let closed: Promise<void> | undefined;

  function replace(changed: Partial<Credentials>): Promise<void> {
    if (closed !== undefined) return Promise.reject(new TypeError('the client is closed'));
    const replaced = replacing.then(async () => {
      const next = { ...credentials, ...changed };
      const transport = changed.tls === undefined ? identities.current.transport : undefined;
      await identities.replace(createIdentity(next, settings, transport));
      credentials = next;
    });
    replacing = replaced.catch(() => {});
    return replaced;
  }

  const watch = files && watchTlsFiles(tls as TlsFiles, files.version, (found) => replace({ tls: found }));

  function session(of: Omit<SessionOptions, 'calls' | 'context'>): Session {
    return createSession({ ...of, calls, context });
  }

  async function giveBack(): Promise<void> {
    const { current } = identities;
    const live = own.all().flatMap((each) => each.of(current).tokens());
    await Promise.allSettled(live.map(({ accessToken }) => calls.revoke(accessToken, 'access_token', current)));
  }

  return {
    ...createCaller(tokens, wanted, context),
    for: (other) => createCaller(tokens, { ...wanted, ...other }, context),
    async authorize({ onRefreshToken, ...asked }) {
      const request = await pushAuthorization(asked, { calls, identities, clock });
      return {
        ...request,
        async finish(callback) {
          const granted = await request.finish(callback);
          const { refreshToken } = granted.response;
          const { resource, scope } = asked;
          const begun = session({ wanted: { resource, scope }, refreshToken, granted, onRefreshToken });
          try {
            if (refreshToken !== undefined) await onRefreshToken?.(refreshToken);
            return begun;
          } catch (thrown) {
            await begun.end().catch(() => {}); // nobody would know it, and it lives long
            throw thrown;
          }
        },
      };
    },
    resume: (refreshToken, { onRefreshToken, ...asked } = {}) =>
      session({ wanted: asked, refreshToken, onRefreshToken }),
    exchange({ resource, scope, ...exchanged }) {
      const received = createTokens(tokenExchange(calls, exchanged), context);
      own.add(received);
      return createCaller(received, { resource, scope }, context);
    },
    replace,
    async reload() {
      await watch?.look();
    },
    close({ revoke = true } = {}) {
      closed ??= (async () => {
        watch?.stop();
        await replacing;
        if (revoke) await giveBack();
        await identities.close();
      })();
      return closed;
    },
  };
}
