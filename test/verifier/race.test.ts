import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:http2';
import { json } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import { ADAPTERS, serve } from './adapted-servers.ts';
import { type Certificates, makeCertificates } from './certificates.ts';
import { credentials } from './credentials.ts';
import { Scene } from './scene.ts';

const COPIES = 1000;
const SOCKETS = 200;

interface Reply {
  readonly status: number | undefined;
  readonly code: string | undefined;
}

/** One served, and every other one told that the proof was used before. */
function expectOneServed(replies: readonly Reply[]): void {
  expect(replies).toHaveLength(COPIES);
  expect(replies.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(replies.filter(({ status, code }) => status === 401 && code === 'proof_replayed')).toHaveLength(COPIES - 1);
}

/** Every socket is open before the first copy is sent, and has the next one as soon as one is answered. */
async function overHttp1(port: number, headers: Record<string, string>): Promise<Reply[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS, maxFreeSockets: SOCKETS });
  const send = (path: string, fields: Record<string, string>) =>
    new Promise<Reply>((resolve, reject) => {
      httpRequest({ port, host: '127.0.0.1', path, headers: fields, agent }, (response) => {
        const status = response.statusCode;
        json(response).then((body) => resolve({ status, code: (body as Partial<Reply>).code }), reject);
      })
        .on('error', reject)
        .end();
    });
  await Promise.all(Array.from({ length: SOCKETS }, () => send('/healthz', {})));
  const replies = await Promise.all(Array.from({ length: COPIES }, () => send('/orders', headers)));
  agent.destroy();
  return replies;
}

/** Many streams at a time on each of ten connections. */
async function overHttp2(port: number, ca: string, headers: Record<string, string>): Promise<Reply[]> {
  const sessions = Array.from({ length: 10 }, () => connect(`https://localhost:${port}`, { ca }));
  const send = (i: number) =>
    new Promise<Reply>((resolve, reject) => {
      const stream = sessions[i % sessions.length]?.request({ ':path': '/orders', ...headers });
      stream?.on('error', reject).on('response', ({ ':status': status }) => {
        json(stream).then((body) => resolve({ status, code: (body as Partial<Reply>).code }), reject);
      });
    });
  const replies = await Promise.all(Array.from({ length: COPIES }, (_, i) => send(i)));
  for (const session of sessions) session.destroy();
  return replies;
}

// Signatures on the thread pool, so that many copies have one checked before the first is remembered
describe('DPOP-11.1-02 N6 of 1,000 copies of a proof at once', () => {
  let tls: Certificates;

  beforeAll(async () => {
    tls = await makeCertificates();
  });

  it.each(ADAPTERS)('one is served by %s', async (adapter) => {
    const scene = new Scene({ signatures: 'pool' });
    await using server = await serve(adapter, scene.verifier);
    expectOneServed(await overHttp1(server.port, await credentials(scene)));
  });

  it.each(['fastify', 'node:http', 'hono'] as const)('one is served by %s over HTTP/2', async (adapter) => {
    const scene = new Scene({ signatures: 'pool' });
    await using server = await serve(adapter, scene.verifier, { tls, http2: true });
    expectOneServed(await overHttp2(server.port, tls.ca, await credentials(scene)));
  });
});
