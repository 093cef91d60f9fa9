import { randomBytes } from 'node:crypto';
import type { HttpMessage } from '@holdfast/proof';
import type { Request } from 'express';
import { authMiddleware, type JtiData } from 'express-oauth2-dpop';
import type { Client } from '../../../scene/client.ts';
import { AUDIENCE, ISSUER } from '../../../scene/issuer.ts';
import { goodRequest, type Scene } from '../../../scene/scene.ts';
import { openReception, pass } from './express-reception.ts';
import { json, serveDocuments } from './loopback-documents.ts';
import type { DpopPeer } from './peer.ts';

const RENEWED = 2 * 60 * 1000; // ms: a nonce is good for five minutes, and a new one is told in the last of them

/**
 * The middleware by itself, called as the other one for Express. It takes the tokens of our verifier, and fetches the
 * issuer's keys once in ten minutes. Its nonces are encrypted and bound to a token: each client has one of its own.
 */
export async function openExpressDpop(scene: Scene): Promise<DpopPeer<Request>> {
  const used = new Map<string, JtiData>();
  const handler = authMiddleware({
    issuer: ISSUER,
    audience: AUDIENCE,
    jwksUri: `${await serveDocuments(() => json(scene.issuer.jwks))}/jwks`,
    enforceDPoP: true,
    nonceSecret: randomBytes(32).toString('hex'),
    jtiStore: {
      get: async (jti) => used.get(jti),
      set: async (jti, data) => void used.set(jti, data),
    },
  });
  const receive = await openReception();

  async function nonce(withoutNonce: () => Promise<HttpMessage>): Promise<string | undefined> {
    const request = await receive(await withoutNonce());
    await Promise.allSettled([pass(handler, request)]);
    return request.res?.get('DPoP-Nonce');
  }

  return {
    messages: requestsOf(scene, nonce),
    token: scene.issuer.token,
    nonce,
    receive,
    check: (request) => pass(handler, request),
    restart: () => used.clear(), // its documentation has a timer for that
  };
}

/** The requests of our verifier but for the nonce, which a client keeps as long as it is good. */
function requestsOf(scene: Scene, nonce: DpopPeer['nonce']): DpopPeer['messages'] {
  const told = new Map<Client, { readonly nonce: string | undefined; readonly until: number }>();

  async function nonceOf(client: Client): Promise<string | undefined> {
    const kept = told.get(client);
    if (kept !== undefined && Date.now() < kept.until) return kept.nonce;
    const fresh = { nonce: await nonce(() => goodRequest(client, undefined)), until: Date.now() + RENEWED };
    told.set(client, fresh);
    return fresh.nonce;
  }

  return async (count) => {
    const made: HttpMessage[] = [];
    while (made.length < count) {
      const client = scene.nextClient();
      made.push(await goodRequest(client, await nonceOf(client)));
    }
    return made;
  };
}
