import type { FastifyReply, FastifyRequest } from 'fastify';
import { VenueError } from './errors.ts';
import { recordOf } from './evidence.ts';
import type { Answer, IdempotencyTable } from './idempotency.ts';

/** An `onRequest` hook: no token was checked, so the routes are outside `protect`, and nobody is served. */
export function insistOnAccess(request: FastifyRequest, _reply: FastifyReply, done: () => void): void {
  const account: unknown = request.access?.clientId;
  if (typeof account !== 'string' || account === '') throw new Error('the route is not protected');
  done();
}

/** The account is the client that the token was issued to. */
export function accountOf(request: FastifyRequest): string {
  return request.access.clientId;
}

/**
 * Sends the answer of `act`, or of the earlier request with the same Idempotency-Key. Only answers are
 * remembered, not refusals: a refused request did nothing, and the same key may try again.
 */
export function answerOnce(
  table: IdempotencyTable,
  request: FastifyRequest,
  reply: FastifyReply,
  act: () => Answer,
): FastifyReply | Promise<FastifyReply> {
  const key = readIdempotencyKey(request);
  if (key === undefined) return answerRecorded(reply, act());
  const { answer, replayed } = table.once(accountOf(request), key, describeRequest(request), act);
  if (replayed) reply.header('idempotency-replayed', 'true');
  return answerRecorded(reply, answer);
}

/** Sends an answer, where orders are recorded as soon as its order is. Rejects with `audit_unavailable` when it is not. */
export function answerRecorded(reply: FastifyReply, answer: Answer): FastifyReply | Promise<FastifyReply> {
  return recordOf(answer)?.then(() => send(reply, answer)) ?? send(reply, answer);
}

function readIdempotencyKey({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && /^[A-Za-z0-9._:-]{1,64}$/.test(key)) return key;
  throw new VenueError('invalid_idempotency_key');
}

/** Equal for equal requests: method, path and the fields in whatever order they were sent. */
function describeRequest({ method, url, body }: FastifyRequest): string {
  return JSON.stringify([method, url, Object.entries(body ?? {}).sort()]);
}

function send(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  return reply.code(status).headers(headers).type('application/json; charset=utf-8').send(body);
}
