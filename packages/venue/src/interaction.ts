import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';

const header = 'x-fapi-interaction-id';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * An `onRequest` hook. FAPI: a well-formed interaction id comes back as it was sent, else a new one is
 * made. No reply may be stored: all of them are somebody's orders, or a refusal.
 */
export function stampReply(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  if (!reply.hasHeader(header)) {
    const sent = request.headers[header];
    reply.header(header, typeof sent === 'string' && uuid.test(sent) ? sent : randomUUID());
    reply.header('cache-control', 'no-store');
  }
  done();
}
