import { Agent, type Dispatcher, request } from 'undici';
import { type Answer, readAnswer } from './answer.ts';
import type { Holder, Holding } from './certificates.ts';

export type Endpoint =
  | 'token_endpoint'
  | 'pushed_authorization_request_endpoint'
  | 'authorization_endpoint'
  | 'revocation_endpoint'
  | 'introspection_endpoint'
  | 'userinfo_endpoint';

export interface Metadata extends Readonly<Record<string, unknown>>, Readonly<Record<Endpoint, string>> {
  readonly issuer: string;
  readonly jwks_uri: string;
  readonly mtls_endpoint_aliases?: Readonly<Record<string, string>>;
}

export interface Sent {
  readonly method?: Dispatcher.HttpMethod;
  /** Name, value, name, value: a name may be there twice. */
  readonly headers?: readonly string[];
  readonly body?: string;
  /** Whose certificate the connection shows; left out: none. */
  readonly holder?: Holder | undefined;
}

/** An issuer as its metadata tells of it, and the connections to it. */
export interface Site extends AsyncDisposable {
  readonly issuer: string;
  readonly metadata: Metadata;
  /** The last one that any answer gave. */
  nonce: string | undefined;
  /** Rejects where the connection ends without an answer, as by an alert of TLS. */
  send(url: string, sent?: Sent): Promise<Answer>;
}

export interface SiteOptions {
  readonly issuer: string;
  readonly ca: string;
  readonly certificates: Readonly<Record<Holder, Holding>>;
}

export async function openSite({ issuer, ca, certificates }: SiteOptions): Promise<Site> {
  const agents = new Map<Holder | undefined, Agent>();

  function agentOf(holder: Holder | undefined): Agent {
    const identity = holder === undefined ? {} : { cert: certificates[holder].cert, key: certificates[holder].key };
    const agent = agents.get(holder) ?? new Agent({ connect: { ca, ...identity } });
    agents.set(holder, agent);
    return agent;
  }

  async function send(url: string, { method = 'GET', headers = [], body, holder }: Sent = {}): Promise<Answer> {
    const dispatcher = agentOf(holder);
    const answered = await request(url, { dispatcher, method, headers: [...headers], body: body ?? null });
    return readAnswer(answered.statusCode, answered.headers, await answered.body.text());
  }

  const { body: metadata } = await send(metadataUrl(issuer));
  return {
    ...{ issuer, send, nonce: undefined },
    metadata: metadata as Metadata,
    async [Symbol.asyncDispose]() {
      await Promise.all([...agents.values()].map((agent) => agent.close()));
    },
  };
}

/** RFC 8414 §3.1: the well-known path comes before that of the issuer. */
export function metadataUrl(issuer: string): string {
  const { origin, pathname } = new URL(issuer);
  return `${origin}/.well-known/oauth-authorization-server${pathname === '/' ? '' : pathname}`;
}
