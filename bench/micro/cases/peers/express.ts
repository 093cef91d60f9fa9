import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { HttpMessage } from '@holdfast/proof';
import type { Handler, Request } from 'express';
import type { JSONWebKeySet, JWK } from 'jose';
import { Pool } from 'undici';
import { AUDIENCE, ISSUER } from '../../../scene/issuer.ts';
import type { Scene } from '../../../scene/scene.ts';
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
  return { ...theSameRequests(scene), receive: await openReception(), check: (request) => passed(handler, request) };
}

function passed(handler: Handler, request: Request): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (error?: unknown) => (error === undefined ? resolve() : reject(error));
    void handler(request, request.res as NonNullable<Request['res']>, next);
  });
}

/** An Express server on the loopback address, behind a proxy where TLS ends, that keeps what it has received. */
async function openReception(): Promise<(message: HttpMessage) => Promise<Request>> {
  const express = (await import('express')).default;
  const app = express().set('trust proxy', 'loopback');
  let received: Request | undefined;
  app.use((request, response) => {
    received = request;
    response.end();
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  server.keepAliveTimeout = 0;
  server.on('connection', (socket: Socket) => socket.unref());
  await once(server, 'listening');
  server.unref();
  const { port } = server.address() as AddressInfo;
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 1, keepAliveTimeout: 600_000 });
  return async ({ method, target, headers }) => {
    const fields = [...headers, 'X-Forwarded-Proto', 'https'];
    const answer = await pool.request({ path: target, method, headers: fields, body: Buffer.alloc(96) });
    await answer.body.dump();
    if (received === undefined) throw new Error('a request that did not arrive');
    return received;
  };
}
