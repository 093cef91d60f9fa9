import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { CLIENT_EVENTS, type Client, type ClientEvent } from '@holdfast/signer';
import { DECISIONS, type Decision } from '@holdfast/verifier';
import { expect, it, onTestFinished } from 'vitest';
import { dpopClient, mtlsClient } from './clients.ts';
import { openStormScene, renewableFiles } from './storm-scene.ts';

// By the clock of all parties, however fast the machine is. Nonces are good for two to four seconds, and tokens for ten
const DECISION = 4; // ms that each decision of the venue takes; a wave takes two seconds
const LULL = 4000; // ms between waves, after which the nonce that clients know is stale
const WAVES = 11;
const ORDERS = 500; // at once, half of them by each client

function listening<T>(channel: string): T[] {
  const heard: T[] = [];
  const listener = (message: unknown) => heard.push(message as T);
  subscribe(channel, listener);
  onTestFinished(() => void unsubscribe(channel, listener));
  return heard;
}

async function place(client: Client, venue: string, clientOrderId: string): Promise<number> {
  const body = { instrument: 'ACME', side: 'buy', type: 'limit', quantity: 1, price: '50.00', timeInForce: 'IOC' };
  const response = await client.fetch(`${venue}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, clientOrderId }),
  });
  await response.text();
  return response.status;
}

it('C092 places each of thousands of orders once, 500 at a time, while nonces, tokens and a certificate change', async () => {
  const start = Date.now();
  const decisions = listening<Decision>(DECISIONS);
  const lulls = { past: 0 };
  const clock = () => start + decisions.length * DECISION + lulls.past * LULL;
  const events = listening<ClientEvent>(CLIENT_EVENTS);
  await using scene = await openStormScene(clock);
  using certificate = await renewableFiles();
  const byKey = dpopClient({ issuer: scene.issuer, clock, concurrency: 32 });
  const byCertificate = mtlsClient({
    issuer: scene.issuer,
    clientId: 'trader-mtls',
    tls: certificate.files,
    clock,
    concurrency: 32,
  });
  const statuses: number[] = [];

  for (let wave = 0; wave < WAVES; wave += 1) {
    if (wave === 5) await certificate.renew();
    const placed = Array.from({ length: ORDERS }, (_, i) =>
      place(i % 2 === 0 ? byKey : byCertificate, scene.venue, `w${wave}-${i}`),
    );
    statuses.push(...(await Promise.all(placed)));
    lulls.past += 1;
  }

  const refused = decisions.filter(({ outcome }) => outcome === 'refused').map(({ code }) => code);
  expect([...new Set(statuses)], refused.join()).toEqual([201]);
  const taken = ['trader', 'trader-mtls'].flatMap((account) =>
    scene.exchange.orders(account, { limit: 100_000 }).orders.map(({ clientOrderId }) => clientOrderId),
  );
  expect(taken).toHaveLength(WAVES * ORDERS);
  expect(new Set(taken).size).toBe(WAVES * ORDERS);
  expect(refused.filter((code) => code !== 'nonce_missing' && code !== 'nonce_stale')).toEqual([]);
  expect(refused).toContain('nonce_stale');
  // A wave is what one client has on its way at once: each of it may be challenged once for a nonce that has changed
  // meanwhile. Whose proof is a certificate never is
  expect(refused.length).toBeLessThanOrEqual(1 + WAVES * 32);
  const tokens = events.filter(({ event }) => event === 'token_received');
  expect(tokens.length).toBeGreaterThanOrEqual(2 * 3 + 1);
  expect(events.filter(({ event }) => event === 'identity_replaced')).toHaveLength(1);
}, 60_000);
