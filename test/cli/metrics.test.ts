import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient, generateKey, importKey } from '@holdfast/signer';
import { Agent, fetch } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forge, makeKey, sha256 } from '../verifier/forge.ts';
import { holdfast, type Serving, serving } from './holdfast-process.ts';

let state: string;
let server: Serving;
let facts: {
  issuer: string;
  resource: string;
  ca: string;
  metrics: string;
  clients: { client_id: string; key: string }[];
};

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'holdfast-metrics-'));
  server = await serving('demo', '--serve', '--json', '--port', '0', '--metrics', '0', '--state', state);
  facts = JSON.parse(server.firstLine);
}, 60_000);

afterAll(async () => {
  server.child.kill('SIGKILL');
  await rm(state, { recursive: true, force: true });
});

/** The value of one line; undefined when there is none. */
async function metric(line: string): Promise<number | undefined> {
  const text = await (await fetch(facts.metrics)).text();
  const found = text.split('\n').find((each) => each.startsWith(`${line} `));
  return found === undefined ? undefined : Number(found.slice(line.length + 1));
}

describe('holdfast demo --serve --metrics', () => {
  it('counts what the venue grants and refuses, by reason, and how often a token was known', async () => {
    const ca = await readFile(facts.ca);
    const { key = '' } = facts.clients.find(({ client_id: id }) => id === 'trader-dpop') ?? {};
    const client = createClient({
      issuer: facts.issuer,
      clientId: 'trader-dpop',
      auth: {
        method: 'private_key_jwt',
        key: await importKey(JSON.parse(await readFile(key, 'utf8')) as Record<string, unknown>),
      },
      binding: { method: 'dpop', key: await generateKey() },
      tls: { ca },
    });
    for (let i = 0; i < 3; i += 1) expect((await client.fetch(`${facts.resource}/orders`)).status).toBe(200);
    await client.close();
    const dispatcher = new Agent({ connect: { ca } });
    expect((await fetch(`${facts.resource}/orders`, { dispatcher })).status).toBe(401);
    await dispatcher.close();
    expect(await metric('holdfast_decisions_total{outcome="granted",code="",scheme="DPoP"}')).toBe(3);
    expect(await metric('holdfast_decisions_total{outcome="refused",code="credentials_missing",scheme=""}')).toBe(1);
    expect(await metric('holdfast_cache_lookups_total{cache="token",known="false"}')).toBe(1);
    expect(await metric('holdfast_cache_lookups_total{cache="token",known="true"}')).toBe(2);
    expect(await metric('holdfast_cache_lookups_total{cache="sender_key",known="true"}')).toBe(2);
    expect(await metric('holdfast_decision_seconds_count{outcome="granted"}')).toBe(3);
    expect(await metric('holdfast_step_seconds_count{step="signature"}')).toBe(3);
    expect(await metric('process_resident_memory_bytes')).toBeGreaterThan(0);
  });

  it('lets no stranger drown the skew of the others with a time that was never meant', async () => {
    const key = makeKey();
    const dispatcher = new Agent({ connect: { ca: await readFile(facts.ca) } });
    for (const exp of [-1e308, -1e308]) {
      const times = { iat: 0, exp };
      const claims = { jti: 'a', htm: 'GET', htu: `${facts.resource}/orders`, ath: sha256('token'), ...times };
      const dpop = forge(key, { typ: 'dpop+jwt', alg: key.alg, jwk: key.publicJwk }, claims);
      const headers = { authorization: 'DPoP token', dpop };
      const reply = await fetch(`${facts.resource}/orders`, { headers, dispatcher });
      expect(await reply.json()).toMatchObject({ code: 'proof_expired' });
    }
    await dispatcher.close();
    expect(await metric('holdfast_refused_skew_seconds_count')).toBe(2);
    expect(await metric('holdfast_refused_skew_seconds_sum')).toBe(-2 * 86_400);
  });

  it('is on loopback, and nothing else is there', async () => {
    expect(new URL(facts.metrics).hostname).toBe('127.0.0.1');
    const other = await fetch(new URL('/', facts.metrics));
    expect(other.status).toBe(404);
    expect((await fetch(facts.metrics, { method: 'POST' })).status).toBe(404);
    const dispatcher = new Agent({ connect: { ca: await readFile(facts.ca) } });
    expect((await fetch(`${facts.resource}/metrics`, { dispatcher })).status).toBe(404);
    await dispatcher.close();
  });

  it('a port that is taken, or none at all, is one line and non-zero', async () => {
    const port = new URL(facts.metrics).port;
    for (const [value, exit] of [
      [port, 1],
      ['x', 2],
      ['65536', 2],
    ] as const) {
      const { code, stderr } = await holdfast('demo', '--serve', '--port', '0', '--metrics', value, '--state', state);
      expect([value, code, stderr.trim().split('\n')]).toEqual([value, exit, [expect.stringMatching(/^holdfast: /)]]);
    }
  });
});
