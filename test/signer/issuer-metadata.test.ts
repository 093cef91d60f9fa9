import { describe, expect, it } from 'vitest';
import { authority, identities, servers } from './authorities.ts';
import { dpopClient, mtlsClient } from './clients.ts';
import { granted, type Script, scriptedIssuer } from './scripted-issuer.ts';
import { asksForCertificate, tlsServer } from './tls-server.ts';

const tlsOf = (name: keyof typeof servers) => ({ cert: servers[name].certificate, key: servers[name].key });

async function refusal(script: Script, issuerOf = (issuer: string) => issuer) {
  await using server = await scriptedIssuer(script);
  const error: unknown = await dpopClient({ issuer: issuerOf(server.issuer) })
    .token()
    .catch((thrown: unknown) => thrown);
  return { error, tokenRequests: server.tokenRequests.length };
}

describe('RFC 8414 §3: the metadata of the issuer', () => {
  it.each(['', '/realm', '/realm/one'])('FAPI2-5.3.3.1-09 is found for an issuer with the path %j', async (path) => {
    await using server = await scriptedIssuer({ path });
    await dpopClient({ issuer: server.issuer }).token();
    expect(server.received[0]?.target).toBe(`/.well-known/oauth-authorization-server${path}`);
    expect(server.received[0]?.method).toBe('GET');
    expect(server.tokenRequests).toHaveLength(1);
  });

  it('FAPI2-5.3.3.1-09 alone says where the token endpoint is', async () => {
    await using server = await scriptedIssuer({
      metadata: (origin) => ({ token_endpoint: `${origin}/token/elsewhere?tenant=1` }),
    });
    await dpopClient({ issuer: server.issuer }).token();
    expect(server.received[1]?.target).toBe('/token/elsewhere?tenant=1');
    expect(server.tokenRequests[0]?.proof?.payload['htu']).toBe(`${server.origin}/token/elsewhere`);
  });

  it('is asked for once', async () => {
    let time = Date.now();
    await using server = await scriptedIssuer({ token: () => granted({ expires_in: 1 }) });
    const client = dpopClient({ issuer: server.issuer, clock: () => time });
    for (let i = 0; i < 3; i += 1, time += 1000) await client.token();
    expect(server.received.map(({ method }) => method)).toEqual(['GET', 'POST', 'POST', 'POST']);
  });

  const elsewhere: [string, (origin: string) => unknown][] = [
    ['another issuer', () => 'https://evil.example'],
    ['a slash more', (origin) => `${origin}/`],
    ['upper case', (origin) => origin.toUpperCase()],
    ['the host by its address', (origin) => origin.replace('localhost', '127.0.0.1')],
    ['a path', (origin) => `${origin}/realm`],
    ['a list of it', (origin) => [origin]],
    ['nothing', () => undefined],
  ];
  it.each(elsewhere)('ASM-3.3-01 C087 FAPI2-5.3.3.1-11 is not believed when it names %s', async (_, issuer) => {
    const { error, tokenRequests } = await refusal({ metadata: (origin) => ({ issuer: issuer(origin) }) });
    expect(error).toMatchObject({ code: 'issuer_metadata' });
    expect(tokenRequests).toBe(0);
  });

  it('ASM-4-01 is compared code point by code point, without normalisation', async () => {
    const { error } = await refusal({ path: '/caf%C3%A9', metadata: (origin) => ({ issuer: `${origin}/caf%c3%a9` }) });
    expect(error).toMatchObject({ code: 'issuer_metadata' });
    const composed = await refusal({ path: '/caf%C3%A9' }, (issuer) => issuer.replace('%C3%A9', '\u00e9'));
    expect(composed.error).toMatchObject({ code: 'issuer_metadata' });
    expect(composed.tokenRequests).toBe(0);
  });

  const endpoints: [string, unknown][] = [
    ['plain http', 'http://localhost/token'],
    ['another scheme', 'file:///etc/passwd'],
    ['userinfo', 'https://a:b@localhost/token'],
    ['a path', '/token'],
    ['a number', 7],
    ['nothing', undefined],
  ];
  it.each(endpoints)('C087 with %s for a token endpoint is not used', async (_, token_endpoint) => {
    const { error, tokenRequests } = await refusal({ metadata: () => ({ token_endpoint }) });
    expect(error).toMatchObject({ code: expect.stringMatching(/^(issuer_metadata|url_refused)$/) });
    expect(tokenRequests).toBe(0);
  });

  it.each(['http://localhost:1', 'ftp://localhost', 'localhost', ''])('C087 is not fetched from %j', async (issuer) => {
    await expect(dpopClient({ issuer }).token()).rejects.toMatchObject({ code: 'url_refused' });
  });

  it.each([301, 302, 307, 308])('is not followed to another place by %i', async (status) => {
    await using other = await tlsServer(() => ({ body: {} }));
    await using server = await scriptedIssuer({
      instead: () => () => ({ status, headers: { location: `${other.origin}/` } }),
    });
    await expect(dpopClient({ issuer: server.issuer }).token()).rejects.toThrow();
    expect(other.received).toHaveLength(0);
  });

  it.each([201, 401, 404, 500])('is taken from no answer but 200: not from %i', async (status) => {
    await using server = await scriptedIssuer({
      instead: () => () => ({ status, body: { issuer: server.issuer, token_endpoint: `${server.issuer}/token` } }),
    });
    await expect(dpopClient({ issuer: server.issuer }).token()).rejects.toMatchObject({ code: 'issuer_metadata' });
    expect(server.tokenRequests).toHaveLength(0);
  });

  it('is asked for again after a failure', async () => {
    let down = true;
    await using server = await scriptedIssuer({ instead: () => (down ? () => ({ status: 500 }) : undefined) });
    const client = dpopClient({ issuer: server.issuer });
    await expect(client.token()).rejects.toMatchObject({ code: 'issuer_metadata' });
    down = false;
    await client.token();
  });
});

