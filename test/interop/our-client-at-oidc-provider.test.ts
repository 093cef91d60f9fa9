import { memoryStore } from '@holdfast/stores';
import { createVerifier, type VerifierOptions } from '@holdfast/verifier';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as oauth from 'oauth4webapi';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { authority, identities } from '../signer/authorities.ts';
import { assertionKey, dpopClient, mtlsClient, proofKey } from '../signer/clients.ts';
import { type Answer, asksForCertificate, type Received, tlsServer } from '../signer/tls-server.ts';
import type { oidcProvider } from './oidc-provider.ts';
import { fetchOver } from './peer-client.ts';

const AUDIENCE = 'https://venue.example';
const fetch = fetchOver({ ca: authority.certificate });
let provider: typeof oidcProvider;

// It warns of this runtime, and of storing in memory, while it is imported and made
beforeAll(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.spyOn(console, 'info').mockImplementation(() => {});
  provider = (await import('./oidc-provider.ts')).oidcProvider;
  return () => vi.restoreAllMocks();
});

const dpop = (issuer: string, clock = Date.now) =>
  dpopClient({ issuer, resource: AUDIENCE, scope: 'orders:read', clock });
const mtls = (issuer: string) =>
  mtlsClient({
    issuer,
    clientId: 'trader-mtls',
    auth: { method: 'self_signed_tls_client_auth' },
    tls: identities.selfSigned.tls,
    resource: AUDIENCE,
    scope: 'orders:read',
  });

/** A resource server built on `oauth4webapi`: JWT access tokens, bound by DPoP. It has no nonces. */
async function oauth4webapiVenue(issuer: string) {
  const url = new URL(issuer);
  const http = { [oauth.customFetch]: fetch };
  const as = await oauth.processDiscoveryResponse(
    url,
    await oauth.discoveryRequest(url, { algorithm: 'oauth2', ...http }),
  );
  const server = await tlsServer(async ({ method, target, headers }): Promise<Answer> => {
    const request = new Request(server.origin + target, { method, headers });
    try {
      const claims = await oauth.validateJwtAccessToken(as, request, AUDIENCE, { requireDPoP: true, ...http });
      return { body: { client: claims.client_id } };
    } catch (thrown) {
      return { status: 401, body: { error: String(thrown) } };
    }
  });
  return server;
}

/** A resource server of ours. */
async function holdfastVenue(issuer: string, { tls, ...rest }: Partial<VenueTls & VerifierOptions> = {}) {
  const server = await tlsServer(async (received: Received): Promise<Answer> => {
    const { method, target, rawHeaders: headers, certificate } = received;
    try {
      const access = await verifier.verify({ method, target, headers, certificate }, { scope: ['orders:read'] });
      return { body: { client: access.clientId }, headers: access.headers };
    } catch (thrown) {
      const refusal = thrown as { code: string; status: number; headers: Record<string, string> };
      return { status: refusal.status, headers: refusal.headers, body: { code: refusal.code } };
    }
  }, tls);
  const verifier = createVerifier({
    issuer,
    audience: AUDIENCE,
    origin: server.origin,
    fetch: fetch as unknown as typeof globalThis.fetch,
    ...rest,
  });
  return server;
}

interface VenueTls {
  readonly tls: typeof asksForCertificate;
}

const options = { jwk: { ...assertionKey.publicJwk, alg: 'ES256', use: 'sig' }, audience: AUDIENCE, lifetime: 300 };

