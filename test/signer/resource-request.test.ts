import { compactVerify, EmbeddedJWK } from 'jose';
import { describe, expect, it } from 'vitest';
import { authority, identities } from './authorities.ts';
import { dpopClient, mtlsClient } from './clients.ts';
import { ACCESS_TOKEN, granted } from './scripted-issuer.ts';
import { type Scene, scriptedVenue } from './scripted-venue.ts';
import { asksForCertificate, tlsServer } from './tls-server.ts';

const ok = () => ({ body: { fine: true } });
const byCertificate: Scene = {
  make: mtlsClient,
  script: { tls: asksForCertificate, token: () => granted({ token_type: 'Bearer' }) },
  tls: asksForCertificate,
};
const fieldsNamed = (rawHeaders: readonly string[], name: string) =>
  rawHeaders.filter((each, i) => i % 2 === 0 && each.toLowerCase() === name);

describe('RFC 9449 §7: a resource request', () => {
  it('DPOP-7-01 DPOP-7.1-01 C091 carries the token by the DPoP scheme, and a proof with its ath', async () => {
    await using venue = await scriptedVenue(ok);
    const response = await venue.client.fetch(`${venue.origin}/orders?limit=5`);
    expect(await response.json()).toEqual({ fine: true });
    const [call] = venue.calls;
    expect(call?.target).toBe('/orders?limit=5');
    expect(call?.headers.get('authorization')).toBe(`DPoP ${ACCESS_TOKEN}`);
    expect(call?.proof?.payload).toMatchObject({ htm: 'GET', htu: `${venue.origin}/orders` });
    const hashed = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(ACCESS_TOKEN));
    expect(call?.proof?.payload['ath']).toBe(Buffer.from(hashed).toString('base64url'));
    await compactVerify(call?.proof?.compact ?? '', EmbeddedJWK);
  });

  it('DPOP-7.1-01 DPOP-4.1-01 has one Authorization and one DPoP field, whatever the caller set', async () => {
    await using venue = await scriptedVenue(ok);
    const headers: [string, string][] = [
      ['Authorization', 'Bearer mine'],
      ['dpop', 'mine'],
      ['X-Mine', 'kept'],
    ];
    await venue.client.fetch(venue.origin, { headers });
    const [call] = venue.calls;
    expect(fieldsNamed(call?.rawHeaders ?? [], 'authorization')).toHaveLength(1);
    expect(fieldsNamed(call?.rawHeaders ?? [], 'dpop')).toHaveLength(1);
    expect(call?.headers.get('authorization')).toBe(`DPoP ${ACCESS_TOKEN}`);
    expect(call?.headers.get('x-mine')).toBe('kept');
  });

  it('DPOP-7.1-10 C094 FAPI2-5.3.3.1-03 has the token in the Authorization field and nowhere else', async () => {
    await using venue = await scriptedVenue(ok);
    await venue.client.fetch(`${venue.origin}/orders`, { method: 'POST', body: 'a=b' });
    const [call] = venue.calls;
    const others = call?.rawHeaders.filter((_, i, all) => all[i - 1]?.toLowerCase() !== 'authorization') ?? [];
    expect(`${call?.target} ${call?.body} ${others}`).not.toContain(ACCESS_TOKEN);
    expect(call?.headers.get('proxy-authorization')).toBeNull();
  });

  it('DPOP-4-01 DPOP-7.3-01 has a new proof each time, also when a caller tries again after an error', async () => {
    await using venue = await scriptedVenue(() => ({ status: 503 }));
    for (let i = 0; i < 4; i += 1) {
      expect((await venue.client.fetch(`${venue.origin}/orders`, { method: 'POST', body: '{}' })).status).toBe(503);
    }
    expect(new Set(venue.calls.map(({ proof }) => proof?.payload.jti)).size).toBe(4);
  });

  it.each([
    ['get', 'GET'],
    ['Post', 'POST'],
    ['delete', 'DELETE'],
    ['PATCH', 'PATCH'],
    ['MKCOL', 'MKCOL'],
    ['QUERY', 'QUERY'],
  ])('DPOP-4.2-05 signs the method %s as it is sent, %s', async (method, sent) => {
    await using venue = await scriptedVenue(ok);
    await venue.client.fetch(venue.origin, { method });
    expect(venue.calls[0]?.method).toBe(sent);
    expect(venue.calls[0]?.proof?.payload['htm']).toBe(sent);
  });

  it.each(['CONNECT', 'TRACE', 'TRACK', 'G ET', ''])(
    'asks for no token for what fetch never sends: %j',
    async (method) => {
      await using venue = await scriptedVenue(ok);
      await expect(venue.client.fetch(venue.origin, { method })).rejects.toBeInstanceOf(TypeError);
      expect(venue.issuer.received).toHaveLength(0);
    },
  );

  it('asks for one token, and makes 300 proofs, for 300 parallel requests', async () => {
    await using venue = await scriptedVenue(ok);
    const urls = Array.from({ length: 300 }, (_, i) => `${venue.origin}/orders/${i}`);
    const responses = await Promise.all(urls.map((url) => venue.client.fetch(url)));
    expect(responses.every(({ status }) => status === 200)).toBe(true);
    expect(venue.issuer.tokenRequests).toHaveLength(1);
    expect(new Set(venue.calls.map(({ proof }) => proof?.payload.jti)).size).toBe(300);
    expect(new Set(venue.calls.map(({ proof }) => proof?.payload['htu'])).size).toBe(300);
  });
});

