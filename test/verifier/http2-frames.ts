import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import type { Certificates } from './certificates.ts';

/*
 * HTTP/2 (RFC 9113) frame by frame, because Node's client ends a stream before it resets it.
 */

const TYPE = { data: 0, headers: 1, reset: 3, settings: 4 } as const;
const END_STREAM = 1;
const END_HEADERS = 4;
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export interface Http2Frames extends Disposable {
  headers(fields: readonly (readonly [string, string])[]): void;
  data(octets: string, isLast?: boolean): void;
  /** RFC 9113 §6.4, §7. */
  reset(code: number): void;
}

/** A connection with one stream on it. */
export async function dialFrames(port: number, { ca }: Certificates): Promise<Http2Frames> {
  const socket = connect({ port, host: '127.0.0.1', ca, ALPNProtocols: ['h2'] });
  await once(socket, 'secureConnect');
  socket.on('error', () => {}).resume();
  socket.write(PREFACE);
  write(socket, { type: TYPE.settings, stream: 0 });
  return {
    headers: (fields) => write(socket, { type: TYPE.headers, flags: END_HEADERS, payload: compressed(fields) }),
    data: (octets, isLast = false) =>
      write(socket, { type: TYPE.data, flags: isLast ? END_STREAM : 0, payload: Buffer.from(octets) }),
    reset: (code) => write(socket, { type: TYPE.reset, payload: Buffer.from([0, 0, 0, code]) }),
    [Symbol.dispose]: () => socket.destroy(),
  };
}

interface Frame {
  readonly type: number;
  readonly flags?: number;
  readonly stream?: number;
  readonly payload?: Buffer;
}

/** RFC 9113 §4.1. */
function write(socket: TLSSocket, { type, flags = 0, stream = 1, payload = Buffer.alloc(0) }: Frame): void {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.set([type, flags], 3);
  head.writeUInt32BE(stream, 5);
  socket.write(Buffer.concat([head, payload]));
}

/** RFC 7541 §6.2.2: literals without indexing, of new names. */
function compressed(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

/** RFC 7541 §5.1, §5.2: the length as an integer with a prefix of seven bits, then the octets. */
function text(value: string): Buffer {
  const octets = Buffer.from(value, 'latin1');
  if (octets.length < 127) return Buffer.concat([Buffer.from([octets.length]), octets]);
  const length = [127];
  let rest = octets.length - 127;
  for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...length, rest]), octets]);
}
