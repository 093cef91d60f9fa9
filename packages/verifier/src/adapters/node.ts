import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { asRefusal, endOfTurn, type HttpMessage, messageFromNode } from '@holdfast/proof';
import type { Access, Requirement } from '../access.ts';
import { readRequirement } from '../requirement.ts';
import { neededSignatures } from '../signature/message-signatures.ts';
import type { Verifier } from '../verifier.ts';
import { checkContentLength, MOST_CONTENT, readContent } from './content.ts';
import { answer, type NodeResponse } from './node-answer.ts';
import { type Guard, metadataReply, refusalReply, signedReply } from './reply.ts';

declare module 'node:http' {
  interface IncomingMessage {
    /** Set before the handler of a protected request runs. */
    access?: Access;
    /** The body, where a signature is needed: it has been read to be compared, and is nowhere else. */
    content?: Buffer;
  }
}

declare module 'node:http2' {
  interface Http2ServerRequest {
    /** Set before the handler of a protected request runs. */
    access?: Access;
    /** The body, where a signature is needed: it has been read to be compared, and is nowhere else. */
    content?: Buffer;
  }
}

/** Of `node:http`, `node:https` or the compatibility API of `node:http2`; also as Express and Connect extend it. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
export type { NodeResponse };

export interface ContentOptions {
  /** Octets of a body that are read where a signature is needed; a larger one gets 413. Default 1 MiB. */
  readonly contentLimit?: number;
}

export type Middleware = (request: NodeRequest, response: NodeResponse, next: () => void) => Promise<void>;

/**
 * A middleware as Express and Connect take it. Calls `next` once, without an argument, for a request that is let in, and
 * answers every other one itself; it need not be awaited. Rejects only with what `next` throws. Throws TypeError for a
 * requirement that would ask for less than it seems to.
 *
 * The proof is for the target as it was sent: `originalUrl` where a framework keeps it, else `url`. Who changes `url`
 * before a framework has seen it must set `originalUrl` to what it was. It is for the method that a request has when it
 * comes here: what changes methods has to come before, or a proof for POST is good for what POST turns into.
 *
 * Once for a request, whose proof is used up then; a preflight of CORS, which brings no token, has to be answered before.
 * Where the requirement has `signature`, the body is read here, compared with what was signed, and put into
 * `request.content`: parsers of bodies must not have read it before, which is refused (500), and find nothing after. Refusals
 * are signed where the verifier has `responseSigning`; what the handler answers, by `signResponse`.
 *
 * With metadata (RFC 9728), answers requests for it; at a route or below a path it does not see them, and
 * `resourceMetadata` at the top has to.
 *
 * NOT done: a log of refusals (the diagnostics channel `DECISIONS` has them all), and 404 for what is nowhere: strangers
 * get 401.
 */
export function protect(verifier: Guard, requirement: Requirement = {}, options: ContentOptions = {}): Middleware {
  readRequirement(requirement);
  return async (request, response, next) => {
    if ((await admit(verifier, request, response, requirement, options)) !== undefined) next();
  };
}

/**
 * The same for a handler of its own. Resolves with the access; with undefined when the request has been answered, by a
 * refusal or with the metadata of the resource, and nothing is left to do. Never rejects.
 *
 * NOT covered: headers that a handler sends around `response.writeHead`, as `stream.respond` of `node:http2` does; it has
 * to send `access.headers` itself.
 */
export async function admit(
  verifier: Guard,
  request: NodeRequest,
  response: NodeResponse,
  requirement: Requirement = {},
  { contentLimit = MOST_CONTENT }: ContentOptions = {},
): Promise<Access | undefined> {
  let message: HttpMessage | undefined;
  try {
    message = messageOf(request);
    const metadata = metadataReply(verifier, message);
    if (metadata !== undefined) return answer(response, metadata);
    const signature = neededSignatures(message, requirement.signature);
    if (signature !== undefined && request.readableDidRead)
      throw new TypeError('the body was read before its signature was checked');
    await endOfTurn();
    const access = await verifier.verify(message, requirement);
    if (signature !== undefined) request.content = await signedContent(verifier, access, request, contentLimit);
    // Somebody has answered in the meantime, as a time limit does: too late for a handler
    if (response.headersSent) return undefined;
    keepHeaders(response, access.headers);
    request.access = access;
    return access;
  } catch (thrown) {
    const reply = refusalReply(asRefusal(thrown), requirement);
    // RFC 9110 §15.5.14: the rest of the body is not read
    const isCut = reply.status === 413 && request.httpVersionMajor === 1;
    const refusal = isCut ? { ...reply, headers: { ...reply.headers, Connection: 'close' } } : reply;
    return answer(response, await signedReply(verifier, refusal, { message, requirement }));
  }
}

