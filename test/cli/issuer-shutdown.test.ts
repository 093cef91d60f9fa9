import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { type Listener, listen } from '@holdfast/cli';
import fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../free-port.ts';
import type { Serving } from './holdfast-process.ts';
import { type IssuerFolder, issuerFolder } from './issuer-folder.ts';

const BODY = 'grant_type=client_credentials';
const HEAD = `POST /token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${BODY.length}\r\n\r\n`;
let folder: IssuerFolder;

beforeAll(async () => {
  folder = await issuerFolder();
}, 30_000);

afterAll(() => folder[Symbol.asyncDispose]());

/** A connection on which a client says what it wants, piece by piece. */
async function connection(origin: string) {
  const { port } = new URL(origin);
  const socket = tls.connect({ port: Number(port), host: '127.0.0.1', servername: 'localhost', ca: folder.ca });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  await once(socket, 'secureConnect');
  return {
    send: (text: string) => new Promise<void>((resolve) => socket.write(text, () => resolve())),
    received: () => Buffer.concat(chunks).toString(),
    data: () => once(socket, 'data'),
    closed,
  };
}

async function start(): Promise<{ issuing: Serving; service: string }> {
  const port = await freePort();
  const issuing = await folder.start(await folder.configured({ service: { port } }));
  return { issuing, service: `http://127.0.0.1:${port}` };
}

/** A request whose head was read: what the server asks for its body shows that. */
async function underWay(origin: string) {
  const made = await connection(origin);
  await made.send(HEAD.replace('\r\n\r\n', '\r\nExpect: 100-continue\r\n\r\n'));
  await made.data();
  expect(made.received()).toMatch(/^HTTP\/1\.1 100 Continue/);
  return made;
}

const ended = (child: ChildProcess) => once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;

describe('holdfast issuer, told to end', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s is not ready any more, takes no more connections, answers what is under way, and exits with 0',
    async (signal) => {
      const { issuing, service } = await start();
      const idle = await connection(folder.issuer);
      await idle.send('GET /jwks HTTP/1.1\r\nHost: localhost\r\n\r\n');
      await idle.data();
      const silent = await connection(folder.mtlsOrigin);
      const asking = await underWay(folder.issuer);
      const exit = ended(issuing.child);
      issuing.child.kill(signal);
      await idle.closed;
      await silent.closed;
      const readiness = await fetch(`${service}/readyz`);
      expect([readiness.status, await readiness.json()]).toEqual([503, { ready: false, lacking: ['time'] }]);
      expect((await fetch(`${service}/healthz`)).status).toBe(200);
      await expect(connection(folder.issuer)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      await expect(connection(folder.mtlsOrigin)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
      await asking.send(BODY);
      await asking.closed;
      expect(asking.received()).toMatch(/HTTP\/1\.1 401 .*\r\nconnection: close\r\n.*"invalid_client"/is);
      expect(await exit).toEqual([0, null]);
    },
    30_000,
  );

  it('twice ends at once, whatever is under way', async () => {
    const { issuing, service } = await start();
    const asking = await underWay(folder.issuer);
    const exit = ended(issuing.child);
    issuing.child.kill('SIGTERM');
    while ((await fetch(`${service}/readyz`)).status !== 503);
    issuing.child.kill('SIGINT');
    expect(await exit).toEqual([null, 'SIGINT']);
    await asking.closed;
    expect(asking.received()).not.toContain('invalid_client');
  }, 30_000);
});

describe('a listener that ends with patience', () => {
  async function serving(handler: () => Promise<string>): Promise<Listener> {
    const [cert, key] = await Promise.all(
      ['server.pem', 'server.key.pem'].map((file) => readFile(join(folder.path, 'certs', file), 'utf8')),
    );
    const listener = await listen({ port: 0, host: '127.0.0.1', name: 'localhost', cert: cert ?? '', key: key ?? '' });
    const app = fastify();
    app.get('/', handler);
    app.get('/stream', (_request, reply) => {
      reply.raw.writeHead(200, { 'content-length': '8' }).write('part');
      void handler().then((text) => reply.raw.end(text));
      return reply.hijack();
    });
    await listener.serve(app);
    return listener;
  }

  it('cuts off what is not answered in time', async () => {
    const listener = await serving(() => new Promise(() => {}));
    const asking = await connection(listener.origin);
    await asking.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await listener.close(100);
    await asking.closed;
    expect(asking.received()).toBe('');
  });

  it('waits for the end of an answer that has begun, but for no handshake and no rest of a head', async () => {
    const done = Promise.withResolvers<string>();
    const listener = await serving(() => done.promise);
    const asking = await connection(listener.origin);
    await asking.send('GET /stream HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await asking.data();
    const half = await connection(listener.origin);
    await half.send('GET /stream HT');
    const mute = connectTcp(Number(new URL(listener.origin).port), '127.0.0.1').on('error', () => {});
    await once(mute, 'connect');
    const begun = performance.now();
    const closed = listener.close(10_000);
    await Promise.all([half.closed, once(mute, 'close')]);
    done.resolve('part');
    await closed;
    await asking.closed;
    expect(asking.received()).toMatch(/partpart$/);
    expect(performance.now() - begun).toBeLessThan(4000); // else a connection is kept alive for five seconds
  });

  it('answers a request that was on its way when the end began', async () => {
    const listener = await serving(async () => 'served');
    const asking = await connection(listener.origin);
    const closed = listener.close(10_000);
    await asking.send('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await closed;
    await asking.closed;
    expect(asking.received()).toMatch(/connection: close\r\n.*served$/is);
  });
});
