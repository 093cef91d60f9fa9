import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Deployment, deploy } from '@holdfast/cli';
import { type Client, createClient, generateKey, importKey, type PrivateJwk } from '@holdfast/signer';
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  CALLBACK,
  type IssuerForPeople,
  PAIRS,
  type Pair,
  RESOURCE,
  SCOPE,
  serveForPeople,
} from './issuer-for-people.ts';
import { fetchOver } from './peer-client.ts';
import { decide } from './person.ts';

describe('our client for people at our issuer', () => {
  let issuer: IssuerForPeople;
  let userinfo: { readonly dpop: string; readonly mtls: string };

  beforeAll(async () => {
    issuer = await serveForPeople();
    const metadata = await issuer.fetch.plain(`${issuer.origin}/.well-known/oauth-authorization-server`, {});
    const { userinfo_endpoint: dpop, mtls_endpoint_aliases: aliases } = (await metadata.json()) as {
      readonly userinfo_endpoint: string;
      readonly mtls_endpoint_aliases: { readonly userinfo_endpoint: string };
    };
    userinfo = { dpop, mtls: aliases.userinfo_endpoint };
  });
  afterAll(() => issuer[Symbol.asyncDispose]());

  async function clientOf({ clientId, authenticatesBy, bindsBy }: Pair): Promise<Client> {
    const key = await importKey(issuer.jwk);
    const client = createClient({
      issuer: issuer.origin,
      clientId,
      auth:
        authenticatesBy === 'private_key_jwt'
          ? { method: authenticatesBy, key, kid: 'desk' }
          : { method: authenticatesBy },
      binding: bindsBy === 'dpop' ? { method: 'dpop', key: await generateKey() } : { method: 'mtls' },
      tls: issuer.tls,
    });
    onTestFinished(() => client.close());
    return client;
  }

  describe.each(PAIRS)('$authenticatesBy and $bindsBy', (pair) => {
    it.each([
      ['C089 C095', 'plain requests and answers', false],
      ['C098 FAPIMS-5.3.2-01 FAPIMS-5.4.2-01', 'signed requests and answers', true],
    ])('%s goes all the way with %s', async (_ids, _words, isSigned) => {
      const client = await clientOf(pair);
      const signed = { responseMode: 'jwt', requestObject: { key: await importKey(issuer.jwk), kid: 'desk' } } as const;
      const told: string[] = [];
      const request = await client.authorize({
        redirectUri: CALLBACK,
        scope: SCOPE,
        onRefreshToken: (token) => void told.push(token),
        ...(isSigned ? signed : {}),
      });
      const answer = await issuer.approve(request.url);
      expect(answer.searchParams.has('response')).toBe(isSigned);
      const session = await request.finish(answer);
      expect(session.idToken).toMatchObject({ sub: 'anna', aud: pair.clientId });
      expect(told).toEqual([session.refreshToken]);

      const { accessToken, tokenType } = await session.token();
      expect(tokenType).toBe(pair.bindsBy === 'dpop' ? 'DPoP' : 'Bearer');
      const member = pair.bindsBy === 'dpop' ? 'jkt' : 'x5t#S256';
      expect(decodeJwt(accessToken)['cnf']).toEqual({ [member]: expect.stringMatching(/^[\w-]{43}$/) });
      expect(await (await session.fetch(userinfo[pair.bindsBy])).json()).toEqual({ sub: 'anna' });

      const resumed = client.resume(told[0] ?? '', { scope: 'orders:read' });
      expect((await resumed.token()).scope).toBe('orders:read');
      const exchanged = client.exchange({
        subjectToken: async () => (await session.token()).accessToken,
        scope: 'orders:write',
      });
      expect(decodeJwt((await exchanged.token()).accessToken)).toMatchObject({ sub: 'anna', scope: 'orders:write' });

      await session.end();
      await expect(session.fetch(userinfo[pair.bindsBy])).rejects.toMatchObject({ code: 'session_over' });
      const late = client.resume(told[0] ?? '').token();
      await expect(late).rejects.toMatchObject({ code: 'token_request_refused', detail: 'invalid_grant' });
    });
  });

  it('C095 goes on with a new key', async () => {
    const client = await clientOf(PAIRS[0] as Pair);
    const request = await client.authorize({ redirectUri: CALLBACK, scope: 'orders:read', resource: RESOURCE });
    const session = await request.finish(await issuer.approve(request.url));
    const before = decodeJwt((await session.token()).accessToken);
    const key = await generateKey();
    await client.replace({ binding: { method: 'dpop', key } });
    const after = decodeJwt((await session.token()).accessToken);
    expect(before).toMatchObject({ aud: RESOURCE, sub: 'anna' });
    expect(after).toMatchObject({ aud: RESOURCE, sub: 'anna', cnf: { jkt: key.jkt } });
    expect(before['cnf']).not.toEqual(after['cnf']);
  });

  it('C090 is told when the person’s browser brings what another client began', async () => {
    const [one, other] = [await clientOf(PAIRS[0] as Pair), await clientOf(PAIRS[2] as Pair)];
    const options = { redirectUri: CALLBACK, scope: SCOPE };
    const [request, theirs] = [await one.authorize(options), await other.authorize(options)];
    const answer = await issuer.approve(theirs.url);
    await expect(request.finish(answer)).rejects.toMatchObject({ code: 'authorization_response', detail: 'state' });
  });
});

