import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { asRefusal, endOfTurn, type HttpMessage, messageFromNode } from '@holdfast/proof';
import type { Access, Requirement } from '../access.ts';
import { neededSignatures } from '../signature/message-signatures.ts';
import type { Verifier } from '../verifier.ts';
import type {} from './node.ts'; // where `request.access` is declared
import { answer } from './node-answer.ts';
import { type Reply, refusalReply, signedReply } from './reply.ts';

/** How long a peer may take to hang up, in milliseconds, before we do. */
const PATIENCE = 2000;

/**
 * Decides a WebSocket handshake (RFC 6455 §4.2) before it is answered, in a listener of the `upgrade` event of `node:http`
 * or `node:https`. It is a GET request like any other: token and proof come in Authorization and DPoP, and `htu` is the
 * https URL of the resource (not wss) without query. Tokens in Sec-WebSocket-Protocol or in the query are not accepted, so
 * that browsers, whose WebSocket takes no fields, cannot be clients.
 *
 * Resolves with the access, which is in `request.access` then: the caller goes on with the handshake, and adds
 * `access.headers` to its 101 (with ws, on the event `headers`). Resolves with undefined when the handshake was refused and
 * the connection closed, or the client has gone. Never rejects, and leaves an `error` listener on the socket, because Node
 * has taken away its own.
 *
 * NOT checked: the handshake itself, which is for the WebSocket library, and Origin, which says nothing about who holds a
 * key. NOT offered: WebSockets over HTTP/2 (RFC 8441), and a signature of the 101,
 * which the WebSocket library writes; refusals are signed where a signature is needed.
 */
export async function upgrade(
  verifier: Pick<Verifier, 'verify' | 'checkContent' | 'signResponse'>,
  request: IncomingMessage,
  socket: Duplex,
  requirement: Requirement = {},
): Promise<Access | undefined> {
  socket.on('error', () => socket.destroy());
  let message: HttpMessage | undefined;
  try {
    message = messageFromNode(request);
    // Or the 101 would overtake the answer to a request before it, which waits for that
    await endOfTurn();
    const access = await verifier.verify(message, requirement);
    // A handshake has no body, and a signature that covers one is for another request
    if (neededSignatures(message, requirement.signature) !== undefined) verifier.checkContent(access, new Uint8Array());
    if (socket.destroyed) return undefined;
    request.access = access;
    return access;
  } catch (thrown) {
    try {
      const reply = refusalReply(asRefusal(thrown), requirement);
      refuse(request, socket, await signedReply(verifier, reply, { message, requirement }));
    } catch {
      socket.destroy();
    }
    return undefined;
  }
}

/** A server's end of a WebSocket, as the package ws has it. */
export interface ServerWebSocket {
  /** RFC 6455 and the browser's API: 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  close(code: number, reason: string): void;
  terminate(): void;
  once(event: 'close', listener: () => void): unknown;
}

export interface ClosingOptions {
  /** Milliseconds that the peer may take to answer the close before it is cut off. Default 2000. */
  readonly timeout?: number;
}

/**
 * Closes a WebSocket as soon as its token expires, is revoked or cannot be checked any more: code 1008 (policy violation,
 * RFC 6455 §7.4.1), the reason code as its reason. Then the peer has `timeout` to answer, or is cut off.
 *
 * NOT done: to hold back what the peer sends until then. Who acts on messages looks at `readyState` first, which is open
 * (1) no longer from the moment the token ends.
 */
export function closeWhenEnded(
  verifier: Pick<Verifier, 'watch'>,
  access: Access,
  socket: ServerWebSocket,
  { timeout = PATIENCE }: ClosingOptions = {},
): void {
  if (socket.readyState > 1) return;
  const stop = verifier.watch(access, ({ code }) => {
    const timer = setTimeout(() => socket.terminate(), timeout).unref();
    socket.once('close', () => clearTimeout(timer));
    socket.close(1008, code);
  });
  socket.once('close', stop);
}

/**
 * RFC 6455 §4.2.2: an HTTP answer in place of the 101. Throws when an earlier request of the connection has none yet, whose
 * answer this would be taken for.
 */
function refuse(request: IncomingMessage, stream: Duplex, reply: Reply): void {
  const socket = stream as Socket; // as far as an answer goes
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once('finish', () => {
    response.detachSocket(socket);
    socket.end();
  });
  answer(response, reply);
  // What the peer still sends is read and dropped: a reset would take the answer away from it
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), PATIENCE).unref();
  socket.once('close', () => clearTimeout(timer));
}
