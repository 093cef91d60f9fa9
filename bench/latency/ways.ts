import { type Client, createClient, generateKey, type ProofKey } from '@holdfast/signer';
import { Agent, fetch as undiciFetch, request as undiciRequest } from 'undici';
import type { Facts } from './server-process.ts';

/** One way to send a request and to read its answer. */
export interface Way {
  readonly name: string;
  readonly bars: readonly AddedBar[];
  /** Does what is not timed, and returns what is: it resolves with the status when the body is read. */
  prepare(): Promise<() => Promise<number>>;
}

/** What it may take longer than another way that has the server do the same work. Without `atMost` it is only shown. */
export interface AddedBar {
  readonly than: string;
  /** µs. */
  readonly atMost?: number;
}

/** Who reads orders, and who places them: two accounts, so that what is read stays the same. */
export interface Trader {
  readonly clientId: string;
  /** Of its assertions. */
  readonly key: ProofKey;
}

export interface Ways extends AsyncDisposable {
  readonly all: readonly Way[];
}

const FETCH = 'undici.fetch';
const REQUEST = 'undici.request';
const SIGNED = 'undici.fetch, signed order';
const ORDER = { instrument: 'ACME', side: 'buy', type: 'limit', timeInForce: 'IOC', quantity: 100, price: '101.25' };

export async function createWays({ issuer, resource, ca }: Facts, reading: Trader, placing: Trader): Promise<Ways> {
  const url = `${resource}/orders`;
  const agent = new Agent({ connect: { ca } });
  const create = async ({ clientId, key }: Trader, more: Partial<Parameters<typeof createClient>[0]> = {}) =>
    createClient({
      ...{ issuer, clientId, resource, tls: { ca }, ...more },
      auth: { method: 'private_key_jwt', key },
      binding: { method: 'dpop', key: await generateKey('ES256') },
    });
  const client = await create(reading);
  const presigned = await create(reading, { presigned: { requests: [{ method: 'GET', url }] } });
  const signing = await create(placing, { signatures: { requests: ({ method }) => method === 'POST' } });
  // RFC 9449 §9: the venue tells its nonce; who prepares a request has to know it
  for (const each of [client, presigned, signing]) await (await each.fetch(url)).text();
  return {
    all: [...readingWays(url, agent, client, presigned), ...placingWays(url, agent, signing)],
    async [Symbol.asyncDispose]() {
      const closed = [client, presigned, signing].map((each) => each.close({ revoke: false }));
      await Promise.all([...closed, agent.close()]);
    },
  };
}

function readingWays(url: string, agent: Agent, client: Client, presigned: Client): Way[] {
  const byFetch = async (of: Client) => () => read(of.fetch(url));
  const byDispatcher = async (of: Client) => () => readRequest(undiciRequest(url, { dispatcher: of.dispatcher }));
  return [
    {
      name: FETCH,
      bars: [{ than: REQUEST }],
      async prepare() {
        const headers = await client.headersFor({ url });
        return () => read(undiciFetch(url, { headers, dispatcher: agent }));
      },
    },
    {
      name: REQUEST,
      bars: [],
      async prepare() {
        const headers = await client.headersFor({ url });
        return () => readRequest(undiciRequest(url, { headers, dispatcher: agent }));
      },
    },
    {
      name: 'client.fetch',
      bars: [{ than: FETCH, atMost: 150 }, { than: REQUEST }],
      prepare: () => byFetch(client),
    },
    {
      name: 'client.fetch, presigned',
      bars: [{ than: FETCH, atMost: 60 }, { than: REQUEST }],
      prepare: () => byFetch(presigned),
    },
    { name: 'client.dispatcher', bars: [{ than: REQUEST }], prepare: () => byDispatcher(client) },
    { name: 'client.dispatcher, presigned', bars: [{ than: REQUEST }], prepare: () => byDispatcher(presigned) },
  ];
}

/** The order ends at once, as nobody sells. */
function placingWays(url: string, agent: Agent, signing: Client): Way[] {
  const [method, body] = ['POST', JSON.stringify(ORDER)];
  const headers = { 'content-type': 'application/json' };
  return [
    {
      name: SIGNED,
      bars: [],
      async prepare() {
        const fields = await signing.headersFor({ method, url, headers, body });
        return () => read(undiciFetch(url, { method, headers: { ...headers, ...fields }, body, dispatcher: agent }));
      },
    },
    {
      name: 'client.fetch, signed order',
      bars: [{ than: SIGNED }],
      prepare: async () => () => read(signing.fetch(url, { method, headers, body })),
    },
  ];
}

async function read(answer: Promise<{ readonly status: number; text(): Promise<string> }>): Promise<number> {
  const response = await answer;
  await response.text();
  return response.status;
}

async function readRequest(answer: ReturnType<typeof undiciRequest>): Promise<number> {
  const { statusCode, body } = await answer;
  await body.text();
  return statusCode;
}
