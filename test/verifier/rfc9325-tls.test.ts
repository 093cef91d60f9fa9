import { once } from 'node:events';
import { createServer } from 'node:https';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { type Credential, createAuthority, issueServer } from '@holdfast/certs-scripts';
import { type Listener, listen } from '@holdfast/cli';
import fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { craft } from './crafted-certificates.ts';
import { makeKey, published } from './forge.ts';
import { METADATA } from './issuer-server.ts';
import { Scene } from './scene.ts';

const now = new Date();
const DAY = 86_400_000;
const authority = await createAuthority({ commonName: 'Test Authority', now });
const stranger = await createAuthority({ commonName: 'Test Authority', now });
const named = (dnsNames: string[], by = authority, from = now) => issueServer(by, { dnsNames, now: from, days: 2 });
const localhost = await named(['localhost']);

const issuerKey = makeKey('ES256', 'issuer-1');

// What Node would not offer by itself any more
const OLD = { ciphers: 'ALL:@SECLEVEL=0', minVersion: 'TLSv1' } as const;

/** The version that a handshake settles on, or the code of the error that ends it. */
async function handshake(port: number, options: tls.ConnectionOptions): Promise<string> {
  const socket = tls.connect({
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca: authority.certificate,
    ...options,
  });
  try {
    await once(socket, 'secureConnect');
    return socket.getProtocol() ?? 'none';
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    socket.destroy();
  }
}

describe('our listener', () => {
  let listener: Listener;
  let port: number;

  beforeAll(async () => {
    const { certificate: cert, key } = localhost;
    listener = await listen({ port: 0, host: '127.0.0.1', name: 'localhost', cert, key });
    const app = fastify();
    app.get('/', async () => 'served');
    await listener.serve(app);
    port = Number(new URL(listener.origin).port);
  });

  afterAll(() => listener.close());

  it('FAPI2-5.2.1-01: answers nothing without TLS', async () => {
    const socket = connectTcp(port, '127.0.0.1').on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    expect(await text(socket).catch(() => '')).not.toMatch(/HTTP\/1|served/);
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)(
    'FAPI2-5.2.1-02: refuses %s, which this client could speak',
    async (maxVersion) => {
      expect(await handshake(port, { ...OLD, maxVersion })).toBe('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION');
      await using old = await serve(localhost, OLD);
      expect(await handshake(old.port, { ...OLD, maxVersion })).toBe(maxVersion);
      expect(await handshake(port, OLD)).toBe('TLSv1.3');
    },
  );

  it('FAPI2-5.2.2-01: offers no suite of TLS 1.2, neither those that the registry recommends nor others', async () => {
    const suites = tls.getCiphers().filter((name) => !/^tls_|psk|srp/.test(name));
    expect(suites.length).toBeGreaterThan(20);
    for (const suite of suites) {
      const options = { ciphers: `${suite.toUpperCase()}:@SECLEVEL=0`, maxVersion: 'TLSv1.2' } as const;
      expect([suite, await handshake(port, options)]).toEqual([suite, 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION']);
    }
  });
});

/** Without a fetch of its own the verifier uses that of Node, which takes its authorities from here. */
describe('an issuer whose keys the verifier fetches', () => {
  const trusted = tls.getCACertificates('default');
  beforeAll(() => tls.setDefaultCACertificates([authority.certificate]));
  afterAll(() => tls.setDefaultCACertificates(trusted));

  const sceneOf = (issuer: string) => new Scene({ issuer, jwks: undefined as never }, { issuer: issuerKey });

  it('FAPI2-5.2.1-05: is believed by the name in its certificate', async () => {
    await using server = await serve(localhost);
    await expect(sceneOf(server.origin).send()).resolves.toMatchObject({ clientId: 'client-1' });
    expect(server.asked).toEqual([METADATA, '/jwks']);
  });

  it.each<[string, () => Promise<Credential>]>([
    ['of another host', () => named(['other.example'])],
    ['of a host whose name begins the same', () => named(['localhost.evil.example'])],
    ['of any host in a domain of one part', () => named(['*'])],
    [
      'of an address that the URL does not name',
      () => issueServer(authority, { ipAddresses: ['127.0.0.1'], now, days: 2 }),
    ],
    ['of the same name by an unknown authority', () => named(['localhost'], stranger)],
    ['of the same name by nobody', () => craft({ subject: [{ CN: ['localhost'] }] })],
    ['that is past', () => named(['localhost'], authority, new Date(now.getTime() - 30 * DAY))],
  ])('FAPI2-5.2.1-05: is not asked for them with a certificate %s', async (_what, make) => {
    await using server = await serve(await make());
    expect(await sceneOf(server.origin).refusal()).toMatchObject({ code: 'issuer_unavailable', status: 503 });
    expect(server.asked).toEqual([]);
  });

  it('FAPI2-5.2.1-02: is not asked for them over TLS 1.1', async () => {
    await using server = await serve(localhost, { ...OLD, maxVersion: 'TLSv1.1' });
    expect(await handshake(server.port, OLD)).toBe('TLSv1.1');
    expect(await sceneOf(server.origin).refusal()).toMatchObject({ code: 'issuer_unavailable', status: 503 });
    expect(server.asked).toEqual([]);
  });
});

interface Served extends AsyncDisposable {
  readonly port: number;
  readonly origin: string;
  /** Paths in the order in which they were asked for. */
  readonly asked: readonly string[];
}

async function serve({ certificate: cert, key }: Credential, options: tls.SecureContextOptions = {}): Promise<Served> {
  const asked: string[] = [];
  const server = createServer({ cert, key, ...options }, (request, response) => {
    const { url = '' } = request;
    asked.push(url);
    response.end(
      JSON.stringify(
        url === METADATA ? { issuer: origin, jwks_uri: `${origin}/jwks` } : { keys: [published(issuerKey)] },
      ),
    );
  });
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const origin = `https://localhost:${port}`;
  return {
    port,
    origin,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
