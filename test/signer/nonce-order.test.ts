import { describe, expect, it } from 'vitest';
import { dpopClient } from './clients.ts';
import { resourceChallenge, type ScriptedVenue, scriptedVenue } from './scripted-venue.ts';
import type { Answer, Received } from './tls-server.ts';

const noncesOf = ({ calls }: Pick<ScriptedVenue, 'calls'>) => calls.map(({ proof }) => proof?.payload['nonce']);
const nonceOf = ({ headers }: Received): unknown =>
  JSON.parse(Buffer.from(headers.get('dpop')?.split('.')[1] ?? '', 'base64url').toString())['nonce'];
const withNonce = (nonce: string, body = 'ok'): Answer => ({ headers: { 'dpop-nonce': nonce }, body });

/** Something that one side waits for and the other one lets happen. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

describe('the first request to a server goes ahead', () => {
  it('DPOP-8.2-01 C092 so that of 500 at once one is challenged', async () => {
    await using venue = await scriptedVenue((request) =>
      nonceOf(request) === 'n-1' ? { body: 'ok' } : resourceChallenge('n-1'),
    );
    const client = dpopClient({ issuer: venue.issuer.issuer });
    const statuses = await Promise.all(
      Array.from({ length: 500 }, async (_, i) => (await client.fetch(`${venue.origin}/${i}`)).status),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(venue.calls).toHaveLength(501);
  });

  it('and when it fails, another one does', async () => {
    let nth = 0;
    await using venue = await scriptedVenue((request, response) => {
      nth += 1;
      if (nth === 1) {
        response.destroy();
        return undefined;
      }
      return nonceOf(request) === 'n-1' ? { body: 'ok' } : resourceChallenge('n-1');
    });
    const sent = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => venue.client.fetch(`${venue.origin}/${i}`)),
    );
    expect(sent.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    expect(venue.calls).toHaveLength(1 + 20);
  });

  it('but none waits long for a server that takes its time', async () => {
    const answered = gate();
    await using venue = await scriptedVenue(async ({ target }) => {
      if (target === '/slow') await answered.opened;
      return { body: 'ok' };
    });
    const slow = venue.client.fetch(`${venue.origin}/slow`);
    const fast = await venue.client.fetch(`${venue.origin}/fast`);
    expect(fast.status).toBe(200);
    answered.open();
    expect((await slow).status).toBe(200);
  });

  it('and a caller who gives up waits no longer', async () => {
    const answered = gate();
    await using venue = await scriptedVenue(async () => {
      await answered.opened;
      return { body: 'ok' };
    });
    await venue.client.token();
    const first = venue.client.fetch(venue.origin);
    const controller = new AbortController();
    const second = venue.client.fetch(venue.origin, { signal: controller.signal });
    setImmediate(() => controller.abort(new Error('enough')));
    await expect(second).rejects.toThrow('enough');
    answered.open();
    await first;
    expect(venue.calls).toHaveLength(1);
  });

  it('also to the issuer, from which one token is asked for at a time', async () => {
    await using venue = await scriptedVenue(() => ({ body: 'ok' }));
    const callers = Array.from({ length: 20 }, (_, i) => venue.client.for({ scope: `s-${i}` }));
    await Promise.all(callers.map((caller) => caller.token()));
    expect(venue.issuer.tokenRequests).toHaveLength(20);
  });
});

describe('RFC 9449 §8.2: of nonces that overtake each other the newest stays', () => {
  it('DPOP-8.2-01 a handler that takes long does not bring back what it was given when it began', async () => {
    const slow = gate();
    await using venue = await scriptedVenue(async ({ target }) => {
      if (target === '/first') return withNonce('n-0');
      if (target !== '/slow') return withNonce('n-2');
      await slow.opened;
      return withNonce('n-1');
    });
    await venue.client.fetch(`${venue.origin}/first`);
    const late = venue.client.fetch(`${venue.origin}/slow`);
    await venue.client.fetch(`${venue.origin}/fast`);
    slow.open();
    await late;
    await venue.client.fetch(`${venue.origin}/after`);
    expect(noncesOf(venue)).toEqual([undefined, 'n-0', 'n-0', 'n-2']);
  });

  it('DPOP-8.2-01 a challenge is answered at once, and is news also to a request that was sent early', async () => {
    let nonce = 'n-1';
    const queued = gate();
    await using venue = await scriptedVenue(async (request) => {
      if (request.target === '/queued' && nonceOf(request) === 'n-1') await queued.opened;
      return nonceOf(request) === nonce ? withNonce(nonce) : resourceChallenge(nonce);
    });
    await venue.client.fetch(`${venue.origin}/first`);
    const early = venue.client.fetch(`${venue.origin}/queued`);
    nonce = 'n-2';
    await venue.client.fetch(`${venue.origin}/later`);
    nonce = 'n-3';
    queued.open();
    expect((await early).status).toBe(200);
    expect((await venue.client.fetch(`${venue.origin}/after`)).status).toBe(200);
    expect(noncesOf(venue).at(-1)).toBe('n-3');
  });

  it('DPOP-8.2-01 what was replaced does not come back with a challenge that is late', async () => {
    const late = gate();
    let nonce = 'n-1';
    await using venue = await scriptedVenue(async (request) => {
      const [sent, wanted] = [nonceOf(request), nonce];
      if (sent === wanted) return withNonce(wanted);
      if (request.target === '/late' && sent === 'n-0') await late.opened;
      return resourceChallenge(wanted);
    });
    nonce = 'n-0';
    await venue.client.fetch(`${venue.origin}/first`);
    nonce = 'n-1';
    const early = venue.client.fetch(`${venue.origin}/late`); // challenged with n-1, which arrives last
    await venue.client.fetch(`${venue.origin}/one`);
    nonce = 'n-2';
    await venue.client.fetch(`${venue.origin}/two`);
    late.open();
    expect((await early).status).toBe(200);
    expect(noncesOf(venue).at(-1)).toBe('n-2');
  });

  it('DPOP-8.2-01 but a server may go back to one that it gave before, if it says so to who has the newest', async () => {
    let nonce = 'n-1';
    await using venue = await scriptedVenue((request) =>
      nonceOf(request) === nonce ? { body: 'ok' } : resourceChallenge(nonce),
    );
    for (const each of ['n-1', 'n-2', 'n-1', 'n-2']) {
      nonce = each;
      expect((await venue.client.fetch(venue.origin)).status).toBe(200);
    }
  });
});
