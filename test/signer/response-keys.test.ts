import { type Jwks, signResponse } from '@holdfast/proof';
import { type Client, generateKey } from '@holdfast/signer';
import { Agent, request } from 'undici';
import { describe, expect, it } from 'vitest';
import { authority } from './authorities.ts';
import { dpopClient } from './clients.ts';
import { type SigningVenue, signingVenue } from './signing-venue.ts';

const KEYS = '/.well-known/holdfast-jwks';
const his = await generateKey();

async function quantityOf(client: Client, { origin }: SigningVenue): Promise<number> {
  const body = JSON.stringify({ instrument: 'ACME', side: 'buy', type: 'limit', quantity: 100, price: '50.00' });
  const headers = { 'content-type': 'application/json' };
  const response = await client.fetch(`${origin}/orders`, { method: 'POST', headers, body });
  return ((await response.json()) as { quantity: number }).quantity;
}

/** A hop that names a key of its own as that of the venue, and signs with it what it likes. */
function substitute(venue: SigningVenue): void {
  venue.hop = {
    async response(answer, { method, target, rawHeaders }) {
      if (target === KEYS) {
        const jwk = { ...his.publicJwk, kid: his.jkt, use: 'sig', alg: his.alg };
        return { ...answer, body: Buffer.from(JSON.stringify({ keys: [jwk] })) };
      }
      if (method !== 'POST') return answer;
      const body = Buffer.from(answer.body.toString().replace('"quantity":100', '"quantity":900'));
      const asked = { method, targetUri: venue.origin + target, headers: rawHeaders };
      const created = Math.floor(Date.now() / 1000);
      const signed = await signResponse({ status: answer.status, content: body }, asked, { key: his, created });
      const ours = Object.entries(signed).map(([name, value]) => [name.toLowerCase(), value]);
      return { ...answer, body, headers: { ...answer.headers, ...Object.fromEntries(ours) } };
    },
  };
}

/** The keys of the venue, had by another way. */
async function published({ origin }: SigningVenue): Promise<Jwks> {
  const dispatcher = new Agent({ connect: { ca: authority.certificate } });
  const { body } = await request(origin + KEYS, { dispatcher });
  const keys = (await body.json()) as Jwks;
  await dispatcher.close();
  return keys;
}

const clientGiven = ({ issuer }: SigningVenue, responses: Jwks) => dpopClient({ issuer, signatures: { responses } });

describe('a hop that ends TLS from the first contact on, and names a key of its own', () => {
  it('FAPISIG-5.3.2.2-01 is believed by who asks the venue for its key: discovery is as good as TLS', async () => {
    await using venue = await signingVenue();
    substitute(venue);
    expect(await quantityOf(venue.client, venue)).toBe(900);
  });

  it('FAPISIG-5.3.2.2-01 is not believed by who was given the key', async () => {
    await using venue = await signingVenue();
    const client = clientGiven(venue, await published(venue));
    expect(await quantityOf(client, venue)).toBe(100);
    substitute(venue);
    await expect(quantityOf(client, venue)).rejects.toMatchObject({ code: 'response_signature', detail: 'keyid' });
  });

  it('FAPISIG-5.3.2.2-01 is not believed either where it signs under the name of that key', async () => {
    await using venue = await signingVenue();
    const { keys } = await published(venue);
    const client = clientGiven(venue, { keys: keys.map((jwk) => ({ ...jwk, kid: his.jkt })) });
    substitute(venue);
    await expect(quantityOf(client, venue)).rejects.toMatchObject({ code: 'response_signature' });
  });
});
