import { createHash, randomUUID, type SigningOptions } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { type Cast, type Key, type Members, signature } from './cast.ts';
import type { ReferenceRequest } from './reference.ts';

export const ISSUER = 'https://issuer.example';
export const AUDIENCE = 'urn:holdfast:venue';
export const ORIGIN = 'https://venue.example';

export type Octets = string | Buffer;

/** A JWT that is being made wrongly: members first, then texts, then encodings, then the signature. */
export interface JwtDraft {
  key: Key;
  header: Members;
  payload: Members;
  /** What becomes of the JSON of each part, in this order. */
  readonly texts: { readonly header: Change<Octets>[]; readonly payload: Change<Octets>[] };
  /** What becomes of the segments before they are signed. */
  readonly segments: { readonly header: Change<string>[]; readonly payload: Change<string>[] };
  signing: { readonly options?: SigningOptions; readonly digest?: string; readonly input?: Change<string> };
  readonly signature: Change<Buffer>[];
  /** What becomes of the whole, signature included. */
  readonly compact: Change<string>[];
}

export type Change<T> = (value: T) => T;

/** A request that is being made wrongly. */
export interface Draft {
  readonly cast: Cast;
  readonly proof: JwtDraft;
  readonly token: JwtDraft;
  method: string;
  target: string;
  /** Whether the token is bound to whatever key the proof shows in the end. */
  isRebound: boolean;
  /** Seconds between the making of the proof and its judgement. */
  delay: number;
  readonly headers: Change<string[]>[];
  /** The jti of the good request that came before. */
  readonly usedJti: string;
  readonly nonces: { readonly current: string; readonly previous: string; readonly old: string };
}

export interface Making {
  readonly cast: Cast;
  readonly client: Key;
  readonly issuer: Key;
  readonly method: string;
  readonly target: string;
  readonly now: number;
  readonly nonce: string | undefined;
  readonly usedJti: string;
  readonly nonces: Draft['nonces'];
}

/** A good request. */
export function draft({ cast, client, issuer, method, target, now, nonce, usedJti, nonces }: Making): Draft {
  const proof = jwt(
    client,
    { typ: 'dpop+jwt', alg: client.alg, jwk: { ...client.jwk } },
    { jti: randomUUID(), htm: method, htu: ORIGIN + (target.split('?')[0] ?? ''), iat: now },
  );
  if (nonce !== undefined) proof.payload['nonce'] = nonce;
  return {
    cast,
    proof,
    token: goodToken(client, issuer, now),
    method,
    target,
    isRebound: false,
    delay: 0,
    headers: [],
    usedJti,
    nonces,
  };
}

function goodToken(client: Key, issuer: Key, now: number): JwtDraft {
  const claims = { iss: ISSUER, aud: AUDIENCE, sub: 'trader-1', client_id: 'client-1', scope: 'orders:read' };
  return jwt(
    issuer,
    { typ: 'at+jwt', alg: issuer.alg, kid: issuer.jkt },
    { ...claims, jti: `token of ${client.jkt}`, iat: now - 30, exp: now + 300, cnf: { jkt: client.jkt } },
  );
}

function jwt(key: Key, header: Members, payload: Members): JwtDraft {
  return {
    key,
    header,
    payload,
    texts: { header: [], payload: [] },
    segments: { header: [], payload: [] },
    signing: {},
    signature: [],
    compact: [],
  };
}

/** The request as it is sent. `token` stands for the one that would be made. */
export async function finish(request: Draft, token?: string): Promise<ReferenceRequest> {
  const { proof, headers } = request;
  if (request.isRebound) await rebind(request);
  const accessToken = token ?? compact(request.token);
  // A proof that was told another `ath` keeps it
  if (!('ath' in proof.payload)) {
    proof.payload['ath'] = createHash('sha256').update(accessToken).digest('base64url');
  }
  const fields = ['Authorization', `DPoP ${accessToken}`, 'DPoP', compact(proof)];
  return { method: request.method, target: request.target, headers: through(headers, fields) };
}

async function rebind({ proof, token }: Draft): Promise<void> {
  try {
    const { jwk } = JSON.parse(text(proof, 'header').toString()) as { jwk: Members };
    token.payload['cnf'] = { jkt: await calculateJwkThumbprint(jwk) };
  } catch {
    // it shows no key
  }
}

export function compact(making: JwtDraft): string {
  const segment = (part: 'header' | 'payload'): string =>
    through(making.segments[part], Buffer.from(text(making, part) as string).toString('base64url'));
  const input = `${segment('header')}.${segment('payload')}`;
  const { options, digest, input: signed } = making.signing;
  const octets = through(making.signature, signature(making.key, signed?.(input) ?? input, options, digest));
  return through(making.compact, `${input}.${octets.toString('base64url')}`);
}

/** A member whose value is JSON that `JSON.stringify` would not write. */
export function raw(json: string): string {
  return `\u0001${json}\u0001`;
}

function text(making: JwtDraft, part: 'header' | 'payload'): Octets {
  const json = JSON.stringify(making[part]).replace(/"\\u0001(.*?)\\u0001"/g, (_, inner: string) => {
    return JSON.parse(`"${inner}"`) as string;
  });
  return through(making.texts[part], json as Octets);
}

function through<T>(changes: readonly Change<T>[], value: T): T {
  return changes.reduce((result, change) => change(result), value);
}
