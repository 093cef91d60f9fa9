import type { ServerOptions } from 'node:https';
import type { Client, ClientOptions } from '@holdfast/signer';
import { dpopClient } from './clients.ts';
import { type Jwt, readJwt, type Script, type ScriptedIssuer, scriptedIssuer } from './scripted-issuer.ts';
import { type Answer, type Handler, type Received, type TlsServer, tlsServer } from './tls-server.ts';

export interface Call extends Received {
  readonly proof: Jwt | undefined;
}

export interface ScriptedVenue extends TlsServer {
  readonly issuer: ScriptedIssuer;
  readonly client: Client;
  /** What was received, with the proofs taken apart. */
  readonly calls: readonly Call[];
}

export interface Scene {
  /** Makes the client; a DPoP client unless given. */
  readonly make?: (options: Pick<ClientOptions, 'issuer'>) => Client;
  readonly script?: Script;
  readonly tls?: ServerOptions;
  /** Whether the client knows that this venue and no other one may have its token. */
  readonly isNamed?: boolean;
}

/** A resource server that answers what a test wants, the issuer it belongs to, and a client of both. */
export async function scriptedVenue(handler: Handler, { make = dpopClient, script, tls, isNamed = false }: Scene = {}) {
  const issuer = await scriptedIssuer(script);
  const server = await tlsServer(handler, tls);
  const venue: ScriptedVenue = {
    ...server,
    issuer,
    client: make({ issuer: issuer.issuer, ...(isNamed ? { origins: [server.origin] } : {}) }),
    get calls() {
      return server.received.map((received) => ({ ...received, proof: readJwt(received.headers.get('dpop')) }));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([server[Symbol.asyncDispose](), issuer[Symbol.asyncDispose]()]);
    },
  };
  return venue;
}

/** RFC 9449 §9: 401, the challenge and the nonce. */
export function resourceChallenge(nonce: string, field = 'DPoP error="use_dpop_nonce"'): Answer {
  return { status: 401, headers: { 'www-authenticate': field, 'dpop-nonce': nonce } };
}
