import { once } from 'node:events';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { type Client, type ClientOptions, generateKey, type MessageSignatures } from '@holdfast/signer';
import { createVenue, Exchange } from '@holdfast/venue';
import { createVerifier } from '@holdfast/verifier';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { dpopClient } from './clients.ts';
import { type FormRequest, granted, readFormRequest, scriptedIssuer } from './scripted-issuer.ts';
import { type Answer, type Received, type TlsServer, tlsServer } from './tls-server.ts';

/** A request or an answer on its way, to be changed by whoever is in between. */
export interface Passing {
  method: string;
  target: string;
  /** name, value, name, value … */
  headers: string[];
  body: Buffer;
}

export interface Answering {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** Somebody between client and venue, who ends TLS and may do what he likes. */
export interface Hop {
  request?(passing: Passing): void;
  response?(answer: Answering, request: Received): Answering | Promise<Answering>;
}

export interface SigningVenue extends TlsServer {
  readonly client: Client;
  /** For other clients. */
  readonly issuer: string;
  readonly exchange: Exchange;
  hop: Hop;
  /** Orders that the venue has taken. */
  orders(): number;
}

export interface Options {
  readonly signatures?: MessageSignatures;
  readonly wanted?: 'required' | 'evidence';
  readonly client?: Partial<ClientOptions>;
  /** Whether the client knows that this venue may have its token. */
  readonly isNamed?: boolean;
}

const signing = await generateKeyPair('ES256', { extractable: true });

/** A venue that wants its orders signed and signs its answers, behind a hop that ends TLS. */
export async function signingVenue({
  signatures = {},
  wanted = 'required',
  client = {},
  isNamed = false,
}: Options = {}) {
  const hop: { current: Hop } = { current: {} };
  let port = 0;
  const server = await tlsServer(async (received) => await forward(received, port, hop.current));
  const { origin } = server;
  const issuer = await scriptedIssuer({ token: (request) => mint(readFormRequest(request), origin) });
  const exchange = new Exchange({ clock: Date.now });
  const verifier = createVerifier({
    issuer: issuer.issuer,
    audience: origin,
    origin,
    jwks: { keys: [{ ...(await exportJWK(signing.publicKey)), kid: 'issuer-1', alg: 'ES256' }] },
    metadata: { resource_name: 'Signing venue' },
    responseSigning: { key: await generateKey() },
  });
  const venue = createVenue({ verifier, exchange, signatures: wanted });
  await venue.listen({ port: 0, host: '127.0.0.1' });
  port = (venue.server.address() as { port: number }).port;
  const made: SigningVenue = {
    ...server,
    client: dpopClient({ issuer: issuer.issuer, signatures, ...(isNamed ? { origins: [origin] } : {}), ...client }),
    issuer: issuer.issuer,
    exchange,
    get hop() {
      return hop.current;
    },
    set hop(other) {
      hop.current = other;
    },
    orders: () => exchange.orders('trader', { limit: 1000 }).orders.length,
    async [Symbol.asyncDispose]() {
      await Promise.all([server[Symbol.asyncDispose](), issuer[Symbol.asyncDispose](), venue.close()]);
    },
  };
  return made;
}

/** An access token (RFC 9068) that is bound to the key of the proof. */
async function mint({ proof }: FormRequest, audience: string): Promise<Answer> {
  const jkt = await calculateJwkThumbprint(proof?.header.jwk as JWK);
  const scope = 'orders:read orders:write positions:read';
  const token = await new SignJWT({ client_id: 'trader', scope, cnf: { jkt } })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'issuer-1' })
    .setIssuer(new URL(String(proof?.payload['htu'])).origin)
    .setSubject('trader')
    .setAudience(audience)
    .setJti(String(proof?.payload.jti))
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(signing.privateKey);
  return granted({ access_token: token });
}

async function forward(received: Received, port: number, hop: Hop): Promise<Answer> {
  const { method, target, rawHeaders, body } = received;
  const passing: Passing = { method, target, headers: [...rawHeaders], body };
  hop.request?.(passing);
  const answer = await send(passing, port);
  return (await hop.response?.(answer, received)) ?? answer;
}

async function send({ method, target, headers, body }: Passing, port: number): Promise<Answering> {
  const others = headers.filter((_, i) => headers[i - (i % 2)]?.toLowerCase() !== 'host');
  const request = httpRequest({ host: '127.0.0.1', port, method, path: target, headers: ['Host', 'venue', ...others] });
  request.end(body);
  const [response] = await once(request, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode ?? 0, headers: fieldsOf(response.headers), body: Buffer.concat(chunks) };
}

/** Without what belongs to the connection. */
function fieldsOf(headers: IncomingHttpHeaders): Record<string, string> {
  const own = ['connection', 'keep-alive', 'transfer-encoding', 'content-length'];
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (own.includes(name) ? [] : [[name, String(value)]])),
  );
}
