import {
  clientSecretBasic,
  createVerifier,
  type IntrospectionOptions,
  privateKeyJwt,
  tlsClientAuth,
  type VerifierOptions,
} from '@holdfast/verifier';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { authority, identities } from '../signer/authorities.ts';
import { assertionKey, dpopClient, mtlsClient } from '../signer/clients.ts';
import { type Answer, asksForCertificate, type Received, tlsServer } from '../signer/tls-server.ts';
import { makeKey } from '../verifier/forge.ts';
import type { certificateJwk, oidcProvider } from './oidc-provider.ts';
import { fetchOver } from './peer-client.ts';

const AUDIENCE = 'https://venue.example';
const venueKey = makeKey('ES256', 'venue-1');
const authenticate = privateKeyJwt({ key: venueKey.privateKey, alg: 'ES256', kid: venueKey.kid });
let peerOptions: Parameters<typeof oidcProvider>[0];
let provider: typeof oidcProvider;

// It warns of this runtime, and of storing in memory, while it is imported and made
beforeAll(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.spyOn(console, 'info').mockImplementation(() => {});
  const imported = await import('./oidc-provider.ts');
  provider = imported.oidcProvider;
  peerOptions = {
    jwk: { ...assertionKey.publicJwk, alg: 'ES256', use: 'sig' },
    audience: AUDIENCE,
    lifetime: 300,
    resourceServers: resourceServers(imported.certificateJwk),
  };
  return () => vi.restoreAllMocks();
});

/** One client for each way of authenticating. The names and secrets need every escape that RFC 6749 has. */
function resourceServers(jwkOf: typeof certificateJwk) {
  const { kid, publicJwk } = venueKey;
  return [
    {
      client_id: 'venue',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [{ ...publicJwk, kid, alg: 'ES256', use: 'sig' } as never] },
    },
    {
      client_id: 'venue/50% off',
      client_secret: 'p:a+b %20&~=',
      token_endpoint_auth_method: 'client_secret_basic',
      introspection_signed_response_alg: 'RS256',
    },
    {
      client_id: 'venue-mtls',
      token_endpoint_auth_method: 'self_signed_tls_client_auth',
      jwks: { keys: [jwkOf(identities.selfSigned.der) as never] },
    },
  ] as const;
}

const trusting = fetchOver({ ca: authority.certificate }) as unknown as typeof globalThis.fetch;
const certified = fetchOver(identities.selfSigned.tls) as unknown as typeof globalThis.fetch;

/** A resource server of ours that asks the peer about tokens. */
async function venueAt(
  issuer: string,
  introspection: Partial<IntrospectionOptions> = {},
  options: Partial<VerifierOptions> = {},
) {
  const server = await tlsServer(async (received: Received): Promise<Answer> => {
    const { method, target, rawHeaders: headers, certificate } = received;
    try {
      const access = await verifier.verify({ method, target, headers, certificate }, { scope: ['orders:read'] });
      return { body: { client: access.clientId, claims: access.claims }, headers: access.headers };
    } catch (thrown) {
      const refusal = thrown as { code: string; status: number; headers: Record<string, string> };
      return { status: refusal.status, headers: refusal.headers, body: { code: refusal.code } };
    }
  }, asksForCertificate);
  const verifier = createVerifier({
    issuer,
    audience: AUDIENCE,
    origin: server.origin,
    fetch: trusting,
    timeout: 10_000,
    introspection: { clientId: 'venue', authenticate, ...introspection },
    ...options,
  });
  return server;
}

const dpop = (issuer: string, scope = 'orders:read') => dpopClient({ issuer, resource: AUDIENCE, scope });

const questionsOf = ({ requests }: { readonly requests: readonly string[] }) =>
  requests.filter((line) => line.startsWith('POST /token/introspection'));

