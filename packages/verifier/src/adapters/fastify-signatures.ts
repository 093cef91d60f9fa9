import { Readable } from 'node:stream';
import {
  asRefusal,
  HoldfastError,
  type HttpMessage,
  headersFromNode,
  logFields,
  messageFromNode,
} from '@holdfast/proof';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { neededSignatures } from '../signature/message-signatures.ts';
import { checkContentLength, readContent } from './content.ts';
import { type Guard, refusalReply } from './reply.ts';

/**
 * RFC 9421 §7.2.8: on routes that need a signature, compares the body with the digest that the signature covers, before any
 * parser and handler sees it, and hands on the same octets. A body beyond the route's `bodyLimit` gets Fastify's own 413.
 */
export function checkBodies(app: FastifyInstance, verifier: Guard): void {
  // With a callback, because it alone lets a request pass: see `protect`
  app.addHook('preParsing', (request, reply, payload, pass) => {
    if (!needsSignature(request)) return pass(null, payload);
    signedBody(verifier, request, reply, payload as Readable).then(
      (body) => body && pass(null, body),
      (thrown) => {
        // The rest of the body is not read: Fastify does the same
        if (request.raw.httpVersionMajor === 1) reply.header('Connection', 'close');
        pass(asFastifyError(thrown));
      },
    );
  });
}

/**
 * FAPI 2.0 HTTP Signatures §5.3.2.1: signs every reply to a signed request on routes that need a signature, refusals and
 * errors too. What cannot be signed becomes 500: a stream, and everything while the key does not sign, unsigned then. NOT
 * signed is what does not go through `reply.send` on its route: `reply.raw`, `hijack`, `callNotFound`.
 */
export function signReplies(app: FastifyInstance, verifier: Guard): void {
  if (verifier.responseKeys === undefined) return;
  // With a promise, because Fastify then answers what throws while the reply is sent, such as a header that is none
  app.addHook('onSend', async (request, reply, payload) => {
    if (!needsSignature(request)) return;
    try {
      await sign(verifier, request, reply, payload);
    } catch (cause) {
      drop(payload);
      throw new HoldfastError('internal', { cause });
    }
  });
}

/** The request as it was sent: `rewriteUrl` changes the target of the raw one. */
export function messageOf(request: FastifyRequest): HttpMessage {
  return { ...messageFromNode(request.raw), target: request.originalUrl };
}

/** Says why a request is refused, in the log and to its sender. */
export function refuse(request: FastifyRequest, reply: FastifyReply, thrown: unknown, requirement = {}): void {
  const refusal = asRefusal(thrown);
  request.log[refusal.status < 500 ? 'info' : 'error'](logFields(refusal), 'refused');
  const { status, headers, body } = refusalReply(refusal, requirement);
  reply.code(status).headers(headers).send(body);
}

function needsSignature(request: FastifyRequest): boolean {
  const policy = request.is404 ? undefined : request.routeOptions.config.signature;
  // Asked of every request: its certificate, which takes long to read, says nothing of signatures
  return policy !== undefined && neededSignatures({ headers: headersFromNode(request.raw) }, policy) !== undefined;
}

/** The body to hand on; undefined when it is another one than was signed, and the request has been answered. */
async function signedBody(
  verifier: Guard,
  request: FastifyRequest,
  reply: FastifyReply,
  payload: Readable,
): Promise<Readable | undefined> {
  const limit = request.routeOptions.bodyLimit;
  try {
    checkContentLength({ headers: headersFromNode(request.raw) }, limit);
    const content = await readContent(payload, limit);
    verifier.checkContent(request.access, content);
    request.content = content;
    return streamOf(content);
  } catch (thrown) {
    const isOfBody = asRefusal(thrown).error === 'invalid_signature';
    if (!isOfBody) throw thrown;
    refuse(request, reply, thrown);
    return undefined;
  }
}

function streamOf(content: Buffer): Readable {
  const stream = new Readable({ read() {} });
  if (content.length > 0) stream.push(content);
  stream.push(null);
  return stream;
}

/** What will not be sent: streams of Node and of the web, and the body of a `Response`. */
function drop(payload: unknown): void {
  if (payload instanceof Readable) payload.destroy();
  const stream = payload instanceof Response ? payload.body : payload;
  if (stream instanceof ReadableStream) stream.cancel().catch(() => {}); // what it is locked by has it
}

/** As Fastify itself answers a body that is too large, or that does not end. */
function asFastifyError(thrown: unknown): Error {
  const { code } = asRefusal(thrown);
  if (code === 'content_too_large') return new fastify.errorCodes.FST_ERR_CTP_BODY_TOO_LARGE();
  if (code === 'request_malformed') return new fastify.errorCodes.FST_ERR_CTP_INVALID_CONTENT_LENGTH();
  return asRefusal(thrown);
}

async function sign(verifier: Guard, request: FastifyRequest, reply: FastifyReply, payload: unknown): Promise<void> {
  const { statusCode: status } = reply;
  const isEmpty = request.method === 'HEAD' || status === 204 || status === 304 || payload == null;
  if (!isEmpty && typeof payload !== 'string' && !(payload instanceof Uint8Array)) {
    throw new TypeError('payload: a string or a Buffer, on a route that needs a signature');
  }
  const content = isEmpty ? {} : { content: payload as string | Uint8Array };
  reply.headers(await verifier.signResponse(messageOf(request), { status, ...content }));
}
