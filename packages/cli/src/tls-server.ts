import { constants, randomBytes } from 'node:crypto';
import { createServer, type Server, type ServerOptions } from 'node:https';
import { createSecureContext } from 'node:tls';
import { TLS_SUITES } from '@holdfast/proof';
import { CommandError } from './command-error.ts';

export interface TlsIdentity {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  /** Given: asks for a client certificate, and takes connections without one, so that they get an OAuth error. PEM. */
  readonly clientAuthorities?: string;
}

const TIMEOUTS = { requestTimeout: 10_000, headersTimeout: 10_000, handshakeTimeout: 10_000 }; // ms

const HOUR = 3_600_000; // ms

/**
 * An https server by RFC 9325. What it leaves to OpenSSL's defaults: no 0-RTT, the extended master secret, and no SHA-1
 * in signatures (security level 2).
 */
export function createTlsServer({ cert, key, clientAuthorities }: TlsIdentity): Server {
  const mutual = clientAuthorities === undefined ? {} : askingForCertificates(clientAuthorities);
  const server = httpsServer({ cert, key, ...POLICY, ...TIMEOUTS, ...mutual });
  // RFC 9325 §3.4: a key that encrypts the sessions of months would open them all. Node makes one per process
  const rotation = setInterval(() => server.setTicketKeys(randomBytes(48)), HOUR).unref();
  return server.once('close', () => clearInterval(rotation));
}

// RFC 9325 §3.4, §3.5: a second handshake inside of the first, and compression, are not needed for anything
const FORBIDDEN = constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION;

const POLICY: ServerOptions = {
  // RFC 9325 §3.1.1: 1.3 is preferred, 1.2 is there for those who have nothing better, and nothing below
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  // Level 2, RFC 9325 §4.5: keys of certificates have 112 bits of security, so RSA of 2048 and curves of 224 bits at least
  ciphers: `${TLS_SUITES.join(':')}:@SECLEVEL=2`,
  honorCipherOrder: true,
  ecdhCurve: curves(),
  secureOptions: FORBIDDEN,
};

/** RFC 9325 §4.2.1, and before them the hybrid that holds against a quantum computer, where this Node has it. */
function curves(): string {
  const known = 'X25519:P-256:P-384';
  const hybrid = `X25519MLKEM768:${known}`;
  try {
    createSecureContext({ ecdhCurve: hybrid });
    return hybrid;
  } catch {
    return known;
  }
}

/**
 * Every connection shows its certificate anew: a resumed session would keep what its first handshake found out, so that a
 * certificate which has expired since were good for as long as somebody goes on resuming.
 */
function askingForCertificates(authorities: string): ServerOptions {
  return {
    requestCert: true,
    rejectUnauthorized: false,
    ca: authorities,
    secureOptions: FORBIDDEN | constants.SSL_OP_NO_TICKET,
  };
}

function httpsServer(options: ServerOptions): Server {
  try {
    return createServer(options);
  } catch {
    // OpenSSL's own words would not say which file is meant
    throw new CommandError('tls: the certificate and the private key are not PEM, too weak, or do not belong together');
  }
}
