import { getEventListeners } from 'node:events';
import { createClient, generateKey, importKey } from '@holdfast/signer';
import { describe, expect, it } from 'vitest';
import { assertionKey, dpopClient, proofKey } from './clients.ts';
import { scriptedVenue } from './scripted-venue.ts';

/** A venue that answers when it is told to, and knows how many wait. */
async function slowVenue(concurrency: number) {
  const waiting: (() => void)[] = [];
  let most = 0;
  const venue = await scriptedVenue(
    async ({ target }) => {
      if (target === '/first') return {}; // so that nobody waits for what it wants
      most = Math.max(most, waiting.length + 1);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return {};
    },
    { make: (issuer) => dpopClient({ ...issuer, concurrency }) },
  );
  await venue.client.fetch(`${venue.origin}/first`);
  const answerAll = () => {
    for (const answer of waiting.splice(0)) answer();
  };
  return {
    ...venue,
    waiting,
    most: () => most,
    answerAll,
    async [Symbol.asyncDispose]() {
      answerAll();
      await venue[Symbol.asyncDispose]();
    },
  };
}

type SlowVenue = Awaited<ReturnType<typeof slowVenue>>;

/** Answers whatever comes until all have an answer. */
async function until(venue: SlowVenue, all: Promise<unknown>[]): Promise<void> {
  let isOver = false;
  const ended = Promise.allSettled(all).then(() => {
    isOver = true;
  });
  while (!isOver) {
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5))]);
    venue.answerAll();
  }
}

describe('of the requests to one origin', () => {
  it('so many are under way at once, and the others are signed when it is their turn', async () => {
    await using venue = await slowVenue(3);
    const all = Array.from({ length: 20 }, (_, i) => venue.client.fetch(`${venue.origin}/${i}`));
    await expect.poll(() => venue.waiting.length).toBe(3);
    await until(venue, all);
    expect(venue.most()).toBe(3);
    expect(new Set(venue.received.map(({ target }) => target)).size).toBe(21);
  });

  it('those that fail, are refused or given up leave their place to others', async () => {
    await using venue = await slowVenue(2);
    const url = `${venue.origin}/orders`;
    const given = new AbortController();
    const gone = [
      venue.client.fetch(url, { body: 'no GET has one' }),
      venue.client.fetch(url, { method: 'POST', headers: { expect: '100-continue' }, body: 'what undici refuses' }),
      ...Array.from({ length: 10 }, () => venue.client.fetch(url, { signal: given.signal })),
    ];
    const rejected = Promise.allSettled(gone);
    await expect.poll(() => venue.waiting.length).toBe(2);
    given.abort();
    expect((await rejected).every(({ status }) => status === 'rejected')).toBe(true);
    expect(getEventListeners(given.signal, 'abort')).toHaveLength(0);
    venue.answerAll();
    const all = Array.from({ length: 4 }, () => venue.client.fetch(url));
    await until(venue, all);
    expect((await Promise.all(all)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  it('one that is given up while its body is read does not wait for a place', async () => {
    await using venue = await slowVenue(1);
    const first = venue.client.fetch(venue.origin);
    await expect.poll(() => venue.waiting.length).toBe(1);
    const given = new AbortController();
    const body = new Blob(['x'.repeat(1 << 20)]);
    const second = venue.client.fetch(venue.origin, { method: 'POST', body, signal: given.signal });
    given.abort(new Error('given up'));
    await expect(second).rejects.toThrow('given up');
    expect(venue.waiting).toHaveLength(1);
    venue.answerAll();
    expect((await first).status).toBe(200);
  });

  it('one that waits for its signature is given up at once, and never sent', async () => {
    const { publicJwk, sign } = await generateKey();
    let goOn = () => {};
    const stalled = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    let isStalled = false;
    const key = await importKey({
      publicJwk,
      async sign(input) {
        if (isStalled) await stalled;
        return await sign(Buffer.from(input).toString());
      },
    });
    await using venue = await scriptedVenue(() => ({}), {
      make: (issuer) => dpopClient({ ...issuer, binding: { method: 'dpop', key } }),
    });
    await venue.client.fetch(venue.origin);
    isStalled = true;
    const given = new AbortController();
    const sent = venue.client.fetch(`${venue.origin}/given-up`, { signal: given.signal });
    setImmediate(() => given.abort(new Error('given up')));
    await expect(sent).rejects.toThrow('given up');
    expect(getEventListeners(given.signal, 'abort')).toHaveLength(0);
    goOn();
    await venue.client.fetch(`${venue.origin}/next`);
    expect(venue.received.map(({ target }) => target)).toEqual(['/', '/next']);
  });

  it.each([0, -1, 1.5, Number.NaN])('no number of places is %d', (concurrency) => {
    const make = () =>
      createClient({
        ...{ issuer: 'https://issuer.example', clientId: 'trader', concurrency },
        auth: { method: 'private_key_jwt', key: assertionKey },
        binding: { method: 'dpop', key: proofKey },
      });
    expect(make).toThrow('concurrency');
  });
});
