import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import { asRefusal, type HttpMessage, messageFromNode } from '@holdfast/proof';
import type { Access, Requirement } from '../access.ts';
import { readRequirement } from '../requirement.ts';
import type { Verifier } from '../verifier.ts';
import { answer, type NodeResponse } from './node-answer.ts';
import { metadataReply, refusalReply } from './reply.ts';

declare module 'node:http' {
  interface IncomingMessage {
    /** Set before the handler of a protected request runs. */
    access?: Access;
  }
}

declare module 'node:http2' {
  interface Http2ServerRequest {
    /** Set before the handler of a protected request runs. */
    access?: Access;
  }
}

/** Of `node:http`, `node:https` or the compatibility API of `node:http2`; also as Express and Connect extend it. */
export type NodeRequest = IncomingMessage | Http2ServerRequest;
export type { NodeResponse };

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
 * With metadata (RFC 9728), answers requests for it; at a route or below a path it does not see them, and
 * `resourceMetadata` at the top has to.
 *
 * NOT done: a log of refusals (the diagnostics channel `DECISIONS` has them all), and 404 for what is nowhere: strangers
 * get 401.
 */
export function protect(verifier: Pick<Verifier, 'verify' | 'metadata'>, requirement: Requirement = {}): Middleware {
  readRequirement(requirement);
  return async (request, response, next) => {
    if ((await admit(verifier, request, response, requirement)) !== undefined) next();
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
  verifier: Pick<Verifier, 'verify' | 'metadata'>,
  request: NodeRequest,
  response: NodeResponse,
  requirement: Requirement = {},
): Promise<Access | undefined> {
  try {
    const message = messageOf(request);
    const metadata = metadataReply(verifier, message);
    if (metadata !== undefined) return answer(response, metadata);
    const access = await verifier.verify(message, requirement);
    // Somebody has answered in the meantime, as a time limit does: too late for a handler
    if (response.headersSent) return undefined;
    keepHeaders(response, access.headers);
    request.access = access;
    return access;
  } catch (thrown) {
    return answer(response, refusalReply(asRefusal(thrown), requirement));
  }
}

/** A middleware that serves the metadata of the resource (RFC 9728 §3.2) and lets everything else pass. */
export function resourceMetadata(
  verifier: Pick<Verifier, 'metadata'>,
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