describe('our client for people at our issuer and venue', () => {
  const state = mkdtempSync(join(tmpdir(), 'holdfast-people-'));
  let time = Date.now();
  const clock = () => time;
  let deployment: Deployment;
  let client: Client;

  beforeAll(async () => {
    deployment = await deploy({ state, port: 0, clock });
    const { facts } = deployment;
    const key = JSON.parse(readFileSync(facts.clients.find((each) => each.client_id === 'desk')?.key ?? '', 'utf8'));
    client = createClient({
      issuer: facts.issuer,
      clientId: 'desk',
      auth: { method: 'private_key_jwt', key: await importKey(key as PrivateJwk) },
      binding: { method: 'dpop', key: await generateKey() },
      tls: { ca: readFileSync(facts.ca, 'utf8') },
      clock,
    });
  });
  afterAll(async () => {
    await client.close();
    await deployment.close();
    rmSync(state, { recursive: true, force: true });
  });

  const DETAILS = [
    {
      type: 'order_entry',
      instruments: ['ACME'],
      sides: ['buy'],
      maximum_notional: { amount: '1000', currency: 'USD' },
    },
  ];
  const ask = (options: object = {}) =>
    client.authorize({ redirectUri: CALLBACK, scope: 'orders:read orders:write', ...options });
  const anna = () => ({
    ...deployment.facts.person,
    fetch: fetchOver({ ca: readFileSync(deployment.facts.ca, 'utf8') }),
  });

  it('C095 trades until it is ended: a token expires, another one comes, and after the end there is none', async () => {
    const { resource } = deployment.facts;
    const request = await ask({ resource });
    const session = await request.finish(await decide(anna(), request.url));
    expect((await session.fetch(`${resource}/orders`)).status).toBe(200);
    const first = await session.token();
    time += 3_600_000;
    expect((await session.fetch(`${resource}/orders`)).status).toBe(200);
    const second = await session.token();
    expect(second.accessToken).not.toBe(first.accessToken);

    const copy = client.resume(session.refreshToken ?? '', { resource });
    expect((await copy.fetch(`${resource}/orders`)).status).toBe(200);
    await session.end();
    await expect(session.fetch(`${resource}/orders`)).rejects.toMatchObject({ code: 'session_over' });
    time += 60_000; // by then the venue has looked which tokens were revoked
    const refused = await copy.fetch(`${resource}/orders`);
    expect(refused.status).toBe(401);
    await expect(copy.token()).rejects.toMatchObject({ code: 'token_request_refused', detail: 'invalid_grant' });
  });

  it('RAR-12-01 says what the person allowed in so many words, with each token', async () => {
    const { resource } = deployment.facts;
    const request = await ask({ resource, authorizationDetails: DETAILS });
    const session = await request.finish(await decide(anna(), request.url));
    const allowed = DETAILS.map((each) => expect.objectContaining(each));
    for (let i = 0; i < 2; i += 1, time += 3_600_000) {
      const { accessToken, authorizationDetails } = await session.token();
      expect(authorizationDetails).toEqual(allowed);
      expect(decodeJwt(accessToken)['authorization_details']).toEqual(authorizationDetails);
    }
    await session.end();
  });

  it('C090 hears when the person says no', async () => {
    const request = await ask();
    const answer = await decide(anna(), request.url, 'deny');
    await expect(request.finish(answer)).rejects.toMatchObject({
      code: 'authorization_refused',
      detail: 'access_denied',
    });
  });
});
