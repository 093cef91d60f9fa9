import { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { HttpMessage } from './message.ts';

/** A Node request as the core's message. */
export function messageFromNode(request: IncomingMessage | Http2ServerRequest): HttpMessage {
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    headers: headersFromNode(request),
    certificate: clientCertificate(request),
  };
}

const MOST_SHOWN = 1000; // fields, unless the server says otherwise

/**
 * The fields of a Node request. `rawHeaders`, because Node's `headers` drops a second Authorization and joins two DPoP fields;
 * but no more of them than handlers are shown.
 *
 * Before version 24 Node puts up to 31 fields more into `rawHeaders` than into `headers`, when too many came by HTTP/1.1; now
 * it answers 431. A hop could hide a signed Idempotency-Key there, from the handler but not from the signature. The version of
 * HTTP in the request says nothing here: by HTTP/1.1, too, a sender may write 2.0.
 */
export function headersFromNode(request: IncomingMessage | Http2ServerRequest): readonly string[] {
  const { rawHeaders, socket } = request;
  const { server } = socket as { readonly server?: { readonly maxHeadersCount?: number | null } };
  const most = server?.maxHeadersCount ?? MOST_SHOWN;
  const isCut = request instanceof IncomingMessage && most > 0 && rawHeaders.length > 2 * most;
  return isCut ? rawHeaders.slice(0, 2 * most) : rawHeaders;
}

const certificates = new WeakMap<object, { readonly raw: Uint8Array | undefined }>();

/**
 * The leaf certificate (DER) that the client proved to hold in the TLS handshake of this connection. Node takes the whole
 * chain apart whenever it is asked, so it is asked once where the certificate cannot change: TLS 1.3 has no renegotiation
 * (RFC 8446 §4.1.2), and Node asks for no authentication after the handshake.
 */
function clientCertificate(request: IncomingMessage | Http2ServerRequest): Uint8Array | undefined {
  const tls = tlsSocket(request.socket);
  if (tls === undefined) return undefined;
  // Each stream of HTTP/2 shows a socket of its own; the session is that of the connection
  const connection = request instanceof IncomingMessage ? tls : (request.stream.session ?? tls);
  const known = certificates.get(connection);
  if (known !== undefined) return known.raw;
  const raw = tls.getPeerX509Certificate()?.raw;
  if (tls.getProtocol() === 'TLSv1.3') certificates.set(connection, { raw });
  return raw;
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
