import { once } from 'node:events';
import { connect } from 'node:net';
import type { HoldfastError } from '@holdfast/proof';
import { createVerifier, privateKeyJwt, tlsClientAuth, type VerifierOptions } from '@holdfast/verifier';
import { Agent, fetch as undiciFetch } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OLD, probe, type Settled, TOO_OLD } from '../tls-probe.ts';
import { sha256 } from '../verifier/forge.ts';
import { issueClient, selfSignClient } from './certificates.ts';
import { assertion, proof, thiefKey, traderKey, VENUE } from './forge.ts';
import { authority, call, FORM, form, type Served, serve } from './listeners.ts';
import { VENUE_SERVER, venueKey } from './questions.ts';
import { TRADER } from './scene.ts';

const now = () => Math.floor(Date.now() / 1000);
const days = { now: new Date(), days: 2 };
const own = await issueClient(authority, { commonName: 'desk', ...days });
const server = await issueClient(authority, { commonName: 'reports-server', ...days });
const another = await issueClient(authority, { commonName: 'another-server', ...days });
const stranger = await selfSignClient({ commonName: 'reports-server', ...days });

const BOUND = { ...TRADER, client_id: 'desk', tls_client_certificate_bound_access_tokens: true } as const;
const BY_CERTIFICATE = {
  client_id: 'reports-server',
  token_endpoint_auth_method: 'tls_client_auth',
  tls_client_auth_subject_dn: 'CN=reports-server',
  resources: [VENUE],
} as const;

let served: Served;
const agents: Agent[] = [];

beforeAll(async () => {
  served = await serve({
    dpop_nonce: 'off',
    clients: [TRADER, BOUND],
    resources: [{ resource: VENUE, scope: 'orders:read orders:write', access_token_format: 'opaque' }],
    resource_servers: [VENUE_SERVER, BY_CERTIFICATE],
  });
});
afterAll(async () => {
  await Promise.all(agents.map((agent) => agent.destroy()));
  await served[Symbol.asyncDispose]();
});

function fetchOver(tls: object = {}): typeof globalThis.fetch {
  const dispatcher = new Agent({ connect: { ca: authority.certificate, ...tls } });
  agents.push(dispatcher);
  return ((url: string, init: object) =>
    undiciFetch(url, { ...init, dispatcher })) as unknown as typeof globalThis.fetch;
}

/** A verifier that asks the issuer about each token, by a client assertion unless it says otherwise. */
function verifier(asking: Partial<NonNullable<VerifierOptions['introspection']>> = {}, fetch = fetchOver()) {
  const authenticate = privateKeyJwt({ key: venueKey.privateJwk, alg: 'ES256' });
  return createVerifier({
    issuer: served.origin,
    audience: VENUE,
    origin: VENUE,
    nonce: 'off',
    introspection: { authenticate, clientId: 'venue-server', signed: true, ttl: 0, ...asking },
    fetch,
    timeout: 10_000,
    // What was made before the start of a verifier without nonces might be a replay
    replay: { add: async () => true },
  });
}

const byCertificate = (tls: object) =>
  verifier(
    {
      authenticate: tlsClientAuth(),
      clientId: 'reports-server',
      endpoint: `${served.mtlsOrigin}/introspect`,
    },
    fetchOver(tls),
  );

const asserted = (client: string) =>
  assertion({ key: traderKey, payload: { iss: client, sub: client, aud: served.origin, iat: now(), exp: now() + 60 } });

/** An opaque token that is bound to the key of the proofs. */
async function boundToKey(): Promise<string> {
  const DPoP = proof({ payload: { htu: `${served.origin}/token`, iat: now() } });
  const { body } = await call(served.origin, {
    headers: { ...FORM, DPoP },
    body: form({ assertion: asserted('trader') }),
  });
  return String(body['access_token']);
}

/** An opaque token that is bound to the certificate `own`. */
async function boundToCertificate(): Promise<string> {
  const tls = { cert: own.certificate, key: own.key };
  const { body } = await call(served.mtlsOrigin, { headers: FORM, body: form({ assertion: asserted('desk') }), tls });
  return String(body['access_token']);
}

function byKey(token: string, key?: typeof thiefKey) {
  const payload = { htm: 'GET', htu: `${VENUE}/orders`, iat: now(), ath: sha256(token) };
  const dpop = proof(key === undefined ? { payload } : { key, payload });
  return { method: 'GET', target: '/orders', headers: ['Authorization', `DPoP ${token}`, 'DPoP', dpop] };
}

const byBearer = (token: string, certificate?: Uint8Array) => ({
  method: 'GET',
  target: '/orders',
  headers: ['Authorization', `Bearer ${token}`],
  ...(certificate === undefined ? {} : { certificate }),
});

const refusalOf = (access: Promise<unknown>) =>
  access.then(
    () => 'accepted',
    (refusal: HoldfastError) => refusal.code,
  );

