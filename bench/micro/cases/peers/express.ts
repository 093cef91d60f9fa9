import type { Handler, Request } from 'express';
import type { JSONWebKeySet, JWK } from 'jose';
import { AUDIENCE, ISSUER } from '../../../scene/issuer.ts';
import type { Scene } from '../../../scene/scene.ts';
import { openReception, pass } from './express-reception.ts';
import type { DpopPeer } from './peer.ts';
import { theSameRequests } from './requests.ts';

/**
 * The middleware by itself, called as Express calls it, with requests that Express has received over loopback before the
 * slice: neither Express nor HTTP is in its figure, as in no other's. The issuer's keys are given to it, so that it imports
 * them once.
 */
export async function openExpress(scene: Scene): Promise<DpopPeer<Request>> {
  const { auth } = (await import('express-oauth2-jwt-bearer')).default;
  const handler: Handler = auth({
    issuer: ISSUER,
    audience: AUDIENCE,
    publicKey: scene.issuer.jwks as unknown as JSONWebKeySet & { keys: JWK[] },
    tokenSigningAlg: 'ES256',
    strict: true,
    dpop: { enabled: true, required: true },
  });
  return { ...theSameRequests(scene), receive: await openReception(), check: (request) => pass(handler, request) };
}
