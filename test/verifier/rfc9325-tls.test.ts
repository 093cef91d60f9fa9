import { once } from 'node:events';
import { createServer } from 'node:https';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { type Credential, createAuthority, issueServer } from '@holdfast/certs-scripts';
import { type Listener, listen } from '@holdfast/cli';
import fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { OLD, probe, REFUSED, suitesOfTls12, TOO_OLD } from '../tls-probe.ts';
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

const trust = { ca: authority.certificate };
const RECOMMENDED = ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305'];

describe('our listener', () => {
  let listener: Listener;
  let port: number;

  /** A listener that asks for certificates where there are authorities for them. */
  async function serving({ certificate: cert, key }: Credential, clientAuthorities?: string): Promise<Listener> {
    const mutual = clientAuthorities === undefined ? {} : { clientAuthorities };
    const made = await listen({ port: 0, host: '127.0.0.1', name: 'localhost', cert, key, ...mutual });
    const app = fastify();
    app.get('/', async () => 'served');
    await made.serve(app);
    return made;
  }

  const portOf = ({ origin }: Listener) => Number(new URL(origin).port);

  beforeAll(async () => {
    listener = await serving(localhost);
    port = portOf(listener);
  });

  afterAll(() => listener.close());

  it('FAPI2-5.2.1-01 C100 answers nothing without TLS', async () => {
    const socket = connectTcp(port, '127.0.0.1').on('error', () => {});
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    expect(await text(socket).catch(() => '')).not.toMatch(/HTTP\/1|served/);
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)(
    'FAPI2-5.2.1-02 C099 refuses %s, which this client could speak',
    async (maxVersion) => {
      expect(await probe(port, { ...trust, ...OLD, maxVersion })).toBe(TOO_OLD);
      await using old = await serve(localhost, OLD);
      expect(await probe(old.port, { ...trust, ...OLD, maxVersion })).toMatchObject({ version: maxVersion });
    },
  );

  it('FAPI2-5.2.1-02 C099 RFC 9325 §3.1.1 prefers TLS 1.3, and has TLS 1.2 for those who have nothing better', async () => {
    expect(await probe(port, { ...trust, ...OLD })).toMatchObject({ version: 'TLSv1.3' });
    expect(await probe(port, { ...trust, minVersion: 'TLSv1.3' })).toMatchObject({ version: 'TLSv1.3' });
    expect(await probe(port, { ...trust, maxVersion: 'TLSv1.2' })).toMatchObject({ version: 'TLSv1.2' });
  });

  it('FAPI2-5.2.2-01 FAPI2-5.2.3-02 C099 of TLS 1.2 takes the recommended suites and no other', async () => {
    const ecdsa = RECOMMENDED.map((name) => `ECDHE-ECDSA-${name}`);
    expect(await suitesOfTls12(port, trust)).toEqual(ecdsa);
    const mutual = await serving(localhost, authority.certificate);
    expect(await suitesOfTls12(portOf(mutual), trust)).toEqual(ecdsa);
    await mutual.close();
    const rsa = await craft({ subject: [{ CN: ['localhost'] }], rsa: 2048 });
    const withRsa = await serving(rsa);
    const suites = await suitesOfTls12(portOf(withRsa), { rejectUnauthorized: false });
    expect(suites).toEqual(RECOMMENDED.map((name) => `ECDHE-RSA-${name}`));
    await withRsa.close();
  });

  it('RFC 9325 §4.2.1 chooses the suite by its own order', async () => {
    const ciphers = 'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384';
    const settled = await probe(port, { ...trust, ciphers, maxVersion: 'TLSv1.2' });
    expect(settled).toMatchObject({ suite: 'ECDHE-ECDSA-AES256-GCM-SHA384' });
  });

  it.each([
    ['X25519', 'X25519'],
    ['P-256', 'prime256v1'],
    ['P-384', 'secp384r1'],
  ])('RFC 9325 §4.2.1 agrees on keys with %s', async (ecdhCurve, group) => {
    expect(await probe(port, { ...trust, ecdhCurve })).toMatchObject({ version: 'TLSv1.3', group });
  });

  it.each(['ffdhe2048', 'X448'])('RFC 9325 §4.2.1 does not agree on keys with %s', async (ecdhCurve) => {
    expect(await probe(port, { ...trust, ecdhCurve })).toBe(REFUSED);
  });

  it('RFC 9325 §4.2.1 signs nothing with SHA-1', async () => {
    const options = { ...trust, ...OLD, maxVersion: 'TLSv1.2', sigalgs: 'ECDSA+SHA1:RSA+SHA1' } as const;
    expect(await probe(port, options)).toBe(REFUSED);
  });

  it('RFC 9325 §3.5 does not begin a second handshake in a connection', async () => {
    const socket = tls.connect({ ...trust, port, host: '127.0.0.1', servername: 'localhost', maxVersion: 'TLSv1.2' });
    await once(socket, 'secureConnect');
    const [refused] = await Promise.all([once(socket, 'error'), socket.renegotiate({}, () => {})]);
    expect(refused).toMatchObject([{ code: 'ERR_SSL_NO_RENEGOTIATION' }]);
  });

  it('C100 RFC 9325 §4.5 starts with no certificate of a key that is too short', async () => {
    const certificate = await craft({ rsa: 1024 });
    await expect(serving(certificate)).rejects.toThrow(/^tls: [^\n]+too weak[^\n]+$/);
  });

  it('RFC 9325 §3.4 encrypts the sessions that can be resumed with another key every hour', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const rotating = await serving(localhost);
    try {
      for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
        const session = await sessionOf(portOf(rotating), { ...trust, maxVersion });
        expect(await isResumed(portOf(rotating), { ...trust, maxVersion, session })).toBe(true);
        vi.advanceTimersByTime(3_600_000);
        expect(await isResumed(portOf(rotating), { ...trust, maxVersion, session })).toBe(false);
      }
    } finally {
      vi.useRealTimers();
      await rotating.close();
    }
  });

  it('MTLS-7.5-02 resumes no session where it asks for certificates: each connection shows its own', async () => {
    const mutual = await serving(localhost, authority.certificate);
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const session = await sessionOf(portOf(mutual), { ...trust, maxVersion });
      expect(await isResumed(portOf(mutual), { ...trust, maxVersion, session })).toBe(false);
    }
    await mutual.close();
  });
});

/** What a client keeps of a connection, to be resumed. */
async function sessionOf(port: number, options: tls.ConnectionOptions): Promise<Buffer> {
  const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ...options }).resume();
  const [session] = (await once(socket, 'session')) as [Buffer];
  socket.destroy();
  return session;
}

async function isResumed(port: number, options: tls.ConnectionOptions): Promise<boolean> {
  const socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ...options });
  await once(socket, 'secureConnect');
  const resumed = socket.isSessionReused();
  socket.destroy();
  return resumed;
}

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
    expect(await probe(server.port, { ...trust, ...OLD })).toMatchObject({ version: 'TLSv1.1' });
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
