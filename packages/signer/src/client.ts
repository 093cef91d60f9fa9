import type { Clock } from '@holdfast/proof';
import { assemble } from './assemble.ts';
import { type Caller, createCaller, createTokens } from './caller.ts';
import {
  type AuthorizationOptions,
  type AuthorizationRequest,
  type Granted,
  pushAuthorization,
} from './grants/authorization.ts';
import { createSession, type Session, type SessionOptions } from './grants/session.ts';
import { clientCredentials, type ExchangeOptions, tokenExchange } from './grants/sources.ts';
import type { Binding, Credentials, Presigned } from './identity.ts';
import type { Authentication } from './issuer/authentication.ts';
import type { MessageSignatures } from './messages/messages.ts';
import { createReplacement } from './replacement.ts';
import type { TlsFiles } from './tls-files.ts';
import type { Wanted } from './token-memory.ts';
import type { TlsIdentity } from './transport.ts';

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
  /**
   * Origins that may receive the token. Left out: any https origin that the caller names; and for undici, which may follow
   * redirects, that of `resource`.
   */
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
   * follows has new tokens; the old ones are given back. What is left out stays. Rejects, and changes nothing, when there are no tokens to be had, or
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

/** A client that signs every request with its key (RFC 9449), or holds its certificate out with it (RFC 8705). */
export function createClient(options: ClientOptions): Client {
  const parts = assemble(options);
  const { context, calls, wanted, own, giveBack } = parts;
  const { identities, clock } = context;
  const replacement = createReplacement(parts);
  const tokens = createTokens(clientCredentials(calls), context);
  own.add(tokens);
  let closed: Promise<void> | undefined;

  /** A session that its first refresh token is told of, or none. */
  async function begin(granted: Granted, asked: Wanted, { onRefreshToken }: RefreshOptions): Promise<Session> {
    const { refreshToken } = granted.response;
    const session = createSession({ calls, context, wanted: asked, refreshToken, granted, onRefreshToken });
    try {
      if (refreshToken !== undefined) await onRefreshToken?.(refreshToken);
      return session;
    } catch (thrown) {
      await session.end().catch(() => {}); // nobody would know it, and it lives long
      throw thrown;
    }
  }

  async function end(revoke: boolean): Promise<void> {
    await replacement.end();
    if (revoke) await giveBack(identities.current);
    await identities.close();
  }

  return {
    ...createCaller(tokens, wanted, context),
    for: (other) => createCaller(tokens, { ...wanted, ...other }, context),
    async authorize({ onRefreshToken, ...asked }) {
      const request = await pushAuthorization(asked, { calls, identities, clock });
      const { resource, scope } = asked;
      const finish = async (callback: string | URL) =>
        begin(await request.finish(callback), { resource, scope }, { onRefreshToken });
      return { ...request, finish };
    },
    resume: (refreshToken, { onRefreshToken, ...asked } = {}) =>
      createSession({ calls, context, wanted: asked, refreshToken, onRefreshToken }),
    exchange({ resource, scope, ...exchanged }) {
      const received = createTokens(tokenExchange(calls, exchanged), context);
      own.add(received);
      return createCaller(received, { resource, scope }, context);
    },
    replace: replacement.replace,
    reload: replacement.reload,
    close({ revoke = true } = {}) {
      closed ??= end(revoke);
      return closed;
    },
  };
}
