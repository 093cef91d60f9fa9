import { readFile } from 'node:fs/promises';
import type { DemoClient } from '@holdfast/cli';
import type { JWK } from 'jose';
import { Agent, fetch as undiciFetch } from 'undici';

/** A client of our servers that somebody else wrote. */
export interface PeerClient {
  token(): Promise<string>;
  call(accessToken: string, method: string, url: string, body?: object): Promise<Reply>;
}

export interface Reply {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

/** As much of fetch as both libraries use. */
export type PeerFetch = (url: string, init: object) => Promise<Response>;

export interface PeerOptions {
  readonly issuer: string;
  readonly clientId: string;
  readonly scope?: string;
  /** For private_key_jwt; left out: the certificate of the connection authenticates. */
  readonly assertionKey?: { readonly key: CryptoKey; readonly kid: string } | undefined;
  /** Left out: the certificate binds the tokens. */
  readonly proofKeys?: KeyPair | undefined;
  readonly fetch: PeerFetch;
}

export interface KeyPair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

export type MakePeer = (options: PeerOptions) => Promise<PeerClient>;

/** A fetch for these libraries: with our authority, and with a certificate where one is given (PEM). */
export function fetchOver(tls: { ca: string; cert?: string; key?: string }): PeerFetch {
  const dispatcher = new Agent({ connect: tls });
  return async (url, init) => (await undiciFetch(url, { ...init, dispatcher })) as unknown as Response;
}

export async function proofKeys(): Promise<KeyPair> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  return (await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify'])) as KeyPair;
}

/** The private key that a client of the demo registered for private_key_jwt. */
export async function assertionKey({ key, client_id: kid }: DemoClient): Promise<{ key: CryptoKey; kid: string }> {
  const { kty, crv, x, y, d } = JSON.parse(await readFile(key, 'utf8')) as JWK;
  const jwk = { kty, crv, x, y, d } as object;
  return {
    key: await crypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']),
    kid,
  };
}

/** What a server answered, whether the library hands it out or throws it. */
export async function readReply(response: Response): Promise<Reply> {
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
