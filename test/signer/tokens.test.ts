import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { CLIENT_EVENTS, type ClientEvent } from '@holdfast/signer';
import { describe, expect, it, onTestFinished } from 'vitest';
import { dpopClient } from './clients.ts';
import { granted, type Script, type ScriptedIssuer, scriptedIssuer } from './scripted-issuer.ts';
import { scriptedVenue } from './scripted-venue.ts';

const start = 1_790_000_000_000;
const numbered: Script['token'] = (_, nth) => granted({ access_token: `token-${nth}` });

async function settled(issuer: ScriptedIssuer, count: number): Promise<void> {
  while (issuer.tokenRequests.length < count) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('one token for each resource and scope', () => {
  it('RI-2-01 is asked for once by any number of callers, and by its own parameters', async () => {
    await using issuer = await scriptedIssuer({ token: numbered });
    const client = dpopClient({ issuer: issuer.issuer, scope: 'orders:read' });
    const one = client.for({ resource: 'https://one.example' });
    const two = client.for({ resource: 'https://two.example', scope: 'orders:write' });
    const calls = Array.from({ length: 50 }, (_, i) => [client, one, two][i % 3] ?? client);
    const tokens = await Promise.all(calls.map(async (caller) => (await caller.token()).accessToken));
    expect(new Set(tokens).size).toBe(3);
    expect(issuer.tokenRequests.map(({ form }) => [form.get('resource'), form.get('scope')].join(' ')).sort()).toEqual([
      ' orders:read',
      'https://one.example orders:read',
      'https://two.example orders:write',
    ]);
    expect((await client.for({ resource: 'https://one.example' }).token()).accessToken).toBe(
      (await one.token()).accessToken,
    );
  });

  it('and each goes with the requests of its caller', async () => {
    await using venue = await scriptedVenue(() => ({ body: 'ok' }), { script: { token: numbered } });
    const other = venue.client.for({ scope: 'positions:read' });
    await venue.client.fetch(venue.origin);
    await other.fetch(venue.origin);
    await venue.client.fetch(venue.origin);
    expect(venue.calls.map(({ headers }) => headers.get('authorization'))).toEqual([
      'DPoP token-1',
      'DPoP token-2',
      'DPoP token-1',
    ]);
  });
});

describe('a token that ends soon', () => {
  it('is renewed while it is still used: nobody waits', async () => {
    let time = start;
    await using issuer = await scriptedIssuer({ token: numbered });
    const client = dpopClient({ issuer: issuer.issuer, clock: () => time });
    await client.token();
    time += 271_000;
    const callers = await Promise.all(Array.from({ length: 20 }, () => client.token()));
    expect(new Set(callers.map(({ accessToken }) => accessToken))).toEqual(new Set(['token-1']));
    await settled(issuer, 2);
    while ((await client.token()).accessToken === 'token-1') await new Promise(setImmediate);
    expect(issuer.tokenRequests).toHaveLength(2);
  });

  it('is renewed in time also when it lives for five seconds', async () => {
    let time = start;
    await using issuer = await scriptedIssuer({
      token: (_, nth) => granted({ access_token: `token-${nth}`, expires_in: 5 }),
    });
    const client = dpopClient({ issuer: issuer.issuer, clock: () => time });
    await client.token();
    time += 2_400;
    expect((await client.token()).accessToken).toBe('token-1');
    expect(issuer.tokenRequests).toHaveLength(1);
    time += 1_400;
    expect((await client.token()).accessToken).toBe('token-2');
  });

  it('serves on while the issuer fails, which is told, and asked again a second later', async () => {
    let time = start;
    const seen: ClientEvent[] = [];
    const listener = (message: unknown) => seen.push(message as ClientEvent);
    subscribe(CLIENT_EVENTS, listener);
    onTestFinished(() => void unsubscribe(CLIENT_EVENTS, listener));
    await using issuer = await scriptedIssuer({
      token: (_, nth) => (nth === 2 ? { status: 503, body: { error: 'temporarily_unavailable' } } : granted()),
    });
    const client = dpopClient({ issuer: issuer.issuer, clock: () => time });
    await client.token();
    time += 275_000;
    for (let i = 0; i < 5; i += 1) await client.token();
    await settled(issuer, 2);
    while (!seen.some(({ event }) => event === 'token_not_renewed')) await new Promise(setImmediate);
    for (let i = 0; i < 5; i += 1) await client.token();
    expect(issuer.tokenRequests).toHaveLength(2);
    time += 1_000;
    await client.token();
    await settled(issuer, 3);
    expect(seen).toContainEqual({ event: 'token_not_renewed', issuer: issuer.issuer, code: 'token_request_refused' });
  });
});
