import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import tls from 'node:tls';

export interface Seen {
  /** What the client thought of the server: an error code, or nothing. */
  readonly clientError: string | undefined;
  /** What the server thought of the client's certificate; nothing when the handshake failed before. */
  readonly authorized: boolean | undefined;
  readonly authorizationError: string | undefined;
  readonly peerSubject: string | undefined;
}

/** One TLS 1.3 handshake on loopback, with a server that asks for a certificate and refuses none. */
export async function handshake(
  server: { cert: string; key: string; ca: string },
  client: { ca: string; cert?: string; key?: string; host?: string; servername?: string },
): Promise<Seen> {
  const listener = tls.createServer({
    ...server,
    minVersion: 'TLSv1.3',
    requestCert: true,
    rejectUnauthorized: false,
  });
  let onServer: tls.TLSSocket | undefined;
  listener.on('secureConnection', (socket) => {
    onServer = socket;
    socket.on('error', () => {});
    socket.end('.');
  });
  listener.on('tlsClientError', () => {});
  const host = client.host ?? '127.0.0.1';
  listener.listen(0, host);
  await once(listener, 'listening');
  try {
    const clientError = await connect({ ...client, host, port: (listener.address() as AddressInfo).port });
    return {
      clientError,
      authorized: onServer?.authorized,
      authorizationError: (onServer?.authorizationError as unknown as string | null) ?? undefined,
      peerSubject: onServer?.getPeerX509Certificate()?.subject,
    };
  } finally {
    listener.close();
  }
}

async function connect(options: tls.ConnectionOptions): Promise<string | undefined> {
  const socket = tls.connect({ ...options, minVersion: 'TLSv1.3' });
  try {
    // The byte from the server tells that it has judged the client's certificate.
    await once(socket, 'data');
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  } finally {
    socket.destroy();
  }
}