describe('where a token may go', () => {
  it.each([301, 302, 303, 307, 308])('C094 not along a redirect by %i: the caller gets it', async (status) => {
    await using other = await tlsServer(ok);
    await using venue = await scriptedVenue(() => ({ status, headers: { location: `${other.origin}/loot` } }));
    const response = await venue.client.fetch(`${venue.origin}/orders`, { redirect: 'follow' });
    expect(response.status).toBe(status);
    expect(response.headers.get('location')).toBe(`${other.origin}/loot`);
    expect(other.received).toHaveLength(0);
  });

  it('C094 not along a redirect to the same origin either', async () => {
    await using venue = await scriptedVenue(() => ({ status: 307, headers: { location: '/other' } }));
    expect((await venue.client.fetch(`${venue.origin}/orders`)).status).toBe(307);
    expect(venue.calls).toHaveLength(1);
  });

  it('C094 to the origins of the client alone, when it names them', async () => {
    await using venue = await scriptedVenue(ok, {
      make: (options) => dpopClient({ ...options, origins: ['https://venue.example'] }),
    });
    await expect(venue.client.fetch(`${venue.origin}/orders`)).rejects.toMatchObject({ code: 'url_refused' });
    expect(venue.calls).toHaveLength(0);
    expect(venue.issuer.received).toHaveLength(0);
  });

  it.each([
    'http://localhost:1/orders',
    'http://venue.example/',
    'ftp://venue.example/',
    'https://a:b@localhost/',
    'https://a@localhost/',
    '/orders',
    'javascript:alert(1)',
    '',
  ])('DPOP-2-01 to no such URL: %j', async (url) => {
    await using venue = await scriptedVenue(ok);
    await expect(venue.client.fetch(url)).rejects.toMatchObject({ code: 'url_refused' });
    expect(venue.issuer.received).toHaveLength(0);
  });
});

describe('RFC 8705 §3: a request by certificate', () => {
  it('MTLS-3-01 FAPI2-5.3.3.1-01 shows the resource the certificate that the issuer saw', async () => {
    await using venue = await scriptedVenue(ok, byCertificate);
    await venue.client.fetch(`${venue.origin}/orders`, { method: 'POST', body: '{}' });
    const [call] = venue.calls;
    expect(venue.issuer.tokenRequests[0]?.received.certificate).toEqual(identities.trader.der);
    expect(call?.certificate).toEqual(identities.trader.der);
    expect(call?.headers.get('authorization')).toBe(`Bearer ${ACCESS_TOKEN}`);
    expect(call?.proof).toBeUndefined();
  });

  it('MTLS-3-01 shows it on every connection, also on resumed ones', async () => {
    await using venue = await scriptedVenue(() => ({ headers: { connection: 'close' } }), byCertificate);
    for (let i = 0; i < 3; i += 1) await venue.client.fetch(venue.origin);
    await Promise.all(Array.from({ length: 20 }, () => venue.client.fetch(venue.origin)));
    expect(venue.calls).toHaveLength(23);
    expect(venue.calls.every(({ certificate }) => certificate?.equals(identities.trader.der))).toBe(true);
  });

  it('C094 shows no certificate to the resource of a DPoP token, also when the issuer saw one', async () => {
    const make: Scene['make'] = (options) =>
      dpopClient({ ...options, auth: { method: 'tls_client_auth' }, tls: identities.trader.tls });
    await using venue = await scriptedVenue(ok, { make, script: { tls: asksForCertificate }, tls: asksForCertificate });
    await venue.client.fetch(venue.origin);
    expect(venue.issuer.tokenRequests[0]?.received.certificate).toEqual(identities.trader.der);
    expect(venue.calls[0]?.certificate).toBeUndefined();
    expect(venue.calls[0]?.proof).toBeDefined();
  });

  it('trusts the resource by the same authority as the issuer', async () => {
    await using venue = await scriptedVenue(ok, {
      make: (options) => dpopClient({ ...options, tls: { ca: authority.certificate } }),
    });
    expect((await venue.client.fetch(venue.origin)).status).toBe(200);
  });
});
