import { getEventListeners } from 'node:events';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { servers } from './authorities.ts';
import { dpopClient } from './clients.ts';
import { granted, scriptedIssuer } from './scripted-issuer.ts';
import { scriptedVenue } from './scripted-venue.ts';
import type { Handler } from './tls-server.ts';

const SOON = 150; // ms: what the client gives an issuer here
const OFTEN = 1_000_000;

const endless: Handler = (_, response) => {
  const more = () => {
    while (!response.destroyed && response.write(' '.repeat(65_536)));
  };
  response.on('drain', more);
  more();
  return undefined;
};

/** Ways of an issuer to keep its client busy, at either endpoint. */
const burdens: [string, Handler, 'timeout' | 'size'][] = [
  ['never answers', () => undefined, 'timeout'],
  [
    'never finishes its headers',
    (_, response) => void response.socket?.write('HTTP/1.1 200 OK\r\nX-A: b\r\n'),
    'timeout',
  ],
  [
    'never finishes its body',
    (_, response) => void response.writeHead(200, { 'content-length': '100' }).write('{"issuer":'),
    'timeout',
  ],
  ['sends a body without end', endless, 'size'],
  ['sends a body that unpacks without end', () => packed(Buffer.alloc(50 * OFTEN)), 'size'],
  ['sends a body of a megabyte', () => ({ body: `{"x":"${'y'.repeat(OFTEN)}"}` }), 'size'],
];

function packed(content: Buffer) {
  return { headers: { 'content-encoding': 'gzip', 'content-type': 'application/json' }, body: gzipSync(content) };
}

describe('an issuer that burdens its client', () => {
  it.each(burdens)('%s: in its metadata', async (_, handler, limit) => {
    await using server = await scriptedIssuer({ instead: () => handler });
    const client = dpopClient({ issuer: server.issuer, issuerTimeout: limit === 'size' ? 5_000 : SOON });
    await expect(client.token()).rejects.toMatchObject(
      limit === 'size' ? { code: 'issuer_metadata', detail: 'too large' } : { name: 'TimeoutError' },
    );
  });

  it.each(burdens)('%s: in its token response', async (_, handler, limit) => {
    await using server = await scriptedIssuer({ instead: (path) => (path === '/token' ? handler : undefined) });
    const client = dpopClient({ issuer: server.issuer, issuerTimeout: limit === 'size' ? 5_000 : SOON });
    await expect(client.token()).rejects.toMatchObject(
      limit === 'size' ? { code: 'token_response', detail: 'too large' } : { name: 'TimeoutError' },
    );
  });

  it('challenges without end, in a body without end', async () => {
    await using server = await scriptedIssuer({
      instead: (path) =>
        path === '/token' ? (request, response) => challengeBefore(endless)(request, response) : undefined,
    });
    await expect(dpopClient({ issuer: server.issuer }).token()).rejects.toMatchObject({ detail: 'too large' });
    expect(server.received).toHaveLength(2);
  });

  it.each([
    ['nested to the depth of 100 000', '['.repeat(100_000)],
    ['cut off', '{"issuer":'],
    ['with a null octet', '{"issuer":"\u0000"}'],
    ['in UTF-16', '{\u0000"\u0000i\u0000'],
    ['empty', ''],
  ])('sends JSON that is none: %s', async (_, body) => {
    await using server = await scriptedIssuer({ instead: () => () => ({ body }) });
    await expect(dpopClient({ issuer: server.issuer }).token()).rejects.toMatchObject({ code: 'issuer_metadata' });
  });

  it('hangs up', async () => {
    await using server = await scriptedIssuer({
      instead: () => (_, response) => void response.socket?.destroy(),
    });
    await expect(dpopClient({ issuer: server.issuer }).token()).rejects.toThrow('fetch failed');
  });

  it('keeps a caller no longer than its signal allows, and the others go on', async () => {
    let answer = () => {};
    let asked = () => {};
    const waiting = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const arrived = new Promise<void>((resolve) => {
      asked = resolve;
    });
    const slowly = async () => {
      asked();
      await waiting;
      return granted();
    };
    await using venue = await scriptedVenue(() => ({ body: 'ok' }), {
      script: { instead: (path) => (path === '/token' ? slowly : undefined) },
    });
    const controller = new AbortController();
    const impatient = venue.client.fetch(venue.origin, { signal: controller.signal });
    const patient = venue.client.fetch(venue.origin);
    await arrived;
    controller.abort(new Error('enough'));
    await expect(impatient).rejects.toThrow('enough');
    answer();
    expect((await patient).status).toBe(200);
  });
});

