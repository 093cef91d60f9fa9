import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { FormData as UndiciFormData } from 'undici';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resourceChallenge, type ScriptedVenue, scriptedVenue } from './scripted-venue.ts';

// Every request is challenged once, so each body is sent twice and must arrive twice.
let venue: ScriptedVenue;
beforeEach(async () => {
  venue = await scriptedVenue(({ headers }) => {
    const payload = Buffer.from(headers.get('dpop')?.split('.')[1] ?? '', 'base64url').toString();
    return payload.includes(`"nonce":"${headers.get('x-case')}"`) ? {} : resourceChallenge(headers.get('x-case') ?? '');
  });
});
afterEach(() => venue[Symbol.asyncDispose]());

let cases = 0;
async function send(init: RequestInit) {
  cases += 1;
  const headers = new Headers(init.headers);
  headers.set('x-case', `case-${cases}`);
  const before = venue.calls.length;
  const response = await venue.client.fetch(`${venue.origin}/orders`, { method: 'POST', ...init, headers });
  const [first, second, third] = venue.calls.slice(before);
  expect(response.status).toBe(200);
  expect(third).toBeUndefined();
  expect(second?.body).toEqual(first?.body);
  expect(second?.headers.get('content-type')).toBe(first?.headers.get('content-type'));
  return { text: second?.body.toString(), body: second?.body, type: second?.headers.get('content-type') ?? null };
}

const octets = Uint8Array.from([0, 1, 2, 0xff, 0x80, 0x0d, 0x0a]);
const wide = new Uint8Array([9, 9, ...octets, 9, 9]);

describe('a body is sent as fetch would send it, and once more after a challenge', () => {
  const texts: [string, RequestInit['body'], string, string | null][] = [
    ['a string', '{"price":"1 \u20ac"}', '{"price":"1 \u20ac"}', 'text/plain;charset=UTF-8'],
    ['an empty string', '', '', 'text/plain;charset=UTF-8'],
    [
      'URLSearchParams',
      new URLSearchParams({ a: 'b c', d: '&' }),
      'a=b+c&d=%26',
      'application/x-www-form-urlencoded;charset=UTF-8',
    ],
    ['a Blob', new Blob(['{}'], { type: 'application/json' }), '{}', 'application/json'],
    ['a Blob without a type', new Blob(['x', 'y']), 'xy', null],
    ['nothing', undefined, '', null],
    ['null', null, '', null],
  ];
  it.each(texts)('%s', async (_, body, text, type) => {
    expect(await send({ body: body as never })).toMatchObject({ text, type });
  });

  const binaries: [string, NonNullable<RequestInit['body']>][] = [
    ['an ArrayBuffer', octets.slice().buffer],
    ['a Uint8Array', octets.slice()],
    ['a Buffer of the pool', Buffer.from(octets)],
    ['a view with an offset', wide.subarray(2, 9)],
    ['a DataView with an offset', new DataView(wide.buffer, 2, 7)],
    ['a Blob', new Blob([octets])],
  ];
  it.each(binaries)('the octets of %s', async (_, body) => {
    expect(await send({ body: body as never })).toMatchObject({ body: Buffer.from(octets), type: null });
  });

  it('a view of wider numbers', async () => {
    const numbers = new Uint16Array([1, 2, 3, 4]).subarray(1, 3);
    expect((await send({ body: numbers })).body).toEqual(Buffer.from(new Uint16Array([2, 3]).buffer));
  });

  it('FormData, with one boundary in field and body', async () => {
    const form = new FormData();
    form.set('side', 'buy');
    form.set('file', new File(['12'], 'a.csv', { type: 'text/csv' }));
    const { text = '', type } = await send({ body: form });
    const [, boundary = 'none'] = /^multipart\/form-data; boundary=(.+)$/.exec(type ?? '') ?? [];
    expect(text).toContain(`--${boundary}\r\nContent-Disposition: form-data; name="side"\r\n\r\nbuy`);
    expect(text).toContain('Content-Type: text/csv');
    expect(text.trimEnd().endsWith(`--${boundary}--`)).toBe(true);
  });

  it('with the content type that the caller states', async () => {
    const headers = { 'Content-Type': 'application/json' };
    expect(await send({ body: '{}', headers })).toMatchObject({ type: 'application/json' });
    expect(await send({ body: new Blob(['{}'], { type: 'text/plain' }), headers })).toMatchObject({
      type: 'application/json',
    });
  });

  it.each(['2', '2000'])('whole, whatever length the caller states: %s', async (length) => {
    expect(await send({ body: '{"side":"buy"}', headers: { 'Content-Length': length } })).toMatchObject({
      text: '{"side":"buy"}',
    });
  });

  it('of a megabyte', async () => {
    const body = Buffer.alloc(1 << 20, 'ab');
    expect((await send({ body })).body).toEqual(body);
  });

  it('as it was when fetch was called, whatever its owner does with it afterwards', async () => {
    const body = octets.slice();
    const sent = send({ body });
    body.fill(7);
    expect((await sent).body).toEqual(Buffer.from(octets));
  });

  it('and by the method that it had then, though the next request is made of the same object', async () => {
    const init = { method: 'POST', headers: { 'x-case': 'n' }, body: 'first', signal: null as AbortSignal | null };
    const sent = venue.client.fetch(`${venue.origin}/orders`, init);
    Object.assign(init, { method: 'DELETE', headers: {}, body: 'second', signal: AbortSignal.abort() });
    expect((await sent).status).toBe(200);
    const calls = venue.calls.slice(-2);
    expect(calls.map(({ method, body }) => `${method} ${body.toString()}`)).toEqual(['POST first', 'POST first']);
  });
});

describe('what fetch would send as “[object Object]” or the like', () => {
  const mistakes: [string, unknown][] = [
    ['an order that was not made JSON', { side: 'buy' }],
    ['a list', ['a', 'b']],
    ['FormData of another library', new (class FormData {})()],
    ['FormData of undici', new UndiciFormData()],
    ['a URL', new URL('https://venue.example')],
  ];
  it.each(mistakes)('%s is refused before anything is sent', async (_, body) => {
    const before = [venue.received.length, venue.issuer.received.length];
    const sent = venue.client.fetch(venue.origin, { method: 'POST', body: body as never });
    await expect(sent).rejects.toThrow('body: an object that is no kind of body');
    expect([venue.received.length, venue.issuer.received.length]).toEqual(before);
  });
});

describe('a body that can be read only once', () => {
  const streams: [string, () => unknown][] = [
    ['a ReadableStream', () => new Blob(['x']).stream()],
    ['a stream of a response', () => new Response('x').body],
    ['a Node stream', () => Readable.from(['x'])],
    ['a file', () => createReadStream(import.meta.filename)],
    [
      'an async generator',
      async function* () {
        yield 'x';
      },
    ],
  ];
  it.each(streams)('%s is refused before anything is sent', async (_, make) => {
    const before = [venue.received.length, venue.issuer.received.length];
    const body = typeof make() === 'function' ? (make() as () => unknown)() : make();
    const init = { method: 'POST', body, duplex: 'half' } as unknown as RequestInit;
    await expect(venue.client.fetch(venue.origin, init)).rejects.toMatchObject({ code: 'body_not_replayable' });
    expect([venue.received.length, venue.issuer.received.length]).toEqual(before);
  });
});
