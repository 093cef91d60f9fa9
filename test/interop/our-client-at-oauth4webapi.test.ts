import type { AuthorizationOptions } from '@holdfast/signer';
import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { authority } from '../signer/authorities.ts';
import { assertionKey, dpopClient } from '../signer/clients.ts';
import { type Answer, type TlsServer, tlsServer } from '../signer/tls-server.ts';
import type * as Peer from './oidc-provider-for-people.ts';
import { fetchOver } from './peer-client.ts';

const AUDIENCE = 'https://venue.example';
const CALLBACK = 'https://desk.example/callback';
const fetch = fetchOver({ ca: authority.certificate });
let peer: typeof Peer;

// It warns of this runtime, and of storing in memory, while it is imported and made
beforeAll(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.spyOn(console, 'info').mockImplementation(() => {});
  peer = await import('./oidc-provider-for-people.ts');
  return () => vi.restoreAllMocks();
});

const jwk = { ...assertionKey.publicJwk, alg: 'ES256', use: 'sig' };
const issuerOf = (changes: object = {}) =>
  peer.oidcProviderForPeople({ jwk, audience: AUDIENCE, lifetime: 300, rotates: true, ...changes });

interface Venue extends TlsServer {
  /** How it answered, in order. */
  readonly answers: readonly string[];
}

/** A resource server built on `oauth4webapi`, which leaves nonces to who uses it: each serves for three requests. */
async function oauth4webapiVenue(issuer: string): Promise<Venue> {
  const url = new URL(issuer);
  const http = { [oauth.customFetch]: fetch };
  const discovered = await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...http });
  const as = await oauth.processDiscoveryResponse(url, discovered);
  const answers: string[] = [];
  let served = 0;
  const nonceNow = () => `nonce-${Math.floor(served / 3)}`;

  const server = await tlsServer(async ({ method, target, headers }): Promise<Answer> => {
    const answer = (said: string, rest: Answer): Answer => {
      answers.push(said);
      return { ...rest, headers: { 'dpop-nonce': nonceNow(), ...rest.headers } };
    };
    try {
      const request = new Request(server.origin + target, { method, headers });
      const claims = await oauth.validateJwtAccessToken(as, request, AUDIENCE, { requireDPoP: true, ...http });
      if (decodeJwt(headers.get('dpop') ?? '')['nonce'] !== nonceNow()) {
        const field = 'Bearer error="invalid_token", dPoP algs="ES256", error="use_dpop_nonce"';
        return answer('challenge', { status: 401, headers: { 'www-authenticate': field } });
      }
      served += 1;
      return answer('ok', { body: { sub: claims.sub, client: claims.client_id } });
    } catch (thrown) {
      return answer('refused', { status: 401, body: { error: String(thrown) } });
    }
  });
  return { ...server, answers };
}

describe('our client for people at oidc-provider', () => {
  it.each<[string, string, Partial<AuthorizationOptions>]>([
    ['C089', 'plain', {}],
    ['C097 C098', 'signed', { responseMode: 'jwt', requestObject: { key: assertionKey } }],
  ])('%s C092 gets a session by %s requests and answers, through nonce challenges', async (_, _words, options) => {
    await using issuer = await issuerOf();
    const client = dpopClient({ issuer: issuer.issuer });
    const scope = 'openid offline_access orders:read';
    const request = await client.authorize({
      redirectUri: CALLBACK,
      scope,
      resource: AUDIENCE,
      parameters: { prompt: 'consent' },
      ...options,
    });
    expect([...new URL(request.url).searchParams.keys()]).toEqual(['client_id', 'request_uri']);
    const session = await request.finish(await peer.visit(fetch, request.url));
    expect(session.idToken).toMatchObject({ iss: issuer.issuer, sub: 'anna', aud: 'trader' });
    expect(decodeJwt((await session.token()).accessToken)).toMatchObject({ sub: 'anna', aud: AUDIENCE });
    expect(issuer.requests.filter((line) => /^POST/.test(line))).toEqual([
      'POST /request 400',
      'POST /request 201',
      'POST /token 200',
    ]);
  });

  it.each([true, false])(
    'C095 refreshes where refresh tokens are replaced (%s), until the session is ended',
    async (rotates) => {
      let time = Date.now();
      await using issuer = await issuerOf({ rotates, lifetime: 1 });
      const client = dpopClient({ issuer: issuer.issuer, clock: () => time });
      const told: string[] = [];
      const request = await client.authorize({
        redirectUri: CALLBACK,
        scope: 'openid offline_access orders:read',
        resource: AUDIENCE,
        parameters: { prompt: 'consent' },
        onRefreshToken: (token) => void told.push(token),
      });
      const session = await request.finish(await peer.visit(fetch, request.url));
      for (let i = 0; i < 2; i += 1) {
        const before = await session.token();
        time += 1000;
        expect((await session.token()).accessToken).not.toBe(before.accessToken);
      }
      expect(new Set(told).size).toBe(rotates ? 3 : 1);
      await session.end();
      const late = client.resume(told.at(-1) ?? '', { resource: AUDIENCE }).token();
      await expect(late).rejects.toMatchObject({ code: 'token_request_refused', detail: 'invalid_grant' });
    },
  );
});

describe('our client at a resource server built on oauth4webapi', () => {
  it('C092 answers its challenges, in whatever letters and company, and follows its nonces', async () => {
    await using issuer = await issuerOf();
    await using venue = await oauth4webapiVenue(issuer.issuer);
    const client = dpopClient({ issuer: issuer.issuer });
    const scope = 'openid offline_access orders:read';
    const request = await client.authorize({
      redirectUri: CALLBACK,
      scope,
      resource: AUDIENCE,
      parameters: { prompt: 'consent' },
    });
    const session = await request.finish(await peer.visit(fetch, request.url));
    const paths = ['/orders', '/orders?limit=5', '/a%20b/%7e', '/caf\u00e9/', '', '/orders#part', '/'];
    for (const path of paths) {
      const response = await session.fetch(venue.origin + path);
      expect(await response.json()).toEqual({ sub: 'anna', client: 'trader' });
    }
    const posted = await session.fetch(`${venue.origin}/orders`, { method: 'POST', body: '{}' });
    expect(posted.status).toBe(200);
    // A success brings the next nonce along, so that only the first request is challenged
    expect(venue.answers).toEqual(['challenge', ...Array(paths.length + 1).fill('ok')]);
  });

  it('C092 answers them, too, when many requests are under way while nonces change', async () => {
    await using issuer = await issuerOf();
    await using venue = await oauth4webapiVenue(issuer.issuer);
    const client = dpopClient({ issuer: issuer.issuer });
    const request = await client.authorize({ redirectUri: CALLBACK, scope: 'openid orders:read', resource: AUDIENCE });
    const session = await request.finish(await peer.visit(fetch, request.url));
    for (let round = 0; round < 5; round += 1) {
      const calls = [0, 1].map((n) => session.fetch(`${venue.origin}/orders?n=${n}`));
      expect((await Promise.all(calls)).map(({ status }) => status)).toEqual([200, 200]);
    }
    expect(venue.answers.filter((said) => said === 'ok')).toHaveLength(10);
    expect(venue.answers.filter((said) => said === 'refused')).toHaveLength(0);
  });
});