describe('RFC 8705 §5: mtls_endpoint_aliases', () => {
  const mtls = { token: () => granted({ token_type: 'Bearer' }), tls: asksForCertificate };
  const aliases = (members: object) => ({ mtls_endpoint_aliases: members });

  it('MTLS-5-02 C087 FAPI2-5.3.3.1-07 says where a client with a certificate goes', async () => {
    await using server = await scriptedIssuer({
      ...mtls,
      metadata: (origin) => aliases({ token_endpoint: `${origin}/token/mtls` }),
    });
    await mtlsClient({ issuer: server.issuer }).token();
    expect(server.received[1]?.target).toBe('/token/mtls');
  });

  it.each([
    ['there are none', {}],
    ['there is none for the token endpoint', aliases({ revocation_endpoint: 'https://localhost/revoke' })],
    ['they are null', { mtls_endpoint_aliases: null }],
    ['they are no object', { mtls_endpoint_aliases: 'https://localhost/token' }],
  ])('MTLS-5-02 the plain endpoint serves where %s', async (_, metadata) => {
    await using server = await scriptedIssuer({ ...mtls, metadata: () => metadata });
    await mtlsClient({ issuer: server.issuer }).token();
    expect(server.received[1]?.target).toBe('/token');
  });

  it('MTLS-5-02 is left alone by a client without a certificate', async () => {
    await using server = await scriptedIssuer({
      metadata: (origin) => aliases({ token_endpoint: `${origin}/token/mtls` }),
    });
    await dpopClient({ issuer: server.issuer, tls: identities.trader.tls }).token();
    expect(server.received[1]?.target).toBe('/token');
  });

  it('MTLS-5-03 members that the client does not call are ignored, sound or not', async () => {
    await using server = await scriptedIssuer({
      ...mtls,
      metadata: (origin) =>
        aliases({ token_endpoint: `${origin}/token/mtls`, authorization_endpoint: 'http://evil.example', issuer: 7 }),
    });
    await mtlsClient({ issuer: server.issuer }).token();
    expect(server.received[1]?.target).toBe('/token/mtls');
  });

  it('C087 refuses an alias in plain http rather than using the other endpoint', async () => {
    await using server = await scriptedIssuer({
      ...mtls,
      metadata: () => aliases({ token_endpoint: 'http://localhost/token' }),
    });
    await expect(mtlsClient({ issuer: server.issuer }).token()).rejects.toMatchObject({ code: 'url_refused' });
    expect(server.tokenRequests).toHaveLength(0);
  });
});

describe('RFC 8414 §6: the certificate of the issuer', () => {
  it.each([
    ['for another name', 'wrongName'],
    ['of an authority that is not trusted', 'unknownAuthority'],
    ['that has expired', 'expired'],
  ] as const)('ASM-6-01 %s stops the client before it sends anything', async (_, name) => {
    await using server = await scriptedIssuer({ tls: tlsOf(name) });
    await expect(dpopClient({ issuer: server.issuer }).token()).rejects.toThrow('fetch failed');
    expect(server.received).toHaveLength(0);
  });

  it('ASM-6-01 is not trusted by Node’s own authorities, where none is given', async () => {
    await using server = await scriptedIssuer();
    await expect(dpopClient({ issuer: server.issuer, tls: {} }).token()).rejects.toThrow('fetch failed');
    expect(server.received).toHaveLength(0);
  });

  it('ASM-6-01 is checked whatever NODE_TLS_REJECT_UNAUTHORIZED says', async ({ onTestFinished }) => {
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    onTestFinished(() => {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    });
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    await using server = await scriptedIssuer({ tls: tlsOf('unknownAuthority') });
    await expect(dpopClient({ issuer: server.issuer }).token()).rejects.toThrow('fetch failed');
    expect(server.received).toHaveLength(0);
  });

  it('ASM-6-01 is accepted under the authority that is given', async () => {
    await using server = await scriptedIssuer();
    await dpopClient({ issuer: server.issuer, tls: { ca: Buffer.from(authority.certificate) } }).token();
    expect(server.tokenRequests).toHaveLength(1);
  });
});
