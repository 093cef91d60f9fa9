import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { CLIENT_EVENTS, type ClientEvent } from '@holdfast/signer';
import { describe, expect, it, onTestFinished } from 'vitest';
import { dpopClient } from './clients.ts';
import { granted, scriptedIssuer } from './scripted-issuer.ts';
import { scriptedVenue } from './scripted-venue.ts';
import type { Answer, Received } from './tls-server.ts';

const now = 1_790_000_000; // seconds, as the client has it
const clock = () => now * 1000;

function events(): ClientEvent[] {
  const seen: ClientEvent[] = [];
  const listener = (message: unknown) => seen.push(message as ClientEvent);
  subscribe(CLIENT_EVENTS, listener);
  onTestFinished(() => void unsubscribe(CLIENT_EVENTS, listener));
  return seen;
}

const payloadOf = ({ headers }: Received) =>
  JSON.parse(Buffer.from(headers.get('dpop')?.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>;

/** A server whose clock differs, and which takes proofs of 60 seconds. */
function strict(skew: number, challenge = 'DPoP error="invalid_dpop_proof"') {
  return (request: Received): Answer => {
    const date = new Date((now + skew) * 1000).toUTCString();
    const isFresh = Math.abs(Number(payloadOf(request)['iat']) - (now + skew)) <= 60;
    return isFresh ? { headers: { date } } : { status: 401, headers: { date, 'www-authenticate': challenge } };
  };
}

describe('RFC 9449 §11.1: a clock that differs', () => {
  it.each([90, -90, 299, -3])('is learned from Date where a proof was refused: %i s', async (skew) => {
    const seen = events();
    await using venue = await scriptedVenue(strict(skew), { make: (options) => dpopClient({ ...options, clock }) });
    expect((await venue.client.fetch(venue.origin)).status).toBe(200);
    expect((await venue.client.fetch(`${venue.origin}/again`)).status).toBe(200);
    const isOff = Math.abs(skew) > 60;
    expect(venue.calls.map(({ proof }) => proof?.payload.iat)).toEqual(
      isOff ? [now, now + skew, now + skew] : [now, now],
    );
    expect(seen.filter(({ event }) => event === 'clock_skew')).toEqual(
      isOff ? [{ event: 'clock_skew', origin: venue.origin, seconds: skew, applied: true }] : [],
    );
  });

  it('is not repeated for an order: only a nonce challenge says that nothing was done, and the next one is right', async () => {
    await using venue = await scriptedVenue(strict(120), { make: (options) => dpopClient({ ...options, clock }) });
    const order = () => venue.client.fetch(venue.origin, { method: 'POST', body: '{}' });
    expect((await order()).status).toBe(401);
    expect(venue.calls).toHaveLength(1);
    expect((await order()).status).toBe(200);
  });

  it('is not followed beyond what was allowed, and is reported', async () => {
    const seen = events();
    await using venue = await scriptedVenue(strict(301), { make: (options) => dpopClient({ ...options, clock }) });
    expect((await venue.client.fetch(venue.origin)).status).toBe(401);
    expect(venue.calls.map(({ proof }) => proof?.payload.iat)).toEqual([now]);
    expect(seen).toContainEqual({ event: 'clock_skew', origin: venue.origin, seconds: 301, applied: false });
  });

  it.each([
    ['another error', 'DPoP error="invalid_token"'],
    ['no error', 'DPoP'],
    ['the error under another scheme', 'Bearer error="invalid_dpop_proof"'],
  ])('is not looked for with %s', async (_, challenge) => {
    const make = (options: { issuer: string }) => dpopClient({ ...options, clock });
    await using venue = await scriptedVenue(strict(120, challenge), { make });
    for (let i = 0; i < 2; i += 1) await venue.client.fetch(venue.origin);
    expect(venue.calls.map(({ proof }) => proof?.payload.iat)).toEqual([now, now]);
  });

  it('is not learned from a Date that is none, nor twice from the same', async () => {
    let nth = 0;
    const handler = (): Answer => {
      nth += 1;
      const date = nth === 1 ? 'Thursday' : new Date((now + 100) * 1000).toUTCString();
      return { status: 401, headers: { date, 'www-authenticate': 'DPoP error="invalid_dpop_proof"' } };
    };
    await using venue = await scriptedVenue(handler, { make: (options) => dpopClient({ ...options, clock }) });
    for (let i = 0; i < 3; i += 1) await venue.client.fetch(venue.origin);
    expect(venue.calls.map(({ proof }) => proof?.payload.iat)).toEqual([now, now, now + 100, now + 100]);
  });

  it.each([-1, Number.NaN])('cannot be followed by %d s', async (maxSkew) => {
    expect(() => dpopClient({ issuer: 'https://as.example', maxSkew })).toThrow('maxSkew');
  });

  it('is each server’s own', async () => {
    const make = (options: { issuer: string }) => dpopClient({ ...options, clock });
    await using ahead = await scriptedVenue(strict(100), { make });
    await using right = await scriptedVenue(strict(0));
    await ahead.client.fetch(ahead.origin);
    await ahead.client.fetch(right.origin);
    expect(right.calls[0]?.proof?.payload.iat).toBe(now);
    expect(ahead.issuer.tokenRequests[0]?.proof?.payload.iat).toBe(now);
  });

  it('C088 is the issuer’s in the assertion too, which is new for the second attempt', async () => {
    const date = new Date((now - 200) * 1000).toUTCString();
    await using issuer = await scriptedIssuer({
      token: (_, nth) =>
        nth === 1
          ? { status: 401, headers: { date }, body: { error: 'invalid_client' } }
          : { ...granted(), headers: { date } },
    });
    await dpopClient({ issuer: issuer.issuer, clock }).token();
    const [first, second] = issuer.tokenRequests;
    expect(first?.assertion?.payload.iat).toBe(now);
    expect(second?.assertion?.payload.iat).toBe(now - 200);
    expect(second?.proof?.payload.iat).toBe(now - 200);
    expect(second?.assertion?.payload.jti).not.toBe(first?.assertion?.payload.jti);
    expect(issuer.tokenRequests).toHaveLength(2);
  });
});
