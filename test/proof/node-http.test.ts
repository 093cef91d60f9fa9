import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { createAuthority, issueClient, issueServer, selfSignClient } from '@holdfast/certs-scripts';
import {
  fieldValues,
  HoldfastError,
  isCertificateTrusted,
  messageFromNode,
  proofField,
  x5tS256,
} from '@holdfast/proof';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

type Request = http.IncomingMessage | http2.Http2ServerRequest;

/** What our code makes of a request that Node received, as JSON. */
function report(request: Request): string {
  const message = messageFromNode(request);
  const { method, target, certificate } = message;
  const proof = ((): string | undefined => {
    try {
      return proofField(message);
    } catch (error) {
      return error instanceof HoldfastError ? error.code : 'unexpected';
    }
  })();
  const hash = certificate === undefined ? undefined : x5tS256(certificate);
  const authorization = fieldValues(message, 'authorization');
  return JSON.stringify({ method, target, proof, authorization, hash, trusted: isCertificateTrusted(request.socket) });
}

const answer = (request: Request, response: { end(body: string): unknown }): void => {
  response.end(report(request));
};

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

describe('HTTP/1.1', () => {
  const server = http.createServer(answer);
  let port = 0;
  beforeAll(async () => {
    port = await listen(server);
  });
  afterAll(() => {
    server.close();
  });

  /** Sends these very octets, and gives what the server reported. */
  async function send(...lines: string[]) {
    const socket = connect(port, '127.0.0.1');
    socket.end([...lines, 'Host: h', 'Connection: close', '', ''].join('\r\n'));
    const [, body = '{}'] = (await text(socket)).split('\r\n\r\n');
    return JSON.parse(body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1));
  }

  it.each(['dpop', 'DPoP', 'DPOP'])('DPOP-4.1-02 finds the field as %s', async (name) => {
    expect(await send('GET / HTTP/1.1', `${name}: a.B.c`)).toMatchObject({ proof: 'a.B.c' });
  });

  it('DPOP-4.3-01 sees two fields that Node would join', async () => {
    expect(await send('GET / HTTP/1.1', 'DPoP: a.b.c', 'dpop: d.e.f')).toMatchObject({ proof: 'proof_duplicated' });
    expect(await send('GET / HTTP/1.1', 'DPoP: a.b.c, d.e.f')).toMatchObject({ proof: 'proof_duplicated' });
  });

  it('DPOP-7.2-03 sees two Authorization fields, of which Node would hide the second', async () => {
    const twice = await send('GET / HTTP/1.1', 'Authorization: DPoP a', 'authorization: Bearer b');
    expect(twice).toMatchObject({ authorization: ['DPoP a', 'Bearer b'] });
  });

  it('takes white space around the value off, and nothing else', async () => {
    expect(await send('GET / HTTP/1.1', 'DPoP:  a.b.c \t')).toMatchObject({ proof: 'a.b.c' });
  });

  it.each(['/a/../b?c', '//evil.example/a', 'http://evil.example/a', '/%7E/%2f', '/a\\b'])(
    'gives the target as it was sent: %s',
    async (target) => {
      expect(await send(`GET ${target} HTTP/1.1`)).toMatchObject({ target });
    },
  );

  it('sees no field beyond those that the server shows to its handlers', async () => {
    const fields = ['DPoP: a.b.c', 'Authorization: DPoP a'];
    const lower = () => {
      server.maxHeadersCount = 1;
    };
    expect(await send('GET / HTTP/1.1', ...fields)).toMatchObject({ proof: 'a.b.c', authorization: ['DPoP a'] });
    // Once Node has taken them in: as of version 24 it would answer 431
    server.prependListener('request', lower);
    try {
      // What the sender calls the version is his own word
      for (const version of ['1.1', '1.0', '2.0', '0.9']) {
        server.maxHeadersCount = null;
        expect(await send(`GET / HTTP/${version}`, ...fields)).toMatchObject({ proof: 'a.b.c', authorization: [] });
      }
    } finally {
      server.off('request', lower);
      server.maxHeadersCount = null;
    }
  });

  it('has no certificate without TLS', async () => {
    expect(await send('GET / HTTP/1.1')).toEqual({ method: 'GET', target: '/', authorization: [], trusted: false });
  });
});