/**
 * Signs what a handler is about to send to a signed request, over that request (FAPI 2.0 HTTP Signatures §5.3.2.1): sets the
 * fields for `response.statusCode` and these octets, and sends nothing. Left out, or with HEAD: there is no body.
 */
export async function signResponse(
  verifier: Pick<Verifier, 'signResponse'>,
  request: NodeRequest,
  response: NodeResponse,
  content?: Uint8Array | string,
): Promise<void> {
  const fields = await verifier.signResponse(messageOf(request), { status: response.statusCode, content });
  for (const [name, value] of Object.entries(fields)) response.setHeader(name, value);
}

/** A middleware that serves the metadata of the resource (RFC 9728 §3.2) with the keys that it names, and lets everything else pass. */
export function resourceMetadata(
  verifier: Pick<Verifier, 'metadata' | 'responseKeys'>,
): (request: NodeRequest, response: NodeResponse, next: () => void) => void {
  if (verifier.metadata === undefined) throw new TypeError('verifier: one with the option metadata');
  return (request, response, next) => {
    const reply = metadataReply(verifier, messageOf(request));
    if (reply === undefined) next();
    else answer(response, reply);
  };
}

/** The certificate (DER) that the client holds on the connection of this request, for adapters that do not see it. */
export function clientCertificate(request: NodeRequest): Uint8Array | undefined {
  return messageFromNode(request).certificate;
}

/** RFC 9421 §7.2.8: the body as it was sent, once it is the one that was signed. */
async function signedContent(
  verifier: Pick<Verifier, 'checkContent'>,
  access: Access,
  request: NodeRequest,
  limit: number,
): Promise<Buffer> {
  checkContentLength({ headers: request.rawHeaders }, limit);
  const content = await readContent(request, limit);
  verifier.checkContent(access, content);
  return content;
}

/** Routers cut off what they are mounted below, and keep the whole. */
function messageOf(request: NodeRequest & { readonly originalUrl?: unknown }): HttpMessage {
  const message = messageFromNode(request);
  return typeof request.originalUrl === 'string' ? { ...message, target: request.originalUrl } : message;
}

/** RFC 9449 §8.2: the nonce reaches the client, and no cache keeps it, whatever the handler says or removes. */
function keepHeaders(response: NodeResponse, headers: Access['headers']): void {
  const kept = Object.entries(headers);
  if (kept.length === 0) return;
  const names = new Set(kept.map(([name]) => name.toLowerCase()));
  const writeHead = response.writeHead as (...parts: readonly unknown[]) => unknown;
  // Called by everything that sends a head, also by `end` and `write`
  response.writeHead = (...parts: readonly unknown[]) => {
    const others = parts.map((part) => (typeof part === 'object' && part !== null ? without(names, part) : part));
    for (const [name, value] of kept) response.setHeader(name, value);
    return writeHead.apply(response, others) as never;
  };
}

/** The fields that `writeHead` takes: an object, a list of names and values, or one of pairs. */
function without(names: ReadonlySet<string>, fields: object): object {
  const isOther = (name: unknown) => !names.has(String(name).toLowerCase());
  if (!Array.isArray(fields)) return Object.fromEntries(Object.entries(fields).filter(([name]) => isOther(name)));
  if (Array.isArray(fields[0])) return fields.filter(([name]) => isOther(name));
  return fields.filter((_, i) => isOther(fields[i - (i % 2)]));
}
