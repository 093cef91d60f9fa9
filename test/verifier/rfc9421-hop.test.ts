import { connect } from 'node:net';
import { generateKey, type HttpMessage } from '@holdfast/proof';
import { admit } from '@holdfast/verifier/node';
import { describe, expect, it } from 'vitest';
import { listen } from './adapted-servers.ts';
import { makeCertificates } from './certificates.ts';
import { dialFrames, type Http2Frames } from './http2-frames.ts';
import { nextGrant } from './next-grant.ts';
import { Scene } from './scene.ts';
import { type Signing, signed } from './sign-by-hand.ts';
import { SIGNING_ADAPTERS, send, serveSigned } from './signing-servers.ts';
import { exchange } from './venue-server.ts';
import { judgeAnswer } from './verify-by-hand.ts';

/*
 * Who sits between client and venue, and can change, hold back and end everything, but sign nothing.
 */

const BODY = '{"side":"buy","quantity":100}';
const NEEDS = { scope: [], signature: 'required' } as const;
const key = await generateKey();
const scene = new Scene({ metadata: {}, responseSigning: { key } });

interface Changes extends Partial<Signing> {
  readonly method?: string;
  readonly target?: string;
  readonly fields?: readonly string[];
}

async function signedBy(by: Scene, { method = 'POST', target = '/signed', fields = [], ...signing }: Changes = {}) {
  const type = method === 'POST' ? ['Content-Type', 'application/json'] : [];
  const bare = await by.message({ method, target, fields: [...type, ...fields] });
  const body = method === 'POST' ? { body: BODY } : {};
  return signed(
    bare,
    { privateKey: by.client.privateKey, keyid: by.client.jkt },
    { created: by.now, ...body, ...signing },
  );
}

/** The message with other values of these fields; null takes them out. */
function altered(message: HttpMessage, values: Readonly<Record<string, string | null>>): HttpMessage {
  const headers = message.headers.flatMap((name, at) => {
    if (at % 2 === 1) return [];
    const { [name.toLowerCase()]: value = message.headers[at + 1] ?? '' } = values;
    return value === null ? [] : [name, value];
  });
  return { ...message, headers };
}

describe.each(SIGNING_ADAPTERS)('a refusal behind %s', (adapter) => {
  it.each([
    ['the token', { authorization: null }],
    ['the proof', { dpop: null }],
    ['both', { authorization: null, dpop: null }],
  ])('SIG-2.4-01 is not signed where a hop took %s away, so that the client does not believe it', async (_, values) => {
    await using server = await serveSigned(adapter, scene.verifier);
    const request = await signedBy(scene);
    const answer = await send(server.port, altered(request, values), BODY);
    expect([answer.status, judgeAnswer(answer, request, key.publicJwk)]).toEqual([401, undefined]);
    // For the order itself can still be placed
    expect((await send(server.port, request, BODY)).status).toBe(200);
  });

  it.each([
    ['a token', { authorization: 'DPoP x' }],
    ['a token that no signature can cover', { authorization: 'DPoP \u00e9' }],
    ['a proof', { dpop: 'x' }],
  ])('SIG-2.4-01 says of what it is one, where a hop put in %s of its own', async (_, values) => {
    await using server = await serveSigned(adapter, scene.verifier);
    const request = await signedBy(scene);
    const answer = await send(server.port, altered(request, values), BODY);
    expect([400, 401]).toContain(answer.status);
    expect(judgeAnswer(answer, request, key.publicJwk)?.isGood ?? false).toBe(false);
    expect((await send(server.port, request, BODY)).status).toBe(200);
  });

  it('SIG-2.4-01 says so, where a hop added a body to a request without one', async () => {
    await using server = await serveSigned(adapter, scene.verifier);
    for (const framing of [
      ['Content-Length', String(BODY.length)],
      ['Transfer-Encoding', 'chunked'],
    ]) {
      const request = await signedBy(scene, { method: 'DELETE' });
      const received = { ...request, headers: [...request.headers, ...framing] };
      const answer = await send(server.port, received, BODY);
      expect(answer.status).toBe(401);
      expect(judgeAnswer(answer, request, key.publicJwk)?.isGood).toBe(false);
      expect(judgeAnswer(answer, received, key.publicJwk)?.isGood).toBe(true);
      expect((await send(server.port, request)).status).toBe(200);
    }
  });

  it.each(['http://a.example/signed', '/signed#x', '/signed?a#x'])(
    'FAPISIG-5.3.1.2-03 of a target that is none of this server is no fault of the server: %s',
    async (target) => {
      await using server = await serveSigned(adapter, scene.verifier);
      const fields = 'Host: a\r\nSignature-Input: sig=()\r\nSignature: sig=:AA==:\r\nConnection: close\r\n\r\n';
      expect(await exchange(server.port, `GET ${target} HTTP/1.1\r\n${fields}`)).toMatch(/^HTTP\/1\.1 40[01] /);
    },
  );
});

