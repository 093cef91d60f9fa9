import { once } from 'node:events';
import { createSecureServer, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { servers } from './authorities.ts';
import { dpopClient } from './clients.ts';
import { readJwt, scriptedIssuer } from './scripted-issuer.ts';

interface Stream {
  readonly method: unknown;
  readonly path: unknown;
  readonly dpop: string;
  readonly body: string;
}

/** A resource that speaks HTTP/2 alone, and challenges the first proof. */
async function http2Venue() {
  const seen: Stream[] = [];
  const sessions = new Set<ServerHttp2Session>();
  const { certificate: cert, key } = servers.sound;
  const server = createSecureServer({ cert, key });
  server.on('session', (session) => sessions.add(session));
  server.on('stream', async (stream: ServerHttp2Stream, headers) => {
    let body = '';
    for await (const chunk of stream.setEncoding('utf8')) body += chunk;
    const dpop = String(headers['dpop']);
    seen.push({ method: headers[':method'], path: headers[':path'], dpop, body });
    const challenge = { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': 'n-1' };
    stream.respond(seen.length === 1 ? { ':status': 401, ...challenge } : { ':status': 200 });
    stream.end('ok');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `https://localhost:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      for (const session of sessions) session.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

it('DPOP-7-01 holds over HTTP/2: path and htu are one spelling, and a challenge is answered', async () => {
  await using issuer = await scriptedIssuer();
  await using venue = await http2Venue();
  const client = dpopClient({ issuer: issuer.issuer });
  const response = await client.fetch(`${venue.origin}/a b/%7e?c=d#e`, { method: 'POST', body: '{}' });
  expect(await response.text()).toBe('ok');
  const proofs = venue.seen.map(({ dpop }) => readJwt(dpop)?.payload);
  expect(venue.seen.map(({ method, path, body }) => [method, path, body])).toEqual(
    Array(2).fill(['POST', '/a%20b/%7e?c=d', '{}']),
  );
  expect(proofs.map((payload) => payload?.['htu'])).toEqual(Array(2).fill(`${venue.origin}/a%20b/%7e`));
  expect(proofs.map((payload) => payload?.['nonce'])).toEqual([undefined, 'n-1']);
});

it('serves 200 requests at once over HTTP/2', async () => {
  await using issuer = await scriptedIssuer();
  await using venue = await http2Venue();
  const client = dpopClient({ issuer: issuer.issuer });
  const urls = Array.from({ length: 200 }, (_, i) => `${venue.origin}/${i}`);
  const texts = await Promise.all(urls.map(async (url) => (await client.fetch(url)).text()));
  expect(texts.every((text) => text === 'ok')).toBe(true);
  expect(new Set(venue.seen.map(({ dpop }) => dpop)).size).toBe(venue.seen.length);
});

it.each(['patch', 'query', 'Get', 'report'])(
  'DPOP-4.2-05 names the method %s in the proof in the letter case in which it is sent',
  async (method) => {
    await using issuer = await scriptedIssuer();
    await using venue = await http2Venue();
    await dpopClient({ issuer: issuer.issuer }).fetch(venue.origin, { method });
    expect(venue.seen.map(({ dpop }) => readJwt(dpop)?.payload['htm'])).toEqual(
      venue.seen.map((stream) => stream.method),
    );
    expect(venue.seen).toHaveLength(2);
  },
);
