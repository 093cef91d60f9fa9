import { once } from 'node:events';
import { connect } from 'node:net';
import { HoldfastError } from '@holdfast/proof';
import type { Requirement } from '@holdfast/verifier';
import { admit, protect, resourceMetadata } from '@holdfast/verifier/node';
import { describe, expect, it } from 'vitest';
import { ADAPTERS, listen, serve } from './adapted-servers.ts';
import { credentials } from './credentials.ts';
import { guard, type Handler, send } from './node-guard.ts';
import { Scene } from './scene.ts';

describe('FAPI2-5.3.4-01 the middleware', () => {
  it('hands the access to the handler, once, and nothing else to next', async () => {
    const scene = new Scene();
    const seen: unknown[][] = [];
    const middleware = protect(scene.verifier);
    await using server = await listen((request, response) => {
      const next = (...given: unknown[]) => {
        seen.push(given);
        response.end(request.access?.clientId);
      };
      void middleware(request, response, next);
    });
    expect(await (await send(scene, server)).text()).toBe('client-1');
    expect(seen).toEqual([[]]);
  });

  it('lets no refused request pass, whatever it asks for', async () => {
    const scene = new Scene();
    let ran = 0;
    await using server = await guard(scene.verifier, () => (ran += 1));
    const { authorization } = await credentials(scene);
    const attempts = [{}, { authorization }, { authorization: `Bearer ${scene.token()}` }, { authorization: 'x y z' }];
    for (const headers of attempts) {
      const reply = await fetch(`http://127.0.0.1:${server.port}/orders`, { headers });
      expect([400, 401]).toContain(reply.status);
      expect(await reply.json()).toMatchObject({ code: expect.any(String), error_description: expect.any(String) });
    }
    const poor = scene.token({ payload: { scope: 'positions:read' } });
    expect((await send(scene, server, { token: poor })).status).toBe(403);
    expect(ran).toBe(0);
  });

  it('answers HEAD without a body', async () => {
    const scene = new Scene();
    await using server = await guard(scene.verifier, (_request, response) => response.end());
    const refused = await fetch(`http://127.0.0.1:${server.port}/orders`, { method: 'HEAD' });
    expect([refused.status, await refused.text()]).toEqual([401, '']);
    expect((await send(scene, server, { method: 'HEAD' })).status).toBe(200);
  });

  it('does not wait for the body', async () => {
    const scene = new Scene();
    await using server = await guard(scene.verifier, () => {});
    const head = 'POST /orders HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 100000000\r\n\r\n';
    expect(await server.exchange(head)).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('rejects with what next throws, and calls it once', async () => {
    const scene = new Scene();
    let ran = 0;
    await using server = await guard(scene.verifier, (_request, response) => {
      ran += 1;
      response.end('answered');
      throw new RangeError('of the handler');
    });
    expect(await (await send(scene, server)).text()).toBe('answered');
    expect(await server.outcomes[0]).toBeInstanceOf(RangeError);
    expect(ran).toBe(1);
  });
});

describe('DPOP-7.1-04 what happens while a request is decided', () => {
  /** A store that answers when it is told to. */
  function slow(answer: boolean) {
    const asked = Promise.withResolvers<void>();
    const told = Promise.withResolvers<boolean>();
    const add = () => {
      asked.resolve();
      return told.promise;
    };
    return { scene: new Scene({ replay: { add } }), asked: asked.promise, tell: () => told.resolve(answer) };
  }

  it('a client that hangs up gets no handler to run by that', async () => {
    const { scene, asked, tell } = slow(false);
    let ran = 0;
    const closed = Promise.withResolvers<void>();
    const before: Handler = (request) => request.socket.once('close', () => closed.resolve());
    await using server = await guard(scene.verifier, () => (ran += 1), before);
    const socket = connect(server.port, '127.0.0.1');
    await once(socket, 'connect');
    const { authorization, dpop } = await credentials(scene);
    socket.write(`GET /orders HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\nDPoP: ${dpop}\r\n\r\n`);
    await asked;
    socket.resetAndDestroy();
    await closed.promise;
    tell();
    await Promise.all(server.outcomes);
    expect([server.outcomes.length, ran]).toEqual([1, 0]);
  });

  it.each([true, false])(
    'somebody else answers: no handler runs, and nothing is sent twice (granted: %s)',
    async (granted) => {
      const { scene, asked, tell } = slow(granted);
      let ran = 0;
      const before: Handler = (_request, response) => void asked.then(() => response.writeHead(503).end('too slow'));
      await using server = await guard(scene.verifier, () => (ran += 1), before);
      const reply = await send(scene, server);
      tell();
      await Promise.all(server.outcomes);
      expect([reply.status, await reply.text(), ran]).toEqual([503, 'too slow', 0]);
    },
  );

  it('a response that cannot be written is cut off, and the server goes on', async () => {
    const scene = new Scene();
    let ran = 0;
    const before: Handler = (_request, response) => {
      response.writeHead = () => {
        throw new Error('the log is full');
      };
    };
    await using server = await guard(scene.verifier, () => (ran += 1), before);
    for (let i = 0; i < 2; i += 1) {
      expect(await server.exchange('GET /orders HTTP/1.1\r\nHost: a\r\n\r\n')).toBe('');
    }
    expect(await Promise.all(server.outcomes)).toEqual([undefined, undefined]);
    expect(ran).toBe(0);
  });
});

describe('a requirement that would ask for less than it seems to, or for what no token can have', () => {
  const wrong: readonly unknown[] = [
    null,
    'orders:read',
    ['orders:read'],
    { scope: 'orders:read' },
    { scope: undefined },
    { scope: [7] },
    { scope: ['orders:read orders:write'] },
    { scope: [''] },
    { scope: ['orders", error="none'] },
    { scope: ['orders\r\nX-More: of it'] },
    { scopes: ['orders:read'] },
    { authorizationDetails: {} },
    { authorizationDetails: [{}] },
    { authorizationDetails: [{ type: 7 }] },
    { authorizationDetails: [{ type: 'account', actions: 'read' }] },
    { authorizationDetails: [{ type: 'account', action: ['read'] }] },
    { authorizationDetails: [null] },
  ];

  it.each(wrong)('FAPI2-5.3.4-04 is refused when it is given: %j', async (requirement) => {
    const scene = new Scene();
    expect(() => protect(scene.verifier, requirement as Requirement)).toThrow(TypeError);
    await using server = await listen(async (request, response) => {
      const access = await admit(scene.verifier, request, response, requirement as Requirement);
      if (access !== undefined) response.end('served');
    });
    const reply = await send(scene, server);
    expect([reply.status, await reply.json()]).toEqual([500, expect.objectContaining({ code: 'internal' })]);
  });

  it('is metadata from a verifier that has none', () => {
    expect(() => resourceMetadata(new Scene().verifier)).toThrow(TypeError);
  });
});

describe.each(ADAPTERS)('DPOP-7.1-04 a refusal that is no answer of a server, on %s', (adapter) => {
  it('is a 500', async () => {
    const clock = () => {
      throw new HoldfastError('url_refused');
    };
    const scene = new Scene();
    await using server = await serve(adapter, new Scene({ nonce: 'off', clock }).verifier);
    const reply = await send(scene, server);
    expect([reply.status, reply.headers.get('cache-control')]).toEqual([500, 'no-store']);
    expect(await reply.json()).toMatchObject({ error: 'server_error', code: 'internal' });
  });

  it('is a 503 with Retry-After, and no challenge, when the store is down', async () => {
    const scene = new Scene({ replay: { add: () => Promise.reject(new Error('down')) } });
    await using server = await serve(adapter, scene.verifier);
    const { status, headers } = await send(scene, server);
    expect([status, headers.get('retry-after'), headers.get('www-authenticate')]).toEqual([503, '1', null]);
  });
});
