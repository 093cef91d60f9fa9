import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** The connections of a TLS server, which by itself knows neither the half-open ones nor what waits for an answer. */
export interface Connections {
  /**
   * Takes no more connections, answers the requests that are under way, and resolves when all is closed. What is not
   * answered after `patience` milliseconds is cut off; at 0 that is everything.
   */
  end(patience: number): Promise<void>;
}

/** Milliseconds in which what was on its way when the end began may still become a request. */
const LAST_CALL = 500;

export function connectionsOf(server: Server): Connections {
  const sockets = new Set<Socket>();
  const handshakes = new Map<string, Socket>();
  const silent = new Set<Socket>();
  const underWay = new Set<ServerResponse>();
  let ending = false;

  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket);
    sockets.add(socket);
    handshakes.set(peer, socket);
    socket.once('close', () => {
      sockets.delete(socket);
      if (handshakes.get(peer) === socket) handshakes.delete(peer);
    });
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    handshakes.delete(peerOf(socket));
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    silent.delete(socket);
    underWay.add(response);
    if (ending) sayLast(response);
    response.once('close', () => {
      underWay.delete(response);
      // Its head may have been sent before this connection had to end
      if (ending) socket.destroySoon();
      else if (!socket.destroyed) silent.add(socket);
    });
  });

  return {
    async end(patience) {
      ending = true;
      const closed = new Promise((resolve) => server.close(resolve)); // and with it what idles between two requests
      for (const response of underWay) sayLast(response);
      const timers = [
        after(Math.min(LAST_CALL, patience), () => destroy([...handshakes.values(), ...silent])),
        after(patience, () => destroy(sockets)),
      ];
      await closed;
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

// RFC 9112 §9.6
function sayLast(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}

function destroy(sockets: Iterable<Socket>): void {
  for (const socket of sockets) socket.destroy();
}

function after(milliseconds: number, act: () => void): NodeJS.Timeout | undefined {
  if (milliseconds > 0) return setTimeout(act, milliseconds);
  act();
  return undefined;
}

/** The TCP socket and the TLS socket on top of it have the same peer. */
function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