describe('TLS', () => {
  const servers: Server[] = [];
  let ports = { h1: 0, h2: 0 };
  let clients: Record<'issued' | 'selfSigned', { key: string; certificate: string; der: Uint8Array }>;
  let ca = '';

  beforeAll(async () => {
    const now = new Date();
    const authority = await createAuthority({ commonName: 'Proof test', now });
    const { key, certificate } = await issueServer(authority, { ipAddresses: ['127.0.0.1'], now, days: 1 });
    clients = {
      issued: await issueClient(authority, { commonName: 'issued', now, days: 1 }),
      selfSigned: await selfSignClient({ commonName: 'self', now, days: 1 }),
    };
    ca = authority.certificate;
    const options = { key, cert: certificate, ca, requestCert: true, rejectUnauthorized: false };
    const h1 = https.createServer(options, answer);
    const h2 = http2.createSecureServer(options, answer);
    servers.push(h1, h2);
    ports = { h1: await listen(h1), h2: await listen(h2) };
  });
  afterAll(() => {
    for (const server of servers) server.close();
  });

  type Client = { key: string; certificate: string } | undefined;
  const tls = (client: Client) => ({ ca, ...(client && { key: client.key, cert: client.certificate }) });

  async function overHttp1(client: Client) {
    const request = https.get({ host: '127.0.0.1', port: ports.h1, agent: false, ...tls(client) });
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    return JSON.parse(await text(response));
  }

  async function overHttp2(client: Client, headers: http2.OutgoingHttpHeaders = {}) {
    const session = http2.connect(`https://127.0.0.1:${ports.h2}`, tls(client));
    try {
      return JSON.parse(await text(session.request({ ':path': '/a?b', ...headers })));
    } finally {
      session.close();
    }
  }

  it.each([
    ['HTTP/1.1', overHttp1],
    ['HTTP/2', overHttp2],
  ])('MTLS-3-02 the certificate comes from the handshake, whoever vouches for it: %s', async (_, ask) => {
    const { issued, selfSigned } = clients;
    expect(await ask(issued)).toMatchObject({ hash: x5tS256(issued.der), trusted: true });
    expect(await ask(selfSigned)).toMatchObject({ hash: x5tS256(selfSigned.der), trusted: false });
    expect(await ask(undefined)).not.toHaveProperty('hash');
    expect(await ask(undefined)).toMatchObject({ trusted: false });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'MTLS-3-02 every request of a connection has the certificate of its own handshake, by %s',
    async (version) => {
      const { issued, selfSigned } = clients;
      const kept = [issued, selfSigned, undefined].map((client) => {
        const agent = new https.Agent({ keepAlive: true, maxSockets: 1, minVersion: version, maxVersion: version });
        return { agent, client, sockets: new Set<unknown>() };
      });
      for (const { agent, client, sockets } of [...kept, ...kept, ...kept]) {
        const request = https.get({ host: '127.0.0.1', port: ports.h1, agent, ...tls(client) });
        request.on('socket', (socket) => sockets.add(socket));
        const [response] = (await once(request, 'response')) as [http.IncomingMessage];
        const hash = client && x5tS256(client.der);
        expect(JSON.parse(await text(response)).hash).toBe(hash);
      }
      expect(kept.map(({ sockets }) => sockets.size)).toEqual([1, 1, 1]);
      for (const { agent } of kept) agent.destroy();
    },
  );

  it.each([
    ['HTTP/1.1', () => ports.h1],
    ['HTTP/2', () => ports.h2],
  ])('takes the certificate apart once for all requests of a connection of TLS 1.3: %s', async (protocol, port) => {
    const seen = new Set<unknown>();
    const note = (request: Request) => seen.add(messageFromNode(request).certificate);
    for (const server of servers) server.on('request', note);
    const { issued } = clients;
    if (protocol === 'HTTP/2') {
      const session = http2.connect(`https://127.0.0.1:${port()}`, tls(issued));
      await Promise.all([1, 2, 3].map(() => text(session.request({ ':path': '/' }))));
      session.close();
    } else {
      const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
      for (let i = 0; i < 3; i += 1) {
        const [response] = await once(
          https.get({ host: '127.0.0.1', port: port(), agent, ...tls(issued) }),
          'response',
        );
        await text(response);
      }
      agent.destroy();
    }
    for (const server of servers) server.off('request', note);
    expect(seen.size).toBe(1);
  });

  it('DPOP-4.3-01 sees two fields of HTTP/2', async () => {
    expect(await overHttp2(undefined, { dpop: 'a.b.c' })).toMatchObject({
      method: 'GET',
      target: '/a?b',
      proof: 'a.b.c',
    });
    expect(await overHttp2(undefined, { dpop: ['a.b.c', 'd.e.f'] })).toMatchObject({ proof: 'proof_duplicated' });
  });
});
