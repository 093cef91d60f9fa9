import { get } from 'node:https';
import { Readable } from 'node:stream';
import { Agent, type Dispatcher, request, fetch as undiciFetch, upgrade } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { authority } from './authorities.ts';
import { dpopClient, mtlsClient } from './clients.ts';
import { ACCESS_TOKEN, granted } from './scripted-issuer.ts';
import { resourceChallenge, type ScriptedVenue, scriptedVenue } from './scripted-venue.ts';
import { signingVenue } from './signing-venue.ts';
import { asksForCertificate, type Handler, type Received } from './tls-server.ts';

const nonceOf = ({ headers }: Received): unknown =>
  JSON.parse(Buffer.from(headers.get('dpop')?.split('.')[1] ?? '', 'base64url').toString())['nonce'];
const insists: Handler = (received) =>
  nonceOf(received) === 'n-1' ? { body: `${received.method} ${received.body}` } : resourceChallenge('n-1');

function agent(): Agent {
  const made = new Agent({ connect: { ca: authority.certificate } });
  onTestFinished(() => made.close());
  return made;
}

/** node:https, by hand. */
function plainGet(
  url: string,
  headers: Record<string, string>,
): Promise<{ status: number; headers: [string, string][] }> {
  return new Promise((resolve, reject) => {
    get(url, { headers, ca: authority.certificate }, (response) => {
      response.resume();
      const fields = Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)]);
      resolve({ status: response.statusCode ?? 0, headers: fields });
    }).on('error', reject);
  });
}

describe('headersFor, for another HTTP stack', () => {
  it('DPOP-7-01 DPOP-8.2-01 has token and proof, and learns the nonce from what came back', async () => {
    await using venue = await scriptedVenue(insists);
    const url = `${venue.origin}/orders?limit=5`;
    const first = await plainGet(url, await venue.client.headersFor({ url }));
    expect(venue.client.learn(url, first)).toBe('retry');
    const second = await plainGet(url, await venue.client.headersFor({ url }));
    expect(second.status).toBe(200);
    expect(venue.client.learn(url, second)).toBe('done');
    const [call] = venue.calls;
    expect(call?.headers.get('authorization')).toBe(`DPoP ${ACCESS_TOKEN}`);
    expect(call?.proof?.payload).toMatchObject({ htm: 'GET', htu: `${venue.origin}/orders`, ath: expect.any(String) });
    expect(venue.calls[1]?.proof?.payload.jti).not.toBe(call?.proof?.payload.jti);
  });

  it('asks for another token when the server takes this one no more', async () => {
    await using venue = await scriptedVenue(insists, {
      script: { token: (_, nth) => granted({ access_token: `token-${nth}` }) },
    });
    const url = venue.origin;
    const refused = { status: 401, headers: { 'www-authenticate': 'DPoP error="invalid_token"' } };
    expect((await venue.client.headersFor({ url }))['Authorization']).toBe('DPoP token-1');
    expect(venue.client.learn(url, refused)).toBe('done');
    expect((await venue.client.headersFor({ url }))['Authorization']).toBe('DPoP token-2');
  });

  it('C094 refuses the same URLs as fetch', async () => {
    await using venue = await scriptedVenue(insists);
    await expect(venue.client.headersFor({ url: 'http://venue.example/' })).rejects.toMatchObject({
      code: 'url_refused',
    });
    await expect(venue.client.headersFor({ url: 'ws://venue.example/' })).rejects.toMatchObject({
      code: 'url_refused',
    });
    expect(venue.issuer.received).toHaveLength(0);
  });

  it('MTLS-3-01 is the token alone where a certificate is the proof', async () => {
    await using venue = await scriptedVenue(insists, {
      make: mtlsClient,
      script: { tls: asksForCertificate, token: () => granted({ token_type: 'Bearer' }) },
    });
    expect(await venue.client.headersFor({ url: venue.origin })).toEqual({ Authorization: `Bearer ${ACCESS_TOKEN}` });
  });

  it('DPOP-7-01 opens a WebSocket: the handshake is a GET of the https URL', async () => {
    await using venue = await scriptedVenue(insists);
    const sockets = new WebSocketServer({ noServer: true });
    onTestFinished(() => sockets.close());
    let handshake: Record<string, unknown> = {};
    venue.server.on('upgrade', (upgrade, socket, head) => {
      handshake = { authorization: upgrade.headers.authorization, dpop: String(upgrade.headers['dpop']) };
      sockets.handleUpgrade(upgrade, socket, head, (opened) => opened.send('ticks'));
    });
    const url = `${venue.origin.replace('https:', 'wss:')}/ticks?symbol=ACME`;
    const socket = new WebSocket(url, { headers: await venue.client.headersFor({ url }), ca: authority.certificate });
    const [message] = await Promise.all([new Promise((resolve) => socket.once('message', resolve))]);
    socket.close();
    expect(String(message)).toBe('ticks');
    const proof = JSON.parse(Buffer.from(String(handshake['dpop']).split('.')[1] ?? '', 'base64url').toString());
    expect(proof).toMatchObject({ htm: 'GET', htu: `${venue.origin}/ticks` });
  });
});

