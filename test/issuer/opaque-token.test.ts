import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { EVENTS } from '@holdfast/issuer';
import { HoldfastError, type Store } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { createVerifier } from '@holdfast/verifier';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../verifier/forge.ts';
import { ISSUER, NOW, proof, VENUE } from './forge.ts';
import { createPeople, DESK, type People } from './people.ts';
import { ask, REPORTS, SERVERS } from './questions.ts';
import { accessToken } from './tokens.ts';

const OPAQUE = /^[A-Za-z0-9_-]{43}$/;
const client = { ...DESK, scope: 'orders:read orders:write reports:read' };
const OPAQUE_CLIENT = { ...SERVERS, clients: [{ ...client, access_token_format: 'opaque' }] };

const resources = SERVERS.resources.map((each) => ({
  ...each,
  access_token_format: each.resource === VENUE ? 'opaque' : 'jwt',
}));

async function forItself(people: People, resource: string = VENUE): Promise<string> {
  const { status, body } = await people.send('token', { form: { grant_type: 'client_credentials', resource } });
  expect(status).toBe(200);
  return String(body['access_token']);
}

describe('opaque access tokens', () => {
  it('C032 FAPI2-5.4.1-06 are 256 random bits, of which none is fixed and which never come twice', async () => {
    const people = await createPeople(OPAQUE_CLIENT);
    const tokens = await Promise.all(Array.from({ length: 200 }, () => forItself(people)));
    for (const token of tokens) expect(token).toMatch(OPAQUE);
    expect(new Set(tokens).size).toBe(200);
    const all = tokens.map((token) => Buffer.from(token, 'base64url'));
    for (let at = 0; at < 256; at += 1) {
      const bits = new Set(all.map((octets) => ((octets[at >> 3] ?? 0) >> (at & 7)) & 1));
      expect({ at, size: bits.size }).toEqual({ at, size: 2 });
    }
  });

  it('are given for a resource that wants them, and JWTs for one that does not', async () => {
    const people = await createPeople({ ...SERVERS, resources, clients: [client] });
    expect(await forItself(people, VENUE)).toMatch(OPAQUE);
    expect((await forItself(people, REPORTS)).split('.')).toHaveLength(3);
  });

  it.each([
    ['opaque', REPORTS, 1],
    ['jwt', VENUE, 3],
  ] as const)('are given by what the client is configured for, before that: %s', async (format, resource, parts) => {
    const people = await createPeople({ ...SERVERS, resources, clients: [{ ...client, access_token_format: format }] });
    expect((await forItself(people, resource)).split('.')).toHaveLength(parts);
  });

  it('C032 are answered for as JWTs are, and stay opaque when they are refreshed', async () => {
    const people = await createPeople(OPAQUE_CLIENT);
    const { body, headers } = await people.redeem(await people.code());
    expect(body).toEqual({
      access_token: expect.stringMatching(OPAQUE),
      token_type: 'DPoP',
      expires_in: 300,
      scope: 'orders:read orders:write',
      refresh_token: expect.stringMatching(OPAQUE),
    });
    expect(headers).toMatchObject({ 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
    const refreshed = await people.refresh(String(body['refresh_token']));
    expect(refreshed.body['access_token']).toMatch(OPAQUE);
    expect(refreshed.body['access_token']).not.toBe(body['access_token']);
  });

  it('are nowhere in the store, and neither are codes and refresh tokens', async () => {
    const inner = memoryStore({ clock: () => NOW * 1000 });
    const written: string[] = [];
    const store: Store = {
      ...inner,
      add(key, value, expiresAt) {
        written.push(key, value);
        return inner.add(key, value, expiresAt);
      },
    };
    const people = await createPeople(OPAQUE_CLIENT, { store });
    const code = await people.code();
    const { body } = await people.redeem(code);
    const all = written.join('\n');
    expect(all).toContain('person-anna');
    for (const secret of [code, body['access_token'], body['refresh_token']]) {
      expect(secret).toMatch(OPAQUE);
      expect(all).not.toContain(secret);
    }
  });

  it('are in no event', async () => {
    const people = await createPeople(OPAQUE_CLIENT);
    const told: unknown[] = [];
    const listen = (event: unknown) => void told.push(event);
    subscribe(EVENTS, listen);
    const token = await accessToken(people);
    unsubscribe(EVENTS, listen);
    expect(told).toContainEqual(expect.objectContaining({ event: 'token.issued', format: 'opaque' }));
    expect(JSON.stringify(told)).not.toContain(token);
  });

  it('outlive the process, where the store does', async () => {
    const store = memoryStore({ clock: () => NOW * 1000 });
    const token = await accessToken(await createPeople(OPAQUE_CLIENT, { store }));
    const again = await createPeople(OPAQUE_CLIENT, { store });
    expect((await ask(again, token)).body).toMatchObject({ active: true, client_id: 'trader' });
  });

  it('are not given where they cannot be kept', async () => {
    let isFull = false;
    const inner = memoryStore({ clock: () => NOW * 1000 });
    const store: Store = {
      ...inner,
      add(key, value, expiresAt) {
        if (isFull && key.startsWith('token ')) throw new HoldfastError('store_full');
        return inner.add(key, value, expiresAt);
      },
    };
    const people = await createPeople(OPAQUE_CLIENT, { store });
    isFull = true;
    const { status, body } = await people.send('token', {
      form: { grant_type: 'client_credentials', resource: VENUE },
    });
    expect({ status, error: body['error'] }).toEqual({ status: 503, error: 'temporarily_unavailable' });
    expect(body).not.toHaveProperty('access_token');
  });

  it('are refused by a resource server that asks nobody', async () => {
    const people = await createPeople(OPAQUE_CLIENT);
    const token = await accessToken(people);
    const jwks = JSON.parse(people.issuer.jwks().body);
    const clock = () => NOW * 1000;
    const replay = { add: async () => true };
    const verifier = createVerifier({
      issuer: ISSUER,
      audience: VENUE,
      origin: VENUE,
      jwks,
      nonce: 'off',
      replay,
      clock,
    });
    const payload = { htm: 'GET', htu: `${VENUE}/orders`, ath: sha256(token) };
    const headers = ['Authorization', `DPoP ${token}`, 'DPoP', proof({ payload })];
    const access = verifier.verify({ method: 'GET', target: '/orders', headers });
    await expect(access).rejects.toMatchObject({ code: 'token_malformed' });
  });
});
