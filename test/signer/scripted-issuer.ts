import type { ServerResponse } from 'node:http';
import type { ServerOptions } from 'node:https';
import { decodeJwt, decodeProtectedHeader, type JWTPayload, type ProtectedHeaderParameters } from 'jose';
import { type Answer, type Handler, type Received, type TlsServer, tlsServer } from './tls-server.ts';

/** What a false, careless or merely different issuer answers. `nth` counts the token requests from 1. */
export interface Script {
  readonly metadata?: (origin: string) => object;
  readonly token?: (request: Received, nth: number, response: ServerResponse) => ReturnType<Handler>;
  /** Takes over altogether for a path; undefined leaves it to the script. */
  readonly instead?: (path: string) => Handler | undefined;
  readonly tls?: ServerOptions;
  /** The path of the issuer identifier. */
  readonly path?: string;
}

export interface ScriptedIssuer extends TlsServer {
  readonly issuer: string;
  /** The token requests, taken apart. */
  readonly tokenRequests: readonly FormRequest[];
}

/** What a client asks of an endpoint, with what authenticates it. */
export interface FormRequest {
  readonly received: Received;
  readonly form: URLSearchParams;
  readonly proof: Jwt | undefined;
  readonly assertion: Jwt | undefined;
}

export interface Jwt {
  readonly compact: string;
  readonly header: ProtectedHeaderParameters;
  readonly payload: JWTPayload;
}

/** A token that this issuer gives unless told otherwise. Nobody here can tell what is inside. */
export const ACCESS_TOKEN = 'opaque.access-token_1~+/==';

export const granted = (members: object = {}): Answer => ({
  body: { access_token: ACCESS_TOKEN, token_type: 'DPoP', expires_in: 300, ...members },
});

export const nonceChallenge = (nonce: string): Answer => ({
  status: 400,
  headers: { 'dpop-nonce': nonce },
  body: { error: 'use_dpop_nonce' },
});

/** An issuer over TLS that says what a test wants it to say. */
export async function scriptedIssuer(script: Script = {}): Promise<ScriptedIssuer> {
  const { path: base = '' } = script;
  const tokenRequests: FormRequest[] = [];
  const server = await tlsServer((request, response) => {
    const path = request.target;
    const other = script.instead?.(path);
    if (other !== undefined) return other(request, response);
    if (path === `/.well-known/oauth-authorization-server${base}`) return { body: metadata() };
    if (!path.startsWith(`${base}/token`)) return { status: 404 };
    tokenRequests.push(readFormRequest(request));
    return script.token === undefined ? granted() : script.token(request, tokenRequests.length, response);
  }, script.tls);
  const issuer = `${server.origin}${base}`;
  const metadata = () => ({ issuer, token_endpoint: `${issuer}/token`, ...script.metadata?.(server.origin) });
  return { ...server, issuer, tokenRequests };
}

export function readFormRequest(received: Received): FormRequest {
  const form = new URLSearchParams(received.body.toString());
  return {
    received,
    form,
    proof: readJwt(received.headers.get('dpop')),
    assertion: readJwt(form.get('client_assertion')),
  };
}

/** A JWT taken apart by `jose`; nothing is verified. */
export function readJwt(compact: string | null): Jwt | undefined {
  if (compact === null) return undefined;
  return { compact, header: decodeProtectedHeader(compact), payload: decodeJwt(compact) };
}