/** Whose client knows that it may have the token: what undici sends may have been redirected. */
const namedVenue: typeof scriptedVenue = (handler, scene = {}) => scriptedVenue(handler, { ...scene, isNamed: true });

/** The two ways in which undici sends for a client. */
const ways: [
  string,
  (venue: Pick<ScriptedVenue, 'client'>) => Pick<NonNullable<Parameters<typeof request>[1]>, 'dispatcher'>,
][] = [
  ['the dispatcher', ({ client }) => ({ dispatcher: client.dispatcher })],
  ['the interceptor', ({ client }) => ({ dispatcher: agent().compose(client.interceptor) })],
];

const headerForms: [string, () => unknown][] = [
  ['an object', () => ({ 'x-a': ['1', '2'], 'x-b': undefined })],
  ['a flat list', () => ['x-a', '1', 'X-A', '2']],
  ['a Map', () => new Map([['x-a', ['1', '2']]])],
  ['Headers', () => new Headers({ 'x-a': '1, 2' })],
  ['an iterator, which can be read once', () => new Map([['x-a', '1, 2']]).entries()],
];

describe.each(ways)('%s, for undici', (_, through) => {
  it('DPOP-7-01 DPOP-4.2-09 C092 signs, and answers a challenge once with a new proof', async () => {
    await using venue = await namedVenue(insists);
    const { statusCode, body } = await request(`${venue.origin}/orders?x=1`, {
      ...through(venue),
      method: 'POST',
      headers: { authorization: 'Basic x', dpop: 'mine', 'x-other': 'kept' },
      body: '{"side":"buy"}',
    });
    expect([statusCode, await body.text()]).toEqual([200, 'POST {"side":"buy"}']);
    const [first, second] = venue.calls;
    expect(second?.headers.get('authorization')).toBe(`DPoP ${ACCESS_TOKEN}`);
    expect(second?.headers.get('x-other')).toBe('kept');
    expect(second?.target).toBe('/orders?x=1');
    expect(second?.proof?.payload).toMatchObject({ htm: 'POST', htu: `${venue.origin}/orders`, nonce: 'n-1' });
    expect(second?.proof?.payload.jti).not.toBe(first?.proof?.payload.jti);
    expect(venue.calls).toHaveLength(2);
  });

  it('C092 hands on the second challenge, and every other answer', async () => {
    let nth = 0;
    await using venue = await namedVenue(() => {
      nth += 1;
      return nth < 3 ? resourceChallenge(`n-${nth}`) : { status: 404, body: 'no' };
    });
    const options = through(venue);
    expect((await request(venue.origin, options)).statusCode).toBe(401);
    const missing = await request(venue.origin, options);
    expect([missing.statusCode, await missing.body.text()]).toEqual([404, 'no']);
    expect(venue.calls).toHaveLength(3);
  });

  it('leaves alone what the caller signs where the client signs nothing', async () => {
    const own = { 'content-digest': 'sha-256=:AAAA:', 'signature-input': 'mine=()', signature: 'mine=:AAAA:' };
    await using venue = await namedVenue(() => ({}));
    await request(venue.origin, { ...through(venue), method: 'POST', headers: own, body: '{}' });
    expect(Object.fromEntries(venue.received[0]?.headers ?? [])).toMatchObject(own);
  });

  it.each(headerForms)('sends all fields of %s, and again after a challenge', async (_, fields) => {
    await using venue = await namedVenue(insists);
    const options = { ...through(venue), method: 'POST' as const, headers: fields() as never, body: '{}' };
    await request(venue.origin, options);
    expect(venue.received.map(({ headers }) => headers.get('x-a'))).toEqual(['1, 2', '1, 2']);
  });

  it('signs the query that undici is given beside the path', async () => {
    await using venue = await signingVenue({ signatures: { responses: 'unchecked' }, isNamed: true });
    const { statusCode } = await request(`${venue.origin}/orders/none`, {
      ...through(venue),
      method: 'DELETE',
      query: { account: 'a b', side: ['buy', 'sell'], none: {} },
    });
    expect(venue.received.at(-1)?.target).toBe('/orders/none?account=a%20b&side=buy&side=sell&none=');
    expect(statusCode).toBe(400); // the venue knows no such query, and would have said 401 of the signature
  });

  it('DPOP-8.2-01 learns the nonce that comes with an upgrade', async () => {
    await using venue = await namedVenue(() => ({}));
    venue.server.on('upgrade', (_request, socket) => {
      const lines = ['HTTP/1.1 101 Switching Protocols', 'Connection: upgrade', 'Upgrade: fix', 'DPoP-Nonce: n-7'];
      socket.end(`${lines.join('\r\n')}\r\n\r\n`);
    });
    const { socket } = await upgrade(`${venue.origin}/ws`, { ...through(venue), protocol: 'fix' });
    socket.destroy();
    await venue.client.fetch(venue.origin);
    expect(nonceOf(venue.received.at(-1) as Received)).toBe('n-7');
  });

  it('sends 200 at once, each once', async () => {
    await using venue = await namedVenue(insists);
    const options = through(venue);
    const statuses = await Promise.all(
      Array.from({ length: 200 }, async (_, i) => {
        const { statusCode, body } = await request(`${venue.origin}/${i}`, options);
        await body.dump();
        return statusCode;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(venue.calls).toHaveLength(201);
  });

  it('refuses a stream before anything is sent', async () => {
    await using venue = await namedVenue(insists);
    const sent = request(venue.origin, { ...through(venue), method: 'POST', body: Readable.from(['{}']) });
    await expect(sent).rejects.toMatchObject({ code: 'body_not_replayable' });
    expect([venue.received.length, venue.issuer.received.length]).toEqual([0, 0]);
  });

  it('C094 follows no redirect to another server, and sends nothing at all while nobody has said which one it may be', async () => {
    await using elsewhere = await scriptedVenue(() => ({ body: 'mine' }));
    await using venue = await namedVenue(() => ({ status: 307, headers: { location: `${elsewhere.origin}/` } }));
    const { dispatcher } = through(venue);
    await expect(undiciFetch(venue.origin, { dispatcher: dispatcher as Dispatcher })).rejects.toMatchObject({
      cause: { code: 'url_refused' },
    });
    expect([venue.received.length, elsewhere.received.length]).toEqual([1, 0]);
    await expect(request(elsewhere.origin, through(elsewhere))).rejects.toMatchObject({ code: 'url_refused' });
    expect(elsewhere.received).toHaveLength(0);
  });

  it('C094 refuses plain http, and says what the issuer said', async () => {
    await using venue = await namedVenue(insists, {
      script: { token: () => ({ status: 400, body: { error: 'invalid_scope' } }) },
    });
    await expect(request('http://127.0.0.1:1/', through(venue))).rejects.toMatchObject({ code: 'url_refused' });
    await expect(request(venue.origin, through(venue))).rejects.toMatchObject({ detail: 'invalid_scope' });
  });

  it('passes on that the server hung up, and is given up by a signal', async () => {
    await using venue = await namedVenue((received, response) => {
      if (received.target === '/gone') response.destroy();
      return undefined;
    });
    await expect(request(`${venue.origin}/gone`, through(venue))).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' });
    const signal = AbortSignal.timeout(300);
    await expect(request(`${venue.origin}/never`, { ...through(venue), signal })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });

  it('is given up while it waits for its token, and is never sent', async () => {
    let goOn = () => {};
    const stalled = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    await using venue = await namedVenue(() => ({}), {
      make: (issuer) => dpopClient({ ...issuer, issuerTimeout: 60_000 }),
      script: { token: async () => stalled.then(() => granted()) },
    });
    const signal = AbortSignal.timeout(100);
    await expect(request(`${venue.origin}/given-up`, { ...through(venue), signal })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    goOn();
    expect((await request(`${venue.origin}/next`, through(venue))).statusCode).toBe(200);
    expect(venue.received.map(({ target }) => target)).toEqual(['/next']);
  });

  it('drops a challenge without end, and the order is placed', async () => {
    await using venue = await namedVenue((received, response) => {
      if (nonceOf(received) === 'n-1') return { status: 201, body: 'placed' };
      response.writeHead(401, { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': 'n-1' });
      const more = setInterval(() => response.write('x'.repeat(16_384)), 1);
      response.on('close', () => clearInterval(more));
      return undefined;
    });
    const { statusCode, body } = await request(venue.origin, { ...through(venue), method: 'POST', body: '{}' });
    expect([statusCode, await body.text()]).toEqual([201, 'placed']);
  });
});
