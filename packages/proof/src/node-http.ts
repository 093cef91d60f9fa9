import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { HttpMessage } from './message.ts';

/** A Node request as the core's message. `rawHeaders`, because Node's `headers` drops a second Authorization and joins two DPoP fields. */
export function messageFromNode(request: IncomingMessage | Http2ServerRequest): HttpMessage {
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    headers: request.rawHeaders,
    certificate: clientCertificate(request.socket),
  };
}

/** The leaf certificate (DER) that the client proved to hold in the TLS handshake of this connection. */
function clientCertificate(socket: Socket): Uint8Array | undefined {
  return tlsSocket(socket)?.getPeerX509Certificate()?.raw;
}

/**
 * Whether the TLS layer validated the client's chain to the listener's `ca` (RFC 8705 §2.1). False without a certificate:
 * OpenSSL calls a resumed session that carries none "authorized".
 */
export function isCertificateTrusted(socket: Socket): boolean {
  const tls = tlsSocket(socket);
  return tls?.authorized === true && tls.getPeerX509Certificate() !== undefined;
}

function tlsSocket(socket: Socket): TLSSocket | undefined {
  return socket instanceof TLSSocket ? socket : undefined;
}