describe('our resource server asks our issuer about opaque tokens, over TLS', () => {
  it('FAPIMS-5.5.1-01 C063 DPOP-6.2-01 and lets in who holds the key', async () => {
    const token = await boundToKey();
    expect(token).not.toContain('.');
    const asking = verifier();
    expect(await asking.verify(byKey(token))).toMatchObject({ clientId: 'trader' });
    expect(await refusalOf(asking.verify(byKey(token, thiefKey)))).toBe('key_mismatch');
    expect(await refusalOf(asking.verify(byBearer(token)))).toBe('scheme_mismatch');
  });

  it('MTLS-3.2-01 C048 and lets in who holds the certificate', async () => {
    const token = await boundToCertificate();
    const asking = verifier();
    expect(await asking.verify(byBearer(token, own.der))).toMatchObject({ clientId: 'desk' });
    expect(await refusalOf(asking.verify(byBearer(token, another.der)))).toBe('certificate_mismatch');
    expect(await refusalOf(asking.verify(byBearer(token)))).toBe('certificate_missing');
  });

  it('REV-2-02 C055 and lets in nobody once the token was revoked', async () => {
    const token = await boundToKey();
    const asking = verifier();
    expect(await refusalOf(asking.verify(byKey(token)))).toBe('accepted');
    const revoked = await call(served.origin, {
      path: '/revoke',
      headers: FORM,
      body: form({ assertion: asserted('trader'), token }),
    });
    expect(revoked.status).toBe(200);
    expect(await refusalOf(asking.verify(byKey(token)))).toBe('token_inactive');
  });

  it('INTRO-2.2-02 and lets in nobody with a token of nobody', async () => {
    expect(await refusalOf(verifier().verify(byKey('A'.repeat(43))))).toBe('token_inactive');
  });

  it('JIR-4-02 JIR-8.2-01 and gets no answer under the name of another', async () => {
    const token = await boundToKey();
    const stolen = privateKeyJwt({ key: thiefKey.privateJwk, alg: 'ES256' });
    expect(await refusalOf(verifier({ authenticate: stolen }).verify(byKey(token)))).toBe('issuer_unavailable');
  });
});

describe('a resource server that authenticates by its certificate', () => {
  it('JIR-3-01 JIR-8.2-01 MTLS-3.2-01 is answered at the alias for mutual TLS', async () => {
    const token = await boundToCertificate();
    const asking = byCertificate({ cert: server.certificate, key: server.key });
    expect(await asking.verify(byBearer(token, own.der))).toMatchObject({ clientId: 'desk' });
    expect(await asking.verify(byKey(await boundToKey()))).toMatchObject({ clientId: 'trader' });
  });

  it.each<[string, () => object]>([
    ['without certificate', () => ({})],
    ['with that of another', () => ({ cert: another.certificate, key: another.key })],
    ['with one that it made itself', () => ({ cert: stranger.certificate, key: stranger.key })],
  ])('JIR-3-01 INTRO-2.1-03 JIR-8.2-01 is not answered %s', async (_how, tls) => {
    const token = await boundToKey();
    expect(await refusalOf(byCertificate(tls()).verify(byKey(token)))).toBe('issuer_unavailable');
  });
});

describe('RFC 7662 §2, RFC 7009 §2 where the endpoints are', () => {
  it('INTRO-2-01 REV-2-03 JIR-8.2-01 at https URLs, and nothing else is published', async () => {
    const { body } = await call(served.origin, { method: 'GET', path: '/.well-known/oauth-authorization-server' });
    const { introspection_endpoint, revocation_endpoint, mtls_endpoint_aliases } = body;
    expect({ introspection_endpoint, revocation_endpoint }).toEqual({
      introspection_endpoint: `${served.origin}/introspect`,
      revocation_endpoint: `${served.origin}/revoke`,
    });
    expect(mtls_endpoint_aliases).toMatchObject({
      introspection_endpoint: `${served.mtlsOrigin}/introspect`,
      revocation_endpoint: `${served.mtlsOrigin}/revoke`,
    });
    expect(JSON.stringify(body)).not.toContain('http:');
  });

  it.each(['/introspect', '/revoke'])('INTRO-2-01 REV-2-03 JIR-8.2-01 %s does not speak in the clear', async (path) => {
    const socket = connect(Number(new URL(served.origin).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.end(`POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n`);
    let received = '';
    socket.on('data', (octets) => {
      received += octets.toString('latin1');
    });
    await once(socket, 'close');
    expect(received).not.toContain('HTTP/');
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)('JIR-8.2-01 INTRO-2-01 REV-2-03 not by %s', async (maxVersion) => {
    const { port } = new URL(served.origin);
    expect(await probe(Number(port), { ...OLD, ca: authority.certificate, maxVersion })).toBe(TOO_OLD);
    const { version } = (await probe(Number(port), { ca: authority.certificate })) as Settled;
    expect(version).toBe('TLSv1.3');
  });

  it('has no introspection where no resource server is registered', async () => {
    await using bare = await serve({ dpop_nonce: 'off' });
    expect((await call(bare.origin, { path: '/introspect', headers: FORM })).status).toBe(404);
    const { body } = await call(bare.origin, { method: 'GET', path: '/.well-known/oauth-authorization-server' });
    expect(Object.keys(body).filter((name) => name.startsWith('introspection'))).toEqual([]);
  });
});
