import { generateKey, signResponse } from '@holdfast/proof';
import { describe, expect, it } from 'vitest';
import { dpopClient } from './clients.ts';
import { type Call, scriptedVenue } from './scripted-venue.ts';
import { type SigningVenue, signingVenue } from './signing-venue.ts';
import type { Answer } from './tls-server.ts';

const place = async ({ client, origin }: SigningVenue) => {
  const response = await client.fetch(`${origin}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ instrument: 'ACME', side: 'buy', type: 'limit', quantity: 100, price: '50.00' }),
  });
  return response.status;
};

const venueKey = await generateKey();
const keys = [{ ...venueKey.publicJwk, alg: venueKey.alg, kid: venueKey.jkt }];
const now = Math.floor(Date.now() / 1000);

/** A venue whose answers say that they were signed at these times, one after the other. */
async function answersOf(times: readonly number[], answer: Answer = {}) {
  let nth = 0;
  return await scriptedVenue(
    async ({ method, target, headers, rawHeaders }) => {
      const request = { method, targetUri: `https://${headers.get('host')}${target}`, headers: rawHeaders };
      const created = times[nth++] ?? times.at(-1) ?? now;
      const { status = 200, headers: others } = answer;
      return {
        status,
        headers: { ...others, ...(await signResponse({ status }, request, { key: venueKey, created })) },
      };
    },
    { make: (issuer) => dpopClient({ ...issuer, clock: () => now * 1000, signatures: { responses: { keys } } }) },
  );
}

const createdOf = ({ headers }: Call) =>
  Number(/;created=([0-9]+)/.exec(headers.get('signature-input') ?? '')?.[1]) - now;

describe('the clocks of a client and a venue that sign differ', () => {
  it.each([-250, -59, -20, 20, 59, 250])('by %i s: every order is placed, and its answer believed', async (s) => {
    await using venue = await signingVenue({ client: { clock: () => Date.now() + s * 1000 } });
    for (let i = 0; i < 3; i += 1) expect(await place(venue)).toBe(201);
    expect(venue.orders()).toBe(3);
  });

  it('FAPISIG-5.3.2.2-03 an answer of another time than a clock can be off is refused', async () => {
    await using venue = await answersOf([now - 361, now + 311, now - 360, now + 310]);
    for (let i = 0; i < 2; i += 1)
      await expect(venue.client.fetch(venue.origin)).rejects.toMatchObject({ code: 'response_signature' });
    for (let i = 0; i < 2; i += 1) expect((await venue.client.fetch(venue.origin)).status).toBe(200);
  });

  it('an answer that is late does not set our clock back', async () => {
    await using venue = await answersOf([now - 50, now, now + 100, now + 50, now]);
    for (let i = 0; i < 5; i += 1) await venue.client.fetch(venue.origin);
    expect(venue.calls.map(createdOf)).toEqual([0, 0, 0, 100, 100]);
  });

  it('the Date beside a signed answer is not believed, which anybody on its way could set', async () => {
    const date = new Date((now + 200) * 1000).toUTCString();
    const refusal = { status: 401, headers: { date, 'www-authenticate': 'DPoP error="invalid_dpop_proof"' } };
    await using venue = await answersOf([now], refusal);
    for (let i = 0; i < 2; i += 1) await venue.client.fetch(venue.origin);
    expect(venue.calls.map(createdOf)).toEqual([0, 0]);
  });

  it('a refusal tells the time by its signature, and a request that changes nothing is sent again', async () => {
    const refusal = { status: 401, headers: { 'www-authenticate': 'DPoP error="invalid_dpop_proof"' } };
    await using venue = await answersOf([now - 100], refusal);
    expect((await venue.client.fetch(venue.origin)).status).toBe(401);
    expect(venue.calls.map(createdOf)).toEqual([0, -100]);
  });
});
