import { inspect } from 'node:util';
import { generateKey } from '@holdfast/signer';
import { describe, expect, it } from 'vitest';
import { identities } from './authorities.ts';
import { dpopClient, mtlsClient } from './clients.ts';
import { type GrantIssuer, type GrantScript, grantIssuer, REDIRECT_URI } from './scripted-grants.ts';
import { granted } from './scripted-issuer.ts';
import { type Answer, asksForCertificate, tlsServer } from './tls-server.ts';

const rotating: GrantScript = {
  token: (_, nth) => granted({ access_token: `token-${nth}`, refresh_token: `REFRESH-${nth}` }),
};
const bare: GrantScript = { token: (_, nth) => granted({ access_token: `token-${nth}` }) };
const withoutEndpoint = { metadata: () => ({ revocation_endpoint: undefined }) };

async function sessionAt(server: GrantIssuer, client = dpopClient({ issuer: server.issuer })) {
  const request = await client.authorize({ redirectUri: REDIRECT_URI, scope: 'orders:read' });
  return await request.finish(server.answer());
}

const given = ({ revocations }: GrantIssuer) =>
  revocations.map(({ form }) => [form.get('token'), form.get('token_type_hint')]);

describe('RFC 7009 §2.1: the end of a session', () => {
  it('REV-2.1-01 gives the refresh token back, as the client, without a proof', async () => {
    await using server = await grantIssuer(rotating);
    const session = await sessionAt(server);
    await session.end();
    const [{ form, assertion, proof, received } = {}] = server.revocations;
    expect(Object.fromEntries(form ?? [])).toEqual({
      token: 'REFRESH-1',
      token_type_hint: 'refresh_token',
      client_id: 'trader',
      client_assertion: expect.any(String),
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    });
    expect(assertion?.payload.aud).toBe(server.issuer);
    expect(proof).toBeUndefined();
    expect(received?.method).toBe('POST');
    expect(session.refreshToken).toBeUndefined();
  });

  it('MTLS-5-02 goes to the alias with the certificate', async () => {
    await using server = await grantIssuer({
      token: () => granted({ token_type: 'Bearer', refresh_token: 'REFRESH-1' }),
      tls: asksForCertificate,
      metadata: (origin) => ({
        revocation_endpoint: 'https://localhost:1/revoke',
        mtls_endpoint_aliases: { revocation_endpoint: `${origin}/revoke` },
      }),
    });
    await (await sessionAt(server, mtlsClient({ issuer: server.issuer }))).end();
    expect(server.revocations[0]?.received.certificate).toEqual(identities.trader.der);
    expect(server.revocations[0]?.form.get('client_id')).toBe('trader');
  });

  it('REV-2.1-01 without a refresh token gives back every access token that is good', async () => {
    await using server = await grantIssuer({ ...bare, revoke: (_, nth) => (nth === 1 ? { status: 500 } : {}) });
    const session = await sessionAt(server);
    await expect(session.end()).rejects.toMatchObject({ code: 'revocation_refused', detail: 'status 500' });
    await session.end();
    expect(given(server)).toEqual([
      ['token-1', 'access_token'],
      ['token-1', 'access_token'],
    ]);
  });

  it.each([
    ['with a refresh token', rotating],
    ['without one', bare],
    ['at an issuer that takes nothing back', { ...rotating, ...withoutEndpoint }],
  ])('uses nothing that is left, %s', async (_, script) => {
    await using server = await grantIssuer(script);
    await using venue = await tlsServer(() => ({ body: 'ok' }));
    const session = await sessionAt(server);
    const reader = session.for({ scope: 'orders:read' });
    await session.fetch(venue.origin);
    await session.end();
    for (const caller of [session, reader, session.for({})]) {
      const calls = [caller.fetch(venue.origin), caller.token(), caller.headersFor({ url: venue.origin })];
      const refusal = { status: 'rejected', reason: { code: 'session_over' } };
      expect(await Promise.allSettled(calls)).toMatchObject([refusal, refusal, refusal]);
    }
    expect(venue.received).toHaveLength(1);
    expect(server.tokenRequests).toHaveLength(1);
    expect(server.revocations).toHaveLength(script === rotating || script === bare ? 1 : 0);
  });

  it('comes once, however often it is asked for', async () => {
    await using server = await grantIssuer(rotating);
    const session = await sessionAt(server);
    await Promise.all([session.end(), session.end()]);
    await session.end();
    expect(given(server)).toEqual([['REFRESH-1', 'refresh_token']]);
  });

  it('waits for a refresh that is under way, and gives back what that brought', async () => {
    let go = () => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    await using server = await grantIssuer({
      async token(_, nth): Promise<Answer> {
        if (nth === 2) await gate;
        return granted({ access_token: `token-${nth}`, refresh_token: `REFRESH-${nth}` });
      },
    });
    const session = await sessionAt(server);
    const refreshed = session.for({ resource: 'https://other.example' }).token();
    const waiting = session.for({ resource: 'https://third.example' }).token();
    while (server.tokenRequests.length < 2) await new Promise((resolve) => setImmediate(resolve));
    const ended = session.end();
    go();
    const [, , refused] = await Promise.allSettled([refreshed, ended, waiting]);
    expect(refused).toMatchObject({ reason: { code: 'session_over' } });
    expect(given(server)).toEqual([['REFRESH-2', 'refresh_token']]);
  });
});

