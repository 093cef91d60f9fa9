import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, type Deployment, deploy } from '@holdfast/cli';
import { createClient, createSigner, generateKey, importKey } from '@holdfast/signer';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let state: string;
let deployment: Deployment;
let dispatcher: Agent;
const lines: string[] = [];
const secrets = new Map<string, string>();

/** Every request, good and bad, that a run may see; each of its secrets is written down. */
beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'holdfast-logs-'));
  const logger = createLogger({ write: (line: string) => lines.push(line) });
  deployment = await deploy({ state, port: 0, logger });
  const ca = await readFile(deployment.facts.ca, 'utf8');
  dispatcher = new Agent({ connect: { ca } });
  await trade(ca);
  await collectKeys();
}, 60_000);

afterAll(async () => {
  await dispatcher.close();
  await deployment.close();
  await rm(state, { recursive: true, force: true });
});

async function trade(ca: string): Promise<void> {
  const { facts } = deployment;
  const path = facts.clients.find(({ client_id: id }) => id === 'trader-dpop')?.key ?? '';
  const jwk = JSON.parse(await readFile(path, 'utf8')) as Record<string, unknown>;
  const key = await generateKey();
  const auth = { method: 'private_key_jwt', key: await importKey(jwk) } as const;
  const client = createClient({
    issuer: facts.issuer,
    clientId: 'trader-dpop',
    auth,
    binding: { method: 'dpop', key },
    tls: { ca },
  });
  await (await client.fetch(`${facts.resource}/orders`)).text();
  const { accessToken } = await client.token();
  secrets.set('access token', accessToken);
  const url = `${facts.resource}/orders`;
  const proof = await createSigner({ key }).proof({ method: 'GET', url, accessToken });
  secrets.set('proof', proof);
  const send = (target: string, headers: Record<string, string>, body?: string) =>
    request(target, { dispatcher, method: body === undefined ? 'GET' : 'POST', headers, body: body ?? null });
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const attempts = [
    send(url, { authorization: `DPoP ${accessToken}`, dpop: proof }),
    send(url, { authorization: `Bearer ${accessToken}` }),
    send(`${url}?access_token=${accessToken}`, {}),
    send(`${url}/${accessToken}%`, { authorization: accessToken }),
    send(
      `${facts.issuer}/token`,
      { ...form, dpop: proof },
      `grant_type=client_credentials&client_assertion=${proof}&client_assertion_type=x`,
    ),
    send(`${facts.issuer}/token?client_assertion=${proof}`, form, 'client_secret=swordfish&client_id=trader-dpop'),
    send(`${facts.issuer}/nowhere/${proof}?token=${accessToken}`, {}),
    send(`${facts.issuer}/nowhere/%zz${accessToken}`, {}),
    send(`${facts.issuer}/token`, { authorization: `Basic ${proof}` }, `%${accessToken}`),
  ];
  for (const attempt of attempts) await (await attempt).body.dump();
  secrets.set('client secret', 'swordfish');
  await client.close();
}

async function collectKeys(): Promise<void> {
  for (const file of await readdir(state, { recursive: true })) {
    if (file.endsWith('.jwk.json')) {
      const { d } = JSON.parse(await readFile(join(state, file), 'utf8')) as { d: string };
      secrets.set(file, d);
    } else if (file.endsWith('.key.pem')) {
      secrets.set(file, (await readFile(join(state, file), 'utf8')).split('\n')[1] ?? '');
    }
  }
}

describe('the logs of a run', () => {
  it('were captured and name the reasons of refusals', () => {
    expect(lines.length).toBeGreaterThan(20);
    expect(lines.join('')).toContain('"code":"scheme_mismatch"');
    expect(lines.join('')).toContain('"code":"credentials_in_query"');
  });

  it('BCP-4.9.3-01 hold no token, no proof, no key and no secret, nor the first part of one', () => {
    expect(secrets.size).toBeGreaterThan(15);
    const text = lines.join('');
    for (const [name, secret] of secrets) {
      expect(secret.length, name).toBeGreaterThan(8);
      for (const part of secret.split('.')) expect([name, text.includes(part.slice(0, 24))]).toEqual([name, false]);
    }
  });
});
