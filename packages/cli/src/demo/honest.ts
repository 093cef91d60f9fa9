import type { Client } from '@holdfast/signer';
import type { Cast } from './cast.ts';
import type { Outcome, Scenario } from './scenario.ts';

interface Order {
  readonly id: string;
  readonly status: string;
}

/** A trading morning: orders placed, matched, amended and cancelled over both bindings. */
export function honestScenarios({ dpop, mtls, selfSigned, auditor, deployment }: Cast): readonly Scenario[] {
  const { resource, mtlsResource } = deployment.facts;
  let offer: Order | undefined;

  return [
    {
      name: 'DPoP trader offers 100 ACME at 101.25',
      expected: { status: 201, code: 'open' },
      run: async () => {
        const [order, outcome] = await place(dpop, resource, {
          side: 'sell',
          quantity: 100,
          price: '101.25',
        });
        offer = order;
        return outcome;
      },
    },
    {
      name: 'mTLS trader buys 60 at the market',
      expected: { status: 201, code: 'filled' },
      run: async () => (await place(mtls, mtlsResource, { side: 'buy', type: 'market', quantity: 60 }))[1],
    },
    {
      name: 'DPoP trader amends the rest to 101.30',
      expected: { status: 200, code: 'partially_filled' },
      run: () => change(dpop, `${resource}/orders/${offer?.id}`, 'PATCH', { price: '101.30' }),
    },
    {
      name: 'DPoP trader cancels the rest',
      expected: { status: 200, code: 'cancelled' },
      run: () => change(dpop, `${resource}/orders/${offer?.id}`, 'DELETE'),
    },
    {
      name: 'mTLS trader sends one order twice with one idempotency key',
      expected: { status: 201, code: 'replayed' },
      run: async () => {
        const order = { side: 'buy', quantity: 10, price: '99.00' };
        await place(mtls, mtlsResource, order, 'morning-1');
        return (await place(mtls, mtlsResource, order, 'morning-1'))[1];
      },
    },
    reads('DPoP trader reads positions', dpop, `${resource}/positions`),
    reads('self-signed mTLS trader reads orders', selfSigned, `${mtlsResource}/orders`),
    reads('auditor (Ed25519 key) reads orders', auditor, `${resource}/orders`),
    {
      name: 'auditor tries to trade without orders:write',
      expected: { status: 403, code: 'scope_insufficient' },
      run: async () => {
        const response = await auditor.fetch(`${resource}/orders`, { method: 'POST' });
        return { status: response.status, code: ((await response.json()) as { code: string }).code };
      },
    },
  ];
}

async function place(client: Client, venue: string, order: object, key?: string): Promise<[Order, Outcome]> {
  const headers = {
    'content-type': 'application/json',
    ...(key === undefined ? {} : { 'idempotency-key': key }),
  };
  const body = JSON.stringify({ instrument: 'ACME', type: 'limit', ...order });
  const response = await client.fetch(`${venue}/orders`, { method: 'POST', headers, body });
  const placed = (await response.json()) as Order;
  const replayed = response.headers.get('idempotency-replayed') === 'true';
  return [placed, { status: response.status, code: replayed ? 'replayed' : placed.status }];
}

async function change(client: Client, url: string, method: string, amendment?: object): Promise<Outcome> {
  const init =
    amendment === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(amendment) };
  const response = await client.fetch(url, { method, ...init });
  return { status: response.status, code: ((await response.json()) as Order).status };
}

function reads(name: string, client: Client, url: string): Scenario {
  return {
    name,
    expected: { status: 200 },
    run: async () => {
      const response = await client.fetch(url);
      await response.body?.cancel();
      return { status: response.status };
    },
  };
}