describe('a connection that ends while the verifier decides', () => {
  it.each([
    ['in the middle of the body', BODY.slice(0, -1)],
    ['after it', BODY],
  ])('SIG-7.2.8-01 %s reaches no handler, and nobody waits for ever', async (_, sent) => {
    const asked = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<boolean>();
    const add = () => {
      asked.resolve();
      return answered.promise;
    };
    const slow = new Scene({ replay: { add, isVolatile: true } });
    const { promise: outcome, resolve } = Promise.withResolvers<unknown>();
    await using server = await listen((request, response) => {
      request.on('close', () => answered.resolve(true));
      resolve(admit(slow.verifier, request, response, NEEDS));
    });
    const { headers } = await signedBy(slow, { fields: ['Content-Length', String(BODY.length)] });
    const socket = connect(server.port, '127.0.0.1').on('error', () => {});
    const lines = headers.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${headers[at + 1]}`] : []));
    socket.write(['POST /signed HTTP/1.1', 'Host: venue', ...lines, '', sent].join('\r\n'));
    await asked.promise;
    socket.resetAndDestroy();
    expect(await outcome).toBeUndefined();
  });
});

describe.each(['fastify', 'node:http', 'hono'] as const)('HTTP/2 behind %s', (adapter) => {
  it.each([
    [8, BODY],
    [0, BODY],
    [8, ''],
    [0, ''],
  ])('SIG-7.2.8-01 a stream that is reset (%i) before its end reaches no handler, after %j', async (code, body) => {
    const tls = await makeCertificates();
    await using server = await serveSigned(adapter, scene.verifier, { tls, http2: true });
    const post = async (finish: (frames: Http2Frames) => void) => {
      const { method, target, headers } = await signedBy(scene, { method: body === '' ? 'DELETE' : 'POST' });
      const fields = headers.flatMap((name, at) =>
        at % 2 === 0 ? [[name.toLowerCase(), headers[at + 1] ?? ''] as const] : [],
      );
      const frames = await dialFrames(server.port, tls);
      const granted = nextGrant();
      frames.headers([
        [':method', method],
        [':scheme', 'https'],
        [':path', target],
        [':authority', 'venue'],
        ...fields,
      ]);
      await granted;
      finish(frames);
      return frames;
    };
    using _reset = await post((frames) => {
      if (body !== '') frames.data(body);
      frames.reset(code);
    });
    using _whole = await post((frames) => frames.data(body, true));
    await expect.poll(() => server.seen.length).toBeGreaterThan(0);
    expect(server.seen).toEqual([body]);
  });
});

describe('Fastify', () => {
  it('answers 500 where a reply cannot be written, and goes on', async () => {
    await using server = await serveSigned('fastify', scene.verifier, {
      routes: (app) =>
        app.get('/reflects', { config: NEEDS }, async (_request, reply) => reply.header('X-Note', 'a\nb').send('x')),
    });
    for (const _ of [1, 2]) {
      const request = await signedBy(scene, { method: 'GET', target: '/reflects' });
      expect((await send(server.port, request)).status).toBe(500);
    }
  });

  it('ends a stream of the web that it does not send', async () => {
    const cancelled: string[] = [];
    const stream = (name: string) =>
      new ReadableStream({ pull: (to) => to.enqueue(Buffer.from('x')), cancel: () => void cancelled.push(name) });
    await using server = await serveSigned('fastify', scene.verifier, {
      routes: (app) => {
        app.get('/stream', { config: NEEDS }, async () => stream('stream'));
        app.get('/response', { config: NEEDS }, async () => new Response(stream('response')));
      },
    });
    for (const target of ['/stream', '/response']) {
      expect((await send(server.port, await signedBy(scene, { method: 'GET', target }))).status).toBe(500);
    }
    expect(cancelled).toEqual(['stream', 'response']);
  });
});