it('an issuer that never answers keeps no caller who gives up at once', async () => {
  await using server = await scriptedIssuer({ instead: () => () => undefined });
  const controller = new AbortController();
  const sent = dpopClient({ issuer: server.issuer }).fetch('https://localhost:1/', { signal: controller.signal });
  controller.abort(new Error('given up'));
  await expect(sent).rejects.toThrow('given up');
});

function challengeBefore(handler: Handler): Handler {
  return (request, response) => {
    response.writeHead(400, { 'dpop-nonce': 'n', 'content-type': 'application/json' });
    return handler(request, response);
  };
}

describe('a resource server that is not what it seems', () => {
  it.each(['wrongName', 'unknownAuthority', 'expired'] as const)(
    'C094 gets no token with a false certificate: %s',
    async (name) => {
      const { certificate: cert, key } = servers[name];
      await using venue = await scriptedVenue(() => ({ body: 'ok' }), { tls: { cert, key } });
      await expect(venue.client.fetch(venue.origin)).rejects.toThrow('fetch failed');
      expect(venue.received).toHaveLength(0);
    },
  );

  it('is left alone by a request that was given up before it began', async () => {
    await using venue = await scriptedVenue(() => ({ body: 'ok' }));
    const signal = AbortSignal.abort(new Error('given up'));
    await expect(venue.client.fetch(venue.origin, { signal })).rejects.toThrow('given up');
    await venue.client.close();
    expect([venue.received.length, venue.issuer.received.length]).toEqual([0, 0]);
  });

  it('leaves nothing behind on a signal that serves many requests', async () => {
    await using venue = await scriptedVenue(() => ({ body: 'ok' }));
    const { signal } = new AbortController();
    for (let i = 0; i < 20; i += 1) await (await venue.client.fetch(venue.origin, { signal })).text();
    expect(getEventListeners(signal, 'abort').length).toBeLessThan(20);
  });

  it('is given up by the signal of a request while it does not answer', async () => {
    await using venue = await scriptedVenue(() => undefined);
    await expect(venue.client.fetch(venue.origin, { signal: AbortSignal.timeout(SOON) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });

  it('is given up by the signal between challenge and retry', async () => {
    const controller = new AbortController();
    await using venue = await scriptedVenue((_, response) => {
      response.writeHead(401, { 'dpop-nonce': 'n', 'www-authenticate': 'DPoP error="use_dpop_nonce"' });
      response.write('a body that ');
      setImmediate(() => controller.abort(new Error('given up')));
      return undefined;
    });
    const sent = venue.client.fetch(venue.origin, { method: 'POST', body: '{}', signal: controller.signal });
    await expect(sent).rejects.toThrow('given up');
  });

  it('challenges with a body without end: the retry does not wait for it', async () => {
    let nth = 0;
    await using venue = await scriptedVenue((request, response) => {
      nth += 1;
      if (nth > 1) return { body: 'ok' };
      response.writeHead(401, { 'dpop-nonce': 'n', 'www-authenticate': 'DPoP error="use_dpop_nonce"' });
      return endless(request, response);
    });
    const response = await venue.client.fetch(venue.origin);
    expect(await response.text()).toBe('ok');
  });

  it('sends headers beyond all measure', async () => {
    await using venue = await scriptedVenue(() => ({ headers: { 'dpop-nonce': 'n'.repeat(100_000) } }));
    await expect(venue.client.fetch(venue.origin)).rejects.toThrow('fetch failed');
  });
});

describe('closing a client', () => {
  it('waits for what is under way', async () => {
    await using venue = await scriptedVenue(() => ({ body: 'ok' }));
    const sent = venue.client.fetch(venue.origin);
    const response = await sent;
    const [text] = await Promise.all([response.text(), venue.client.close()]);
    expect(text).toBe('ok');
  });

  it('ends when a response that was not read is cancelled', async () => {
    await using venue = await scriptedVenue((_, response) => {
      response.writeHead(200).write('the first of many');
      return undefined;
    });
    const response = await venue.client.fetch(venue.origin);
    const closed = venue.client.close();
    await response.body?.cancel();
    await closed;
    expect(response.bodyUsed).toBe(true);
  });

  it('may be done twice', async () => {
    const client = dpopClient({ issuer: 'https://as.example' });
    await Promise.all([client.close(), client.close()]);
    await client.close();
  });

  it('ends what comes later', async () => {
    await using venue = await scriptedVenue(() => ({ body: 'ok' }));
    await venue.client.close();
    await expect(venue.client.fetch(venue.origin)).rejects.toThrow();
    expect(venue.received).toHaveLength(0);
  });
});
