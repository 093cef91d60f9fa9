import { describe, expect, it } from 'vitest';
import { dpopClient } from './clients.ts';
import { granted, scriptedIssuer } from './scripted-issuer.ts';
import { scriptedVenue } from './scripted-venue.ts';

describe('RFC 9449 §4: a proof is sent once', () => {
  // Fetch §4.6 sends a request again by itself when the answer is 421
  it.each(['GET', 'POST'])(
    'DPOP-4-01 also where fetch would send a %s again: 421 Misdirected Request',
    async (method) => {
      await using venue = await scriptedVenue(() => ({ status: 421 }));
      const body = method === 'POST' ? '{"side":"buy"}' : null;
      await expect(venue.client.fetch(venue.origin, { method, body })).rejects.toThrow('fetch failed');
      expect(venue.calls).toHaveLength(1);
    },
  );

  it('DPOP-4-01 C088 also at the token endpoint, with the assertion', async () => {
    await using server = await scriptedIssuer({ token: () => ({ ...granted(), status: 421 }) });
    await expect(dpopClient({ issuer: server.issuer }).token()).rejects.toThrow();
    expect(server.tokenRequests).toHaveLength(1);
  });

  it.each([408, 425, 429, 502, 503, 504])('DPOP-4-01 also after %i', async (status) => {
    await using venue = await scriptedVenue(() => ({ status, headers: { 'retry-after': '0' } }));
    expect((await venue.client.fetch(venue.origin)).status).toBe(status);
    expect(venue.calls).toHaveLength(1);
  });

  it.each(['GET', 'POST'])('DPOP-4-01 also when a kept connection dies under a %s', async (method) => {
    await using venue = await scriptedVenue(({ target }, response) => {
      if (target === '/first') return { body: 'ok' };
      response.socket?.destroy();
      return undefined;
    });
    await (await venue.client.fetch(`${venue.origin}/first`)).text();
    const init = { method, body: method === 'POST' ? '{}' : null };
    await expect(venue.client.fetch(`${venue.origin}/second`, init)).rejects.toThrow('fetch failed');
    expect(venue.calls).toHaveLength(2);
    expect((await venue.client.fetch(`${venue.origin}/first`)).status).toBe(200);
  });
});
