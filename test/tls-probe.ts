import { once } from 'node:events';
import tls from 'node:tls';

/** What Node would not offer by itself any more. */
export const OLD = { ciphers: 'ALL:@SECLEVEL=0', minVersion: 'TLSv1' } as const;

export interface Settled {
  readonly version: string;
  /** By its name in OpenSSL. */
  readonly suite: string;
  /** Of the key exchange. */
  readonly group: string;
}

/** What a handshake with a port of this machine settles on, or the code of the error that ends it. */
export async function probe(port: number, options: tls.ConnectionOptions): Promise<Settled | string> {
  const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ...options });
  try {
    await once(socket, 'secureConnect');
    const { name: group = '' } = socket.getEphemeralKeyInfo() as { name?: string };
    return { version: socket.getProtocol() ?? '', suite: socket.getCipher().name, group };
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    socket.destroy();
  }
}

/** The suites of TLS 1.2 that a port takes, of all that this Node could still speak, each offered alone. */
export async function suitesOfTls12(port: number, options: tls.ConnectionOptions): Promise<string[]> {
  const suites = tls.getCiphers().filter((name) => !/^tls_|psk|srp/.test(name));
  const taken: string[] = [];
  for (const suite of suites) {
    const ciphers = `${suite.toUpperCase()}:@SECLEVEL=0`;
    const settled = await probe(port, { ...options, ciphers, maxVersion: 'TLSv1.2' });
    if (typeof settled === 'object') taken.push(settled.suite);
    else if (settled !== REFUSED) taken.push(`${suite}: ${settled}`);
  }
  return taken.sort();
}

/** The server's alert handshake_failure, RFC 5246 §7.2.2. */
export const REFUSED = 'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE';
/** Its alert protocol_version. */
export const TOO_OLD = 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION';
