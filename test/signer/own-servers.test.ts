import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Deployment, deploy } from '@holdfast/cli';
import { type Client, createClient, generateKey, importKey } from '@holdfast/signer';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

const state = mkdtempSync(join(tmpdir(), 'holdfast-signer-'));
const started = Date.now();
let time = started;
const clock = () => time;
let deployment: Deployment;
let ca: string;

beforeAll(async () => {
  deployment = await deploy({ state, port: 0, clock });
  ca = readFileSync(deployment.facts.ca, 'utf8');
});
afterAll(async () => {
  await deployment.close();
  rmSync(state, { recursive: true, force: true });
});

/** A client of the demo as it is registered, by its id; `differences` make it a false one. */
async function clientOf(id: string, differences: object = {}): Promise<Client> {
  const entry = deployment.facts.clients.find(({ client_id }) => client_id === id);
  if (entry === undefined) throw new TypeError(`no client ${id}`);
  const secret = readFileSync(entry.key, 'utf8');
  const isJwt = entry.auth === 'private_key_jwt';
  const client = createClient({
    issuer: deployment.facts.issuer,
    clientId: id,
    auth: isJwt
      ? { method: 'private_key_jwt', key: await importKey(JSON.parse(secret) as Record<string, unknown>) }
      : { method: entry.auth as 'tls_client_auth' },
    binding: entry.binding === 'dpop' ? { method: 'dpop', key: await generateKey() } : { method: 'mtls' },
    tls: isJwt ? { ca } : { ca, cert: readFileSync(entry.cert ?? '', 'utf8'), key: secret },
    clock,
    ...differences,
  });
  onTestFinished(() => client.close());
  return client;
}

const order = JSON.stringify({ instrument: 'ACME', side: 'buy', type: 'limit', quantity: 1, price: '50.00' });
const json = { 'content-type': 'application/json' };

describe('our client at our issuer and venue', () => {
  it.each([
    ['trader-dpop', 'DPoP', 'resource'],
    ['trader-mtls-dpop', 'DPoP', 'resource'],
    ['trader-mtls', 'Bearer', 'mtlsResource'],
    ['trader-self-signed', 'Bearer', 'mtlsResource'],
  ] as const)('FAPI2-5.3.3.1-01 FAPI2-5.3.3.1-02 %s gets a %s token and trades', async (id, type, listener) => {
    const client = await clientOf(id);
    expect((await client.token()).tokenType).toBe(type);
    const url = `${deployment.facts[listener]}/orders`;
    const placed = await client.fetch(url, { method: 'POST', headers: json, body: order });
    expect(placed.status).toBe(201);
    const { id: orderId } = (await placed.json()) as { id: string };
    expect((await client.fetch(`${url}/${orderId}`)).status).toBe(200);
    expect((await client.fetch(`${url}/${orderId}`, { method: 'DELETE' })).status).toBe(200);
  });

  it('places every order once, though the first of them are challenged', async () => {
    const client = await clientOf('trader-dpop');
    const url = `${deployment.facts.resource}/orders`;
    const placed = await Promise.all(
      Array.from({ length: 50 }, () => client.fetch(url, { method: 'POST', headers: json, body: order })),
    );
    expect(placed.map(({ status }) => status)).toEqual(Array(50).fill(201));
    const ids = await Promise.all(placed.map(async (response) => ((await response.json()) as { id: string }).id));
    const listed = (await (await client.fetch(`${url}?limit=100&status=open`)).json()) as { orders: { id: string }[] };
    expect(listed.orders.map(({ id }) => id).sort()).toEqual(ids.sort());
  });

  it('DPOP-4-01 DPOP-8.2-01 goes on for an hour of rotating nonces and tokens', async () => {
    onTestFinished(() => {
      time = started;
    });
    const client = await clientOf('trader-dpop');
    for (let minute = 0; minute < 60; minute += 1) {
      time = started + minute * 59_000;
      const statuses = await Promise.all(
        Array.from(
          { length: 3 },
          async (_, i) => (await client.fetch(`${deployment.facts.resource}/orders?limit=${i + 1}`)).status,
        ),
      );
      expect(statuses).toEqual([200, 200, 200]);
    }
  });

  it('C088 is refused with a key that it did not register', async () => {
    const auth = { method: 'private_key_jwt', key: await generateKey() };
    await expect((await clientOf('trader-dpop', { auth })).token()).rejects.toMatchObject({
      code: 'token_request_refused',
      detail: 'invalid_client',
    });
  });
});
