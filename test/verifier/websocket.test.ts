import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ReplayStore } from '@holdfast/proof';
import { upgrade } from '@holdfast/verifier/websocket';
import { beforeAll, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { type Certificates, makeCertificates } from './certificates.ts';
import { parseChallenges } from './challenge-parser.ts';
import { credentials, type Wanted } from './credentials.ts';
import { boundTo, Scene } from './scene.ts';
import { dial, dialRaw, serveSockets } from './socket-server.ts';

let tls: Certificates;

beforeAll(async () => {
  tls = await makeCertificates();
});

const good = (scene: Scene, wanted: Wanted = {}) => credentials(scene, { path: '/stream', ...wanted });

describe('FAPI2-5.3.4-01 a handshake', () => {
  it('is answered when token and proof are good', async () => {
    const scene = new Scene();
    await using server = await serveSockets(scene.verifier, tls);
    const { socket, status, text: greeting } = await dial(server.port, tls, await good(scene));
    expect([status, greeting]).toEqual([101, 'client-1']);
    socket?.send('hello');
    expect(String((await once(socket as WebSocket, 'message'))[0])).toBe('hello');
  });

  it('DPOP-9-01 DPOP-8.2-02 is challenged for a nonce, and good with it', async () => {
    const scene = new Scene();
    await using server = await serveSockets(scene.verifier, tls);
    const token = scene.token();
    const refused = await dial(server.port, tls, await good(scene, { token, nonce: 'stale' }));
    expect(refused).toMatchObject({ socket: undefined, status: 401 });
    expect(refused.headers).toMatchObject({
      'cache-control': 'no-store',
      connection: 'close',
      'content-type': 'application/json; charset=utf-8',
      date: expect.any(String),
    });
    expect(JSON.parse(refused.text)).toMatchObject({ error: 'use_dpop_nonce', code: 'nonce_stale' });
    const [challenge] = parseChallenges(refused.headers['www-authenticate'] ?? '');
    expect(challenge).toMatchObject({ scheme: 'DPoP', parameters: { error: 'use_dpop_nonce' } });
    const nonce = refused.headers['dpop-nonce'] as string;
    expect((await dial(server.port, tls, await good(scene, { token, nonce }))).status).toBe(101);
  });

  it('DPOP-8.2-02 brings the next nonce in its answer', async () => {
    const scene = new Scene();
    await using server = await serveSockets(scene.verifier, tls);
    const nonce = await scene.nonce();
    scene.wait(60);
    const { status, headers } = await dial(server.port, tls, await good(scene, { nonce }));
    expect([status, headers['dpop-nonce'], headers['cache-control']]).toEqual([101, await scene.nonce(), 'no-store']);
  });

  it('MTLS-3-03 is bound to the certificate of its connection', async () => {
    const scene = new Scene();
    await using server = await serveSockets(scene.verifier, tls);
    const headers = { authorization: `Bearer ${scene.token(boundTo(tls.mine.der))}` };
    const outcome = async (options: Parameters<typeof dial>[3]) => {
      const { status, text: body } = await dial(server.port, tls, headers, options);
      return status === 101 ? body : (JSON.parse(body) as { code: string }).code;
    };
    expect(await outcome({ present: tls.mine })).toBe('client-1');
    expect(await outcome({ present: tls.other })).toBe('certificate_mismatch');
    expect(await outcome({})).toBe('certificate_missing');
  });
});

describe('FAPI2-5.3.4-01 a handshake is refused before it is answered', () => {
  const scene = new Scene();
  type Make = () => Promise<Record<string, string | string[]>>;
  const attempts: readonly (readonly [string, number, string, Make])[] = [
    ['nothing', 401, 'credentials_missing', async () => ({})],
    ['a proof alone', 401, 'credentials_missing', async () => ({ dpop: (await good(scene)).dpop })],
    ['a token alone', 401, 'proof_missing', async () => ({ authorization: (await good(scene)).authorization })],
    ['a bound token as Bearer', 401, 'scheme_mismatch', async () => ({ authorization: `Bearer ${scene.token()}` })],
    [
      'two Authorization fields',
      400,
      'credentials_duplicated',
      async () => {
        const { authorization, dpop } = await good(scene);
        return { authorization: [authorization, authorization], dpop };
      },
    ],
    [
      'two DPoP fields',
      401,
      'proof_duplicated',
      async () => {
        const { authorization, dpop } = await good(scene);
        return { authorization, dpop: [dpop, (await good(scene)).dpop] };
      },
    ],
    [
      'a proof for the wss URL',
      401,
      'proof_htu',
      async () => {
        const token = scene.token();
        const dpop = await scene.proof(token, { payload: { htu: 'wss://venue.example/stream' } });
        return { authorization: `DPoP ${token}`, dpop };
      },
    ],
    ['a proof for another path', 401, 'proof_htu', () => credentials(scene, { path: '/orders' })],
    ['a proof for another method', 401, 'proof_htm', () => good(scene, { method: 'CONNECT' })],
    [
      'too small a scope',
      403,
      'scope_insufficient',
      () => good(scene, { token: scene.token({ payload: { scope: 'positions:read' } }) }),
    ],
  ];

  it.each(attempts)('DPOP-4.3-01, DPOP-4.3-08, DPOP-4.3-09: for %s: %i %s', async (_what, status, code, make) => {
    await using server = await serveSockets(scene.verifier, tls);
    const reply = await dial(server.port, tls, await make());
    expect([reply.socket, reply.status, JSON.parse(reply.text)]).toEqual([
      undefined,
      status,
      expect.objectContaining({ code }),
    ]);
    expect(await server.outcomes[0]).toBeUndefined();
  });

  it('FAPI2-5.3.4-02 for a token in the query, or among the subprotocols', async () => {
    await using server = await serveSockets(scene.verifier, tls);
    const token = scene.token();
    const query = await dial(server.port, tls, await good(scene), { path: `/stream?access_token=${token}` });
    expect([query.status, query.text]).toEqual([400, expect.stringContaining('credentials_in_query')]);
    const { dpop } = await good(scene, { token });
    const protocol = await dial(server.port, tls, { dpop }, { protocols: ['bearer', token] });
    expect([protocol.status, protocol.text]).toEqual([401, expect.stringContaining('credentials_missing')]);
    expect(protocol.text + JSON.stringify(protocol.headers)).not.toContain(token);
  });

  it('DPOP-11.1-02 for a proof that was used before, by one of 50 at once too', async () => {
    await using server = await serveSockets(scene.verifier, tls);
    const headers = await good(scene);
    const replies = await Promise.all(Array.from({ length: 50 }, () => dial(server.port, tls, headers)));
    expect(replies.filter(({ status }) => status === 101)).toHaveLength(1);
    expect(replies.filter(({ text: body }) => body.includes('proof_replayed'))).toHaveLength(49);
  });

  it('FAPI2-5.3.4-04 for a requirement that is none', async () => {
    await using server = await serveSockets(scene.verifier, tls, { requirement: { scopes: ['orders:read'] } as never });
    expect(await dial(server.port, tls, await good(scene))).toMatchObject({ socket: undefined, status: 500 });
  });
});

describe('DPOP-7.1-04 a client that does not behave during the handshake', () => {
  it('resets the connection while it is being decided: nothing opens, and the server goes on', async () => {
    const asked = Promise.withResolvers<void>();
    const told = Promise.withResolvers<boolean>();
    let add: ReplayStore['add'] = () => {
      asked.resolve();
      return told.promise;
    };
    const scene = new Scene({ replay: { add: (...entry) => add(...entry) } });
    const closed = Promise.withResolvers<void>();
    const onUpgrade = (socket: { once(event: 'close', listener: () => void): unknown }) =>
      void socket.once('close', () => closed.resolve());
    await using server = await serveSockets(scene.verifier, tls, { onUpgrade });
    const raw = await dialRaw(server.port, tls, await good(scene));
    await asked.promise;
    raw.reset();
    await closed.promise;
    told.resolve(true);
    expect(await server.outcomes[0]).toBeUndefined();
    expect(server.opened).toEqual([]);
    add = () => true;
    expect((await dial(server.port, tls, await good(scene))).status).toBe(101);
  });

  it('resets a connection without TLS, where nobody else listens for that', async () => {
    const asked = Promise.withResolvers<void>();
    const told = Promise.withResolvers<boolean>();
    const add = () => {
      asked.resolve();
      return told.promise;
    };
    const scene = new Scene({ replay: { add } });
    const upgraded = Promise.withResolvers<[Duplex, Promise<unknown>]>();
    const server = createServer().on('upgrade', (request, socket) => {
      upgraded.resolve([socket, upgrade(scene.verifier, request, socket)]);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
    const { authorization, dpop } = await good(scene);
    const handshake = ['GET /stream HTTP/1.1', 'Host: a', 'Connection: Upgrade', 'Upgrade: websocket'];
    client.write([...handshake, `Authorization: ${authorization}`, `DPoP: ${dpop}`, '', ''].join('\r\n'));
    const [socket, outcome] = await upgraded.promise;
    await asked.promise;
    const closed = new Promise((resolve) => socket.resume().once('close', resolve));
    client.resetAndDestroy();
    await closed;
    told.resolve(true);
    expect(await outcome).toBeUndefined();
    server.close();
  });

  it('gets its refusal whole though it goes on sending', async () => {
    const scene = new Scene();
    await using server = await serveSockets(scene.verifier, tls);
    const raw = await dialRaw(server.port, tls, {});
    const sent = new Promise<void>((resolve, reject) => {
      raw.socket.write(Buffer.alloc(16 * 1024 * 1024), (error) => (error ? reject(error) : resolve()));
    });
    expect(await raw.received()).toMatch(
      /^HTTP\/1\.1 401 Unauthorized\r\n(.+\r\n)+\r\n\{.*"code":"credentials_missing"\}$/,
    );
    await sent;
    raw.reset();
  });

  it('gets no answer that it could take for that of an earlier request, which has none yet', async () => {
    const scene = new Scene();
    await using server = await serveSockets(scene.verifier, tls);
    const raw = await dialRaw(server.port, tls, {}, 'GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(await raw.received().catch(() => 'reset')).not.toContain('HTTP/1.1');
    expect((await dial(server.port, tls, await good(scene))).status).toBe(101);
  });

  it('is cut off when it never hangs up', async () => {
    const scene = new Scene();
    await using server = await serveSockets(scene.verifier, tls);
    const raw = await dialRaw(server.port, tls, {});
    expect(await raw.received()).toContain('credentials_missing');
    expect(await server.connections()).toBe(1);
    await expect.poll(() => server.connections(), { timeout: 10_000 }).toBe(0);
  });
});