describe('our client at oidc-provider', () => {
  it('gets a DPoP-bound token by private_key_jwt, through the nonce challenge, in two requests', async () => {
    await using peer = await provider(options);
    const token = await dpop(peer.issuer).token();
    expect(token).toMatchObject({ tokenType: 'DPoP', scope: 'orders:read' });
    expect(decodeProtectedHeader(token.accessToken).typ).toBe('at+jwt');
    expect(decodeJwt(token.accessToken)).toMatchObject({
      iss: peer.issuer,
      aud: AUDIENCE,
      client_id: 'trader',
      cnf: { jkt: proofKey.jkt },
    });
    expect(peer.requests).toEqual([
      'GET /.well-known/oauth-authorization-server 200',
      'POST /token 400',
      'POST /token 200',
    ]);
  });

  it('is challenged once, for any number of tokens', async () => {
    let time = Date.now();
    await using peer = await provider({ ...options, lifetime: 1 });
    const client = dpop(peer.issuer, () => time);
    const tokens = [];
    for (let i = 0; i < 3; i += 1, time += 1000) tokens.push(await client.token());
    expect(new Set(tokens.map(({ accessToken }) => accessToken)).size).toBe(3);
    expect(peer.requests.filter((line) => line === 'POST /token 400')).toHaveLength(1);
  });

  it('calls a resource server built on oauth4webapi', async () => {
    await using peer = await provider(options);
    await using venue = await oauth4webapiVenue(peer.issuer);
    const client = dpop(peer.issuer);
    for (const path of ['/orders', '/orders?limit=5', '/a%20b/%7e', '/caf\u00e9/', '']) {
      const response = await client.fetch(venue.origin + path);
      expect(await response.json()).toEqual({ client: 'trader' });
    }
    const posted = await client.fetch(`${venue.origin}/orders`, { method: 'POST', body: '{}' });
    expect(posted.status).toBe(200);
  });

  it('calls a resource server of ours, whose nonces and keys of the issuer it knows nothing about', async () => {
    await using peer = await provider(options);
    await using venue = await holdfastVenue(peer.issuer);
    const client = dpop(peer.issuer);
    const responses = await Promise.all(Array.from({ length: 10 }, () => client.fetch(`${venue.origin}/orders`)));
    expect(await Promise.all(responses.map((response) => response.json()))).toEqual(
      Array(10).fill({ client: 'trader' }),
    );
    expect((await client.fetch(`${venue.origin}/orders`)).status).toBe(200);
  });

  it('gets a certificate-bound token by self_signed_tls_client_auth, and calls a resource server of ours', async () => {
    await using peer = await provider(options);
    await using venue = await holdfastVenue(peer.issuer, { tls: asksForCertificate });
    const client = mtls(peer.issuer);
    expect(decodeJwt((await client.token()).accessToken)['cnf']).toEqual({
      'x5t#S256': Buffer.from(await crypto.subtle.digest('SHA-256', identities.selfSigned.der)).toString('base64url'),
    });
    expect(await (await client.fetch(`${venue.origin}/orders`)).json()).toEqual({ client: 'trader-mtls' });
  });

  it('is refused with another assertion key', async () => {
    await using peer = await provider({ ...options, jwk: { ...proofKey.publicJwk, alg: 'ES256', use: 'sig' } });
    await expect(dpop(peer.issuer).token()).rejects.toMatchObject({
      code: 'token_request_refused',
      detail: 'invalid_client',
    });
  });

  it('is refused with another certificate', async () => {
    await using peer = await provider(options);
    const client = mtlsClient({
      issuer: peer.issuer,
      clientId: 'trader-mtls',
      auth: { method: 'self_signed_tls_client_auth' },
    });
    await expect(client.token()).rejects.toMatchObject({ detail: 'invalid_client' });
  });
});

describe('our verifier with the tokens of oidc-provider', () => {
  it('refuses one whose key the sender has not', async () => {
    await using peer = await provider(options);
    await using venue = await holdfastVenue(peer.issuer, { nonce: 'off', replay: { add: memoryStore().add } });
    const { accessToken } = await dpop(peer.issuer).token();
    const strange = { DPoP: oauth.DPoP({}, await oauth.generateKeyPair('ES256')), [oauth.customFetch]: fetch };
    const url = new URL(`${venue.origin}/orders`);
    const sent = oauth.protectedResourceRequest(accessToken, 'GET', url, undefined, null, strange);
    await expect(sent).rejects.toMatchObject({ status: 401, cause: [{ parameters: { error: 'invalid_token' } }] });
  });

  it('refuses one for another audience or scope', async () => {
    await using peer = await provider(options);
    await using other = await holdfastVenue(peer.issuer, { audience: 'https://other.example' });
    const refused = await dpop(peer.issuer).fetch(`${other.origin}/orders`);
    expect(await refused.json()).toEqual({ code: 'token_audience' });
    await using venue = await holdfastVenue(peer.issuer);
    const writer = dpopClient({ issuer: peer.issuer, resource: AUDIENCE, scope: 'orders:write' });
    expect(await (await writer.fetch(`${venue.origin}/orders`)).json()).toEqual({ code: 'scope_insufficient' });
  });
});
