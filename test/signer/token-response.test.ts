import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { dpopClient, mtlsClient } from './clients.ts';
import { ACCESS_TOKEN, granted, scriptedIssuer } from './scripted-issuer.ts';
import { type Answer, asksForCertificate } from './tls-server.ts';

async function tokenFor(answer: Answer, clock = () => 1_790_000_000_000) {
  await using server = await scriptedIssuer({ token: () => answer });
  return await dpopClient({ issuer: server.issuer, clock }).token();
}

describe('RFC 9449 §5, RFC 6749 §5.1: the token response', () => {
  it.each(['DPoP', 'dpop', 'DPOP'])('C093 takes token_type %s', async (token_type) => {
    expect((await tokenFor(granted({ token_type }))).tokenType).toBe('DPoP');
  });

  it.each(['Bearer', 'bearer', 'N_A', 'DPoP ', ''])(
    'DPOP-5-08 C093 throws a token of type %j away',
    async (token_type) => {
      await expect(tokenFor(granted({ token_type }))).rejects.toMatchObject({ code: 'token_type_mismatch' });
    },
  );

  it.each(['DPoP', 'pop'])(
    'DPOP-5-08 throws a %s token away where the certificate was to bind it',
    async (token_type) => {
      await using server = await scriptedIssuer({ token: () => granted({ token_type }), tls: asksForCertificate });
      await expect(mtlsClient({ issuer: server.issuer }).token()).rejects.toMatchObject({
        code: 'token_type_mismatch',
      });
    },
  );

  it('C093 takes a response without expires_in, and with members it does not know', async () => {
    const token = await tokenFor(granted({ expires_in: undefined, extra: { a: 1 }, scope: 'orders:read' }));
    expect(token).toMatchObject({ accessToken: ACCESS_TOKEN, scope: 'orders:read' });
    expect(token.expiresAt).toBeGreaterThan(1_790_000_000);
    expect(token.expiresAt).toBeLessThanOrEqual(1_790_000_060);
  });

  it('counts expires_in from the request', async () => {
    expect((await tokenFor(granted({ expires_in: 90 }))).expiresAt).toBe(1_790_000_090);
  });

  const broken: [string, object][] = [
    ['no access_token', { access_token: undefined }],
    ['an empty access_token', { access_token: '' }],
    ['an access_token that is a number', { access_token: 7 }],
    ['an access_token with a space', { access_token: 'secret part' }],
    ['an access_token with a line break', { access_token: 'secret\r\nX-Injected: 1' }],
    ['an access_token beyond ASCII', { access_token: 'secretß' }],
    ['an access_token beyond Latin-1', { access_token: 'secret\u2603' }],
    ['no token_type', { token_type: undefined }],
    ['a token_type that is a list', { token_type: ['DPoP'] }],
    ['an expires_in that is text', { expires_in: '300' }],
    ['a negative expires_in', { expires_in: -1 }],
    ['an expires_in of 0', { expires_in: 0 }],
    ['an expires_in of null', { expires_in: null }],
  ];
  it.each(broken)('DPOP-7.1-01 C093 refuses %s, and quotes nothing of it', async (_, members) => {
    const error: unknown = await tokenFor(granted(members)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'token_response' });
    expect(inspect(error, { depth: 10 })).not.toMatch(/secret|opaque/);
  });

  it.each([
    ['an expires_in beyond any number', `{"access_token":"a","token_type":"DPoP","expires_in":1e999}`],
    ['no JSON', '<html>'],
    ['nothing', ''],
    ['half of it', '{"access_token":"secret'],
    ['a list', '[]'],
    ['a string', '"secret"'],
    ['null', 'null'],
  ])('C093 refuses a body with %s', async (_, body) => {
    const error: unknown = await tokenFor({ body }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'token_response' });
    expect(inspect(error, { depth: 10 })).not.toContain('secret');
  });

  it('says why the issuer refused, by its error code and nothing else', async () => {
    const answer = { status: 401, body: { error: 'invalid_client', error_description: 'key SECRET is unknown' } };
    const error: unknown = await tokenFor(answer).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'token_request_refused', detail: 'invalid_client' });
    expect(inspect(error, { depth: 10 })).not.toContain('SECRET');
  });

  it.each([
    ['upper case', 'INVALID'],
    ['a script', '<script>'],
    ['far too much', 'x'.repeat(10_000)],
    ['a number', 7],
  ])('does not repeat an error code that is %s', async (_, error) => {
    await expect(tokenFor({ status: 400, body: { error } })).rejects.toMatchObject({ detail: 'status 400' });
  });

  it.each([201, 204, 301, 302, 307, 308, 400, 500, 503])(
    'takes a token from no answer but 200: not from %i',
    async (status) => {
      const location = 'https://localhost:1/elsewhere';
      const answer = status === 204 ? { status } : { ...granted(), status, headers: { location } };
      await expect(tokenFor(answer)).rejects.toMatchObject({
        code: expect.stringMatching(/^token_(request_refused|response)$/),
      });
    },
  );
});

describe('how long a token serves', () => {
  it('asks again only when it is about to expire, by the injected clock', async () => {
    let time = 1_790_000_000_000;
    await using server = await scriptedIssuer({ token: (_, nth) => granted({ access_token: `token-${nth}` }) });
    const client = dpopClient({ issuer: server.issuer, clock: () => time });
    const at = async (seconds: number) => {
      time = 1_790_000_000_000 + seconds * 1000;
      return (await client.token()).accessToken;
    };
    expect([await at(0), await at(100), await at(280), await at(295), await at(300)]).toEqual([
      'token-1',
      'token-1',
      'token-1',
      'token-2',
      'token-2',
    ]);
  });

  it('asks again after a refusal', async () => {
    await using server = await scriptedIssuer({
      token: (_, nth) => (nth === 1 ? { status: 503, body: { error: 'temporarily_unavailable' } } : granted()),
    });
    const client = dpopClient({ issuer: server.issuer });
    await expect(client.token()).rejects.toMatchObject({ detail: 'temporarily_unavailable' });
    await expect(client.token()).resolves.toMatchObject({ accessToken: ACCESS_TOKEN });
  });

  it('asks once for 300 that wait', async () => {
    await using server = await scriptedIssuer();
    const client = dpopClient({ issuer: server.issuer });
    const tokens = await Promise.all(Array.from({ length: 300 }, () => client.token()));
    expect(new Set(tokens.map(({ accessToken }) => accessToken))).toEqual(new Set([ACCESS_TOKEN]));
    expect(server.tokenRequests).toHaveLength(1);
    expect(server.received).toHaveLength(2);
  });

  it('tells all 300 that wait when it is refused, and asks anew afterwards', async () => {
    await using server = await scriptedIssuer({
      token: (_, nth) => (nth === 1 ? { status: 400, body: { error: 'invalid_scope' } } : granted()),
    });
    const client = dpopClient({ issuer: server.issuer });
    const results = await Promise.allSettled(Array.from({ length: 300 }, () => client.token()));
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    expect(server.tokenRequests).toHaveLength(1);
    await client.token();
  });
});