describe('RFC 7009 §2.2.1: an issuer that does not take it back', () => {
  const failures: [string, GrantScript['revoke'], object][] = [
    [
      'is not there just now',
      () => ({ status: 503, body: { error: 'temporarily_unavailable' } }),
      { code: 'revocation_refused', detail: 'temporarily_unavailable' },
    ],
    [
      'says nothing that can be read',
      () => ({ status: 401, body: '<html>' }),
      { code: 'revocation_refused', detail: 'status 401' },
    ],
    [
      'does not know such tokens',
      () => ({ status: 400, body: { error: 'unsupported_token_type' } }),
      { code: 'revocation_refused', detail: 'unsupported_token_type' },
    ],
    [
      'sends elsewhere',
      () => ({ status: 307, headers: { location: 'https://localhost:1/' } }),
      { code: 'revocation_refused', detail: 'status 307' },
    ],
    ['answers without end', () => ({ body: 'x'.repeat(300_000) }), { code: 'revocation_refused', detail: 'too large' }],
    [
      'breaks the connection',
      (_request, _nth, response) => void response.socket?.destroy(),
      { message: 'fetch failed' },
    ],
  ];
  it.each(failures)(
    'REV-2.2.1-02 %s: the token still lives, and can be given back later',
    async (_, failure, expected) => {
      await using server = await grantIssuer({
        ...rotating,
        revoke: (request, nth, response) => (nth === 1 ? failure?.(request, nth, response) : {}),
      });
      const session = await sessionAt(server);
      const error: unknown = await session.end().catch((thrown: unknown) => thrown);
      expect(error).toMatchObject(expected);
      expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('REFRESH');
      await expect(session.token()).rejects.toMatchObject({ code: 'session_over' });
      expect(session.refreshToken).toBe('REFRESH-1');
      await session.end();
      expect(given(server)).toEqual(
        failure === undefined
          ? []
          : [
              ['REFRESH-1', 'refresh_token'],
              ['REFRESH-1', 'refresh_token'],
            ],
      );
      expect(session.refreshToken).toBeUndefined();
    },
  );

  it('REV-2-04 is sent nothing without TLS', async () => {
    await using server = await grantIssuer({
      ...rotating,
      metadata: (origin) => ({ revocation_endpoint: origin.replace('https', 'http') }),
    });
    const session = await sessionAt(server);
    await expect(session.end()).rejects.toMatchObject({ code: 'url_refused' });
    expect(server.revocations).toHaveLength(0);
  });
});

describe('RFC 7009 §2.1: the end of a client', () => {
  it('gives back its own access tokens, and leaves people’s sessions alone', async () => {
    await using server = await grantIssuer({
      token: ({ body }, nth) =>
        granted({
          access_token: `token-${nth}`,
          ...(body.includes('authorization_code') ? { refresh_token: 'REFRESH' } : {}),
        }),
    });
    const client = dpopClient({ issuer: server.issuer });
    const session = await sessionAt(server, client);
    await client.token();
    await client.for({ resource: 'https://other.example' }).token();
    const exchanging = client.exchange({ subjectToken: 'SUBJECT' });
    await exchanging.token();
    await client.close();
    expect(given(server).sort()).toEqual([
      ['token-2', 'access_token'],
      ['token-3', 'access_token'],
      ['token-4', 'access_token'],
    ]);
    await expect(exchanging.fetch(server.origin)).rejects.toThrow();
    expect(session.refreshToken).toBe('REFRESH');
  });

  it.each<[string, GrantScript, { readonly revoke?: boolean } | undefined, number]>([
    ['it is told to', bare, { revoke: false }, 0],
    ['the issuer takes nothing back', { ...bare, ...withoutEndpoint }, undefined, 0],
    ['the issuer fails', { ...bare, revoke: () => ({ status: 503 }) }, undefined, 1],
    [
      'the issuer is gone',
      { ...bare, revoke: (_request, _nth, response) => void response.socket?.destroy() },
      undefined,
      1,
    ],
  ])('is an end all the same when %s', async (_, script, options, revocations) => {
    await using server = await grantIssuer(script);
    const client = dpopClient({ issuer: server.issuer });
    await client.token();
    await client.close(options);
    expect(server.revocations).toHaveLength(revocations);
    await expect(client.fetch(server.origin)).rejects.toThrow();
  });

  it('gives nothing back that it never had', async () => {
    await using server = await grantIssuer();
    await dpopClient({ issuer: server.issuer }).close();
    expect(server.received).toHaveLength(0);
  });
});

describe('RFC 7009 §2.1: keys that were replaced', () => {
  it('leave no token behind, once their last request has ended', async () => {
    await using server = await grantIssuer(bare);
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await using venue = await tlsServer(async () => {
      await answered;
      return { body: 'ok' };
    });
    const client = dpopClient({ issuer: server.issuer });
    const other = client.for({ scope: 'positions:read' });
    await Promise.all([client.token(), other.token()]);
    const sent = client.fetch(venue.origin);
    while (venue.received.length === 0) await new Promise(setImmediate);
    await client.replace({ binding: { method: 'dpop', key: await generateKey() } });
    expect(given(server)).toEqual([]);
    answer();
    expect((await sent).status).toBe(200);
    while (server.revocations.length < 2) await new Promise(setImmediate);
    expect(
      given(server)
        .map(([token]) => token)
        .sort(),
    ).toEqual(['token-1', 'token-2']);
    expect((await client.token()).accessToken).toMatch(/^token-[34]$/);
  });
});
