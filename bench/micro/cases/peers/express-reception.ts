import { once } from 'node:events';
import { createServer, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { HttpMessage } from '@holdfast/proof';
import type { Handler, Request } from 'express';
import { Pool } from 'undici';

/** Calls a middleware as Express does. Rejects where it refuses, by an error or by an answer of its own. */
export async function pass(handler: Handler, request: Request): Promise<void> {
  const response = request.res as NonNullable<Request['res']>;
  const outcome: { passed?: boolean; error?: unknown } = {};
  await handler(request, response, (error?: unknown) => {
    outcome.passed = error === undefined;
    outcome.error = error;
  });
  if (outcome.passed !== true) throw outcome.error ?? new Error(`refused with ${response.statusCode}`);
}

/**
 * An Express server on the loopback address, behind a proxy where TLS ends, that keeps what it has received. The response
 * of such a request is one that nobody has answered yet, and that goes nowhere.
 */
export async function openReception(): Promise<(message: HttpMessage) => Promise<Request>> {
  const express = (await import('express')).default;
  const app = express().set('trust proxy', 'loopback');
  let received: Request | undefined;
  app.use((request, response) => {
    request.res = Object.setPrototypeOf(new ServerResponse(request), Object.getPrototypeOf(response));
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
