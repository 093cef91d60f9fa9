import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { PlannedRequest } from '../load/planned.ts';
import { createAnswerReader } from './answer-reader.ts';

/** Attackers: each connection sends its next requests as soon as the last ones were answered. */
export interface FlatOut {
  readonly origin: string;
  /** In turns, again and again. */
  readonly requests: readonly PlannedRequest[];
  readonly connections: number;
  /** Requests that are sent at once on each connection. */
  readonly pipelining: number;
}

export interface FlatOutResult {
  /** ms since the epoch. */
  readonly from: number;
  readonly to: number;
  /** How many answers there were, by reason code; `served` for those with success. */
  readonly answers: Readonly<Record<string, number>>;
  /** Connections that the server has closed meanwhile. */
  readonly closed: number;
}

export interface ReadyAttackers {
  begin(): void;
  stop(): FlatOutResult;
}

/**
 * On bare sockets, with requests that were written beforehand: who attacks takes the shortest way, and what he computes on
 * a machine with few cores is not there for the others. Resolves when the server has answered once on each connection:
 * a busy one would take its time to accept them.
 */
export async function prepareFlatOut({ origin, requests, connections, pipelining }: FlatOut): Promise<ReadyAttackers> {
  const { host, hostname, port } = new URL(origin);
  const written = requests.map((request) => write(request, host));
  const sockets = Array.from({ length: connections }, () =>
    connect({ host: hostname, port: Number(port), noDelay: true }),
  );
  const answers: Record<string, number> = {};
  let [next, closed, from] = [0, 0, 0];

  function batch(size: number): Buffer {
    const some = Array.from({ length: size }, (_, i) => written[(next + i) % written.length] as Buffer);
    next += size;
    return some.length === 1 ? (some[0] as Buffer) : Buffer.concat(some);
  }

  function attack(socket: Socket): void {
    let waiting = 0;
    const send = () => {
      waiting = pipelining;
      socket.write(batch(pipelining));
    };
    const read = createAnswerReader((outcome) => {
      answers[outcome] = (answers[outcome] ?? 0) + 1;
      waiting -= 1;
      if (waiting === 0) send();
    });
    socket.on('data', read);
    socket.on('close', () => {
      closed += 1;
    });
    send();
  }

  async function knock(socket: Socket): Promise<void> {
    await once(socket, 'connect');
    socket.on('error', () => {}); // a server may defend itself by this
    const answered = new Promise<unknown>((resolve) => {
      socket.on('data', createAnswerReader(resolve));
    });
    socket.write(batch(1));
    await answered;
    socket.removeAllListeners('data');
  }

  await Promise.all(sockets.map(knock));
  return {
    begin() {
      from = Date.now();
      for (const socket of sockets) attack(socket);
    },
    stop() {
      const result = { from, to: Date.now(), answers: { ...answers }, closed };
      for (const socket of sockets) socket.destroy();
      return result;
    },
  };
}

function write({ method, path, headers }: PlannedRequest, host: string): Buffer {
  const fields = Object.entries({ Host: host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${fields.join('')}\r\n`, 'latin1');
}
