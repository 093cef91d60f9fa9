import { randomUUID } from 'node:crypto';
import type { Confirmation, HttpMessage } from '@holdfast/proof';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { type Client, createClients } from '../../../scene/client.ts';
import { AUDIENCE, type Issuer } from '../../../scene/issuer.ts';
import { dpopRequest, METHOD, ORIGIN, URL_CALLED } from '../../../scene/request.ts';
import type { Scene } from '../../../scene/scene.ts';
import type { DpopPeer } from './peer.ts';

type Requests = Pick<DpopPeer, 'messages' | 'token' | 'nonce'>;

/** For a peer that takes them: the very requests of our verifier, with its nonces. */
export function theSameRequests({ issuer, nonce, requests }: Scene): Requests {
  return { messages: requests, token: issuer.token, nonce };
}

/** For a peer with tokens or nonces of its own: the same order, by a hundred clients in turn. */
export async function itsOwnRequests(issuer: Issuer, nonce: () => string | Promise<string>): Promise<Requests> {
  const clients = await createClients(issuer, 'ES256', 100);
  let turn = 0;
  return {
    token: issuer.token,
    nonce,
    async messages(count) {
      const current = await nonce();
      const made: HttpMessage[] = [];
      for (; made.length < count; turn += 1) made.push(await order(clients[turn % clients.length] as Client, current));
      return made;
    },
  };
}

async function order({ signer, token }: Client, nonce: string): Promise<HttpMessage> {
  return dpopRequest(token, await signer.proof({ method: METHOD, url: URL_CALLED, accessToken: token, nonce }));
}

/** An issuer whose tokens are those of the scene but for what a peer wants otherwise: one set of claims for each token. */
export async function createOwnIssuer(iss: string, claims: (sequence: number) => JWTPayload): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(publicKey)), kid: 'issuer-1', alg: 'ES256', use: 'sig' };
  let sequence = 0;
  return {
    jwks: { keys: [jwk] },
    token(confirmation: Confirmation) {
      sequence += 1;
      const { sub = `trader-${sequence}`, aud = AUDIENCE, jti = randomUUID(), ...others } = claims(sequence);
      const isBound = Object.keys(confirmation).length > 0;
      const cnf = isBound ? { cnf: { ...confirmation } } : {};
      const payload = { client_id: `client-${sequence}`, scope: 'orders:read orders:write', ...cnf };
      return new SignJWT({ ...payload, iss, sub, aud, jti, ...others })
        .setProtectedHeader({ typ: 'at+jwt', alg: 'ES256', kid: jwk.kid })
        .setIssuedAt()
        .setExpirationTime('23 h')
        .sign(privateKey);
    },
  };
}

/** For a peer that takes what Web servers have: made before the slice. */
export function asRequest({ method, target, headers: fields }: HttpMessage): Request {
  const headers = new Headers();
  for (let i = 0; i + 1 < fields.length; i += 2) headers.append(fields[i] ?? '', fields[i + 1] ?? '');
  return new Request(ORIGIN + target, { method, headers });
}

/** For a peer that takes what `node:http` has: names in lower case, the first Authorization alone, others joined. */
export function asNodeHeaders({ headers: fields }: HttpMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [name, value] = [(fields[i] ?? '').toLowerCase(), fields[i + 1] ?? ''];
    const earlier = headers[name];
    if (earlier === undefined) headers[name] = value;
    else if (name !== 'authorization') headers[name] = `${earlier}, ${value}`;
  }
  return headers;
}