describe('opaque tokens of oidc-provider at a resource server of ours', () => {
  it.each([
    ['signed', true],
    ['plain', false],
    ['in the form that it prefers', undefined],
  ])('DPOP-6-01: bound by DPoP, answered %s to private_key_jwt', async (_what, signed) => {
    await using peer = await provider(peerOptions);
    await using venue = await venueAt(peer.issuer, signed === undefined ? {} : { signed });
    const client = dpop(peer.issuer);
    const { accessToken, tokenType } = await client.token();
    expect(accessToken).not.toContain('.');
    expect(tokenType).toBe('DPoP');
    const first = await (await client.fetch(`${venue.origin}/orders`)).json();
    expect(first).toMatchObject({
      client: 'trader',
      claims: { active: true, iss: peer.issuer, aud: AUDIENCE, token_type: 'DPoP', cnf: { jkt: expect.any(String) } },
    });
    const rest = await Promise.all(Array.from({ length: 20 }, () => client.fetch(`${venue.origin}/orders`)));
    expect(rest.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(questionsOf(peer)).toEqual(['POST /token/introspection 200']);
    expect(peer.requests.filter((line) => line === 'GET /jwks 200')).toHaveLength(signed === false ? 0 : 1);
  });

  it('MTLS-3.2-01: bound by certificate', async () => {
    await using peer = await provider(peerOptions);
    await using venue = await venueAt(peer.issuer);
    const client = mtlsClient({
      issuer: peer.issuer,
      clientId: 'trader-mtls',
      auth: { method: 'self_signed_tls_client_auth' },
      tls: identities.selfSigned.tls,
      resource: AUDIENCE,
      scope: 'orders:read',
    });
    const body = await (await client.fetch(`${venue.origin}/orders`)).json();
    expect(body).toMatchObject({ client: 'trader-mtls', claims: { cnf: { 'x5t#S256': expect.any(String) } } });
    const { accessToken } = await client.token();
    const stolen = await certifiedBy(identities.trader.tls)(`${venue.origin}/orders`, {
      headers: { authorization: `Bearer ${accessToken}` },
    });
    expect(await stolen.json()).toEqual({ code: 'certificate_mismatch' });
  });

  it('asked about by client_secret_basic, whatever is in the name and the secret', async () => {
    await using peer = await provider(peerOptions);
    await using venue = await venueAt(peer.issuer, {
      clientId: 'venue/50% off',
      authenticate: clientSecretBasic({ clientSecret: 'p:a+b %20&~=' }),
      signed: false,
    });
    expect((await dpop(peer.issuer).fetch(`${venue.origin}/orders`)).status).toBe(200);
  });

  it('MTLS-2-02: asked about by the certificate of the connection', async () => {
    await using peer = await provider(peerOptions);
    const introspection = { clientId: 'venue-mtls', authenticate: tlsClientAuth(), signed: true };
    await using venue = await venueAt(peer.issuer, introspection, { fetch: certified });
    expect((await dpop(peer.issuer).fetch(`${venue.origin}/orders`)).status).toBe(200);
    await using uncertified = await venueAt(peer.issuer, introspection);
    expect((await dpop(peer.issuer).fetch(`${uncertified.origin}/orders`)).status).toBe(503);
  });

  it('asked about for every request with ttl 0, with an assertion that the peer takes once', async () => {
    await using peer = await provider(peerOptions);
    await using venue = await venueAt(peer.issuer, { ttl: 0 });
    const client = dpop(peer.issuer);
    for (let i = 0; i < 5; i += 1) expect((await client.fetch(`${venue.origin}/orders`)).status).toBe(200);
    expect(questionsOf(peer)).toEqual(Array(5).fill('POST /token/introspection 200'));
  });
});

describe('what is refused', () => {
  it('a token that the peer does not know, or that is for another resource or scope', async () => {
    await using peer = await provider(peerOptions);
    await using venue = await venueAt(peer.issuer);
    const stranger = await trusting(`${venue.origin}/orders`, { headers: { authorization: 'Bearer unknown' } });
    expect([stranger.status, await stranger.json()]).toEqual([401, { code: 'token_inactive' }]);
    await using other = await venueAt(peer.issuer, {}, { audience: 'https://other.example' });
    expect(await (await dpop(peer.issuer).fetch(`${other.origin}/orders`)).json()).toEqual({ code: 'token_audience' });
    const writer = dpop(peer.issuer, 'orders:write');
    expect(await (await writer.fetch(`${venue.origin}/orders`)).json()).toEqual({ code: 'scope_insufficient' });
  });

  it('everything, as an outage, to a resource server that the peer does not know', async () => {
    await using peer = await provider(peerOptions);
    const impostor = privateKeyJwt({ key: makeKey().privateKey, alg: 'ES256' });
    await using venue = await venueAt(peer.issuer, { authenticate: impostor });
    const refused = await dpop(peer.issuer).fetch(`${venue.origin}/orders`);
    expect([refused.status, await refused.json()]).toEqual([503, { code: 'issuer_unavailable' }]);
    expect(questionsOf(peer)).toEqual(['POST /token/introspection 401']);
  });

  it('an answer that the peer signs with RS256', async () => {
    await using peer = await provider(peerOptions);
    await using venue = await venueAt(peer.issuer, {
      clientId: 'venue/50% off',
      authenticate: clientSecretBasic({ clientSecret: 'p:a+b %20&~=' }),
    });
    const refused = await dpop(peer.issuer).fetch(`${venue.origin}/orders`);
    expect(await refused.json()).toEqual({ code: 'issuer_unavailable' });
    expect(questionsOf(peer)).toEqual(['POST /token/introspection 200']);
  });
});

function certifiedBy(tls: typeof identities.trader.tls): typeof globalThis.fetch {
  return fetchOver(tls) as unknown as typeof globalThis.fetch;
}
