import { inspect } from 'node:util';
import { type Client, generateKey, type Session } from '@holdfast/signer';
import { describe, expect, it } from 'vitest';
import { dpopClient, proofKey } from './clients.ts';
import { type GrantIssuer, type GrantScript, grantIssuer, REDIRECT_URI } from './scripted-grants.ts';
import { granted, nonceChallenge } from './scripted-issuer.ts';
import { tlsServer } from './tls-server.ts';

const START = 1_790_000_000_000;
const SCOPE = 'orders:read orders:write';

interface Desk {
  readonly server: GrantIssuer;
  readonly client: Client;
  readonly session: Session;
  /** Moves the clock on, by seconds. */
  wait(seconds: number): void;
}

/** A session of a person who has just allowed it, and a desk that uses it. */
async function desk(server: GrantIssuer, options: object = {}): Promise<Desk> {
  let time = START;
  const client = dpopClient({ issuer: server.issuer, clock: () => time });
  const request = await client.authorize({ redirectUri: REDIRECT_URI, scope: SCOPE, ...options });
  const session = await request.finish(server.answer());
  return {
    server,
    client,
    session,
    wait: (seconds) => {
      time += seconds * 1000;
    },
  };
}

/** An issuer that gives a new refresh token with every token, and takes each of them once. */
const rotating: GrantScript = {
  token: (_, nth) => granted({ access_token: `token-${nth}`, refresh_token: `refresh-${nth}` }),
};
/** Gives one with the first token, which stays. */
const steady: GrantScript = {
  token: (_, nth) => granted({ access_token: `token-${nth}`, ...(nth === 1 ? { refresh_token: 'refresh-1' } : {}) }),
};

const sentTo = ({ tokenRequests }: GrantIssuer) => tokenRequests.slice(1).map(({ form }) => form.get('refresh_token'));

describe('RFC 6749 §6: a refresh token', () => {
  it.each([
    [
      'that is replaced each time',
      rotating,
      ['refresh-1', 'refresh-2', 'refresh-3'],
      ['refresh-1', 'refresh-2', 'refresh-3', 'refresh-4'],
    ],
    ['that stays', steady, ['refresh-1', 'refresh-1', 'refresh-1'], ['refresh-1']],
    [
      'that stays, and is said again',
      { token: () => granted({ refresh_token: 'refresh-1' }) },
      ['refresh-1', 'refresh-1', 'refresh-1'],
      ['refresh-1'],
    ],
  ])('C095 FAPI2-5.3.3.1-06 %s serves on', async (_, script, sent, told) => {
    await using server = await grantIssuer(script);
    const heard: string[] = [];
    const { session, wait } = await desk(server, { onRefreshToken: (token: string) => void heard.push(token) });
    await session.token();
    expect(server.tokenRequests).toHaveLength(1);
    for (let i = 0; i < 3; i += 1) {
      wait(300);
      await session.token();
    }
    expect(sentTo(server)).toEqual(sent);
    expect(heard).toEqual(told);
    expect(session.refreshToken).toBe(told.at(-1));
    expect(server.tokenRequests[1]?.form.get('grant_type')).toBe('refresh_token');
    const assertions = server.tokenRequests.map(({ assertion }) => assertion?.payload.jti);
    expect(new Set(assertions).size).toBe(4);
  });

  const losses: [string, GrantScript['token']][] = [
    ['is lost with its connection', (_request, _nth, response) => void response.socket?.destroy()],
    [
      'breaks off',
      (_request, _nth, response) => {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
        response.write('{"access_token":"token-2","refresh_token":"refr', () => response.socket?.destroy());
        return undefined;
      },
    ],
    ['is an error of the server', () => ({ status: 503, body: { error: 'temporarily_unavailable' } })],
  ];
  it.each(losses)('C095 goes again when the answer %s: nothing is lost', async (_, loss) => {
    await using server = await grantIssuer({
      token: (request, nth, response) =>
        nth === 2 ? loss?.(request, nth, response) : rotating.token?.(request, nth, response),
    });
    const { session, wait } = await desk(server);
    wait(300);
    await expect(session.token()).rejects.toThrow();
    expect(session.refreshToken).toBe('refresh-1');
    expect((await session.token()).accessToken).toBe('token-3');
    expect(sentTo(server)).toEqual(['refresh-1', 'refresh-1']);
    expect(session.refreshToken).toBe('refresh-3');
  });

  it('C095 C092 goes again after a nonce challenge, with a new proof and a new assertion', async () => {
    await using server = await grantIssuer({
      token: (request, nth, response) => (nth === 2 ? nonceChallenge('n-1') : rotating.token?.(request, nth, response)),
    });
    const { session, wait } = await desk(server);
    wait(300);
    await session.token();
    expect(sentTo(server)).toEqual(['refresh-1', 'refresh-1']);
    const [, first, second] = server.tokenRequests;
    expect(second?.proof?.payload['nonce']).toBe('n-1');
    expect(second?.assertion?.payload.jti).not.toBe(first?.assertion?.payload.jti);
  });

  it('C095 is used once, though two resources are called at once', async () => {
    await using server = await grantIssuer(rotating);
    const { session } = await desk(server);
    const resources = ['https://a.example', 'https://b.example', 'https://c.example'];
    const tokens = await Promise.all(resources.map((resource) => session.for({ resource }).token()));
    expect(new Set(tokens.map(({ accessToken }) => accessToken)).size).toBe(3);
    expect(sentTo(server)).toEqual(['refresh-1', 'refresh-2', 'refresh-3']);
    expect(server.tokenRequests.slice(1).map(({ form }) => form.get('resource'))).toEqual(resources);
  });

  it('C095 goes on with a new key, for what was asked already and for what follows', async () => {
    await using server = await grantIssuer(rotating);
    const { client, session, wait } = await desk(server);
    const key = await generateKey();
    await client.replace({ binding: { method: 'dpop', key } });
    expect((await session.token()).accessToken).toBe('token-2');
    wait(300);
    await session.token();
    const keys = server.tokenRequests.map(({ proof }) => proof?.header.jwk);
    expect(keys).toEqual([proofKey.publicJwk, key.publicJwk, key.publicJwk]);
    expect(sentTo(server)).toEqual(['refresh-1', 'refresh-2']);
  });

  it('C095 keeps to the key that it has when the issuer takes no other', async () => {
    await using server = await grantIssuer({
      token: (request, nth, response) =>
        nth === 2 ? { status: 400, body: { error: 'invalid_grant' } } : rotating.token?.(request, nth, response),
    });
    const { client, session } = await desk(server);
    const replaced = client.replace({ binding: { method: 'dpop', key: await generateKey() } });
    await expect(replaced).rejects.toMatchObject({ detail: 'invalid_grant' });
    expect((await session.token()).accessToken).toBe('token-1');
  });
});

describe('RFC 6749 §5.1: an answer that cannot be used', () => {
  it.each<[string, object]>([
    ['refresh_token', { refresh_token: 7 }],
    ['refresh_token', { refresh_token: '' }],
    ['refresh_token', { refresh_token: 'SECRET\n' }],
    ['refresh_token', { refresh_token: 'SECRET'.repeat(2000) }],
    ['refresh_token', { refresh_token: null }],
    ['id_token', { id_token: ['SECRET'] }],
    ['authorization_details', { authorization_details: { type: 'SECRET' } }],
    ['authorization_details', { authorization_details: ['SECRET'] }],
  ])('C093 for its %s makes no session, and is quoted nowhere', async (detail, members) => {
    await using server = await grantIssuer({ token: () => granted(members) });
    const error: unknown = await desk(server).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'token_response', detail });
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('SECRET');
  });
});

describe('RFC 6749 §6: the scope of a refresh', () => {
  it('is all that was allowed, which may be less than was asked for, or a part of it', async () => {
    await using server = await grantIssuer(rotating);
    const resource = 'https://venue.example';
    const { session, wait } = await desk(server, { resource });
    wait(300);
    await session.token();
    await session.for({ scope: 'orders:read' }).token();
    await session.for({ resource: 'https://other.example' }).token();
    const asked = server.tokenRequests.slice(1).map(({ form }) => [form.get('scope'), form.get('resource')]);
    expect(asked).toEqual([
      [null, resource],
      ['orders:read', resource],
      [null, 'https://other.example'],
    ]);
  });

  it('is what the caller says where a refresh token was kept', async () => {
    await using server = await grantIssuer(rotating);
    const session = dpopClient({ issuer: server.issuer }).resume('refresh-0', { scope: 'orders:read' });
    expect(session.refreshToken).toBe('refresh-0');
    await session.token();
    expect(Object.fromEntries(server.tokenRequests[0]?.form ?? [])).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-0',
      scope: 'orders:read',
    });
    expect(session.refreshToken).toBe('refresh-1');
  });
});

describe('who keeps a refresh token', () => {
  it('C095 is awaited before a token that came with it is used', async () => {
    await using server = await grantIssuer(rotating);
    await using venue = await tlsServer(() => ({ body: 'ok' }));
    const steps: string[] = [];
    const onRefreshToken = async (token: string) => {
      await new Promise((resolve) => setImmediate(resolve));
      steps.push(`${token} kept, ${venue.received.length} calls`);
    };
    const { session, wait } = await desk(server, { onRefreshToken });
    await session.fetch(venue.origin);
    wait(300);
    await Promise.all([session.fetch(venue.origin), session.fetch(venue.origin)]);
    expect(steps).toEqual(['refresh-1 kept, 0 calls', 'refresh-2 kept, 1 calls']);
    expect(venue.received.map(({ headers }) => headers.get('authorization'))).toEqual([
      'DPoP token-1',
      'DPoP token-2',
      'DPoP token-2',
    ]);
  });

  it('C095 is told again when that failed, before anything else is asked for, and until then nothing is used', async () => {
    await using server = await grantIssuer({
      token: (_, nth) => granted({ access_token: `token-${nth}`, refresh_token: `refresh-${Math.min(nth, 2)}` }),
    });
    let isDown = false;
    const kept: string[] = [];
    const onRefreshToken = (token: string) => {
      if (isDown) throw new Error('the disk is full');
      kept.push(token);
    };
    const { session, wait } = await desk(server, { onRefreshToken });
    isDown = true;
    wait(300);
    await expect(session.token()).rejects.toThrow('the disk is full');
    await expect(session.token()).rejects.toThrow('the disk is full');
    expect(server.tokenRequests).toHaveLength(2);
    isDown = false;
    expect((await session.token()).accessToken).toBe('token-3');
    expect(kept).toEqual(['refresh-1', 'refresh-2']);
    expect(sentTo(server)).toEqual(['refresh-1', 'refresh-2']);
  });

  it.each([200, 503])(
    'C095 gives no session, and the first one back (%i), when that could not be kept',
    async (status) => {
      await using server = await grantIssuer({ ...rotating, revoke: () => ({ status }) });
      const onRefreshToken = () => Promise.reject(new Error('the disk is full'));
      await expect(desk(server, { onRefreshToken })).rejects.toThrow('the disk is full');
      expect(server.revocations.map(({ form }) => form.get('token'))).toEqual(['refresh-1']);
    },
  );
});

describe('the token of a session', () => {
  it('BCP-4.3-01 C094 goes into the field of a request, and never into its URL or its body', async () => {
    await using server = await grantIssuer(rotating);
    await using venue = await tlsServer(() => ({ body: 'ok' }));
    const { session } = await desk(server);
    await session.fetch(`${venue.origin}/orders?limit=1`, { method: 'POST', body: '{"side":"buy"}' });
    const [call] = venue.received;
    expect(call?.target).toBe('/orders?limit=1');
    expect(call?.body.toString()).toBe('{"side":"buy"}');
    expect(call?.headers.get('authorization')).toBe('DPoP token-1');
  });
});

describe('what a log has of a session', () => {
  it('C094 is none of its tokens', async () => {
    await using server = await grantIssuer({
      token: () => granted({ access_token: 'SECRET-1', refresh_token: 'SECRET-2' }),
    });
    const { client, session } = await desk(server);
    const request = await client.authorize({ redirectUri: REDIRECT_URI });
    const reader = session.for({ scope: 'orders:read' });
    for (const each of [client, request, session, reader]) {
      expect(JSON.stringify(each)).not.toMatch(/SECRET/);
      expect(inspect(each, { depth: 10, showHidden: true })).not.toMatch(/SECRET/);
    }
    expect(session.refreshToken).toBe('SECRET-2');
  });
});

describe('a session without a refresh token', () => {
  it('lasts as long as its token', async () => {
    await using server = await grantIssuer();
    const { session, wait } = await desk(server);
    expect(session.refreshToken).toBeUndefined();
    await session.token();
    wait(300);
    await expect(session.token()).rejects.toMatchObject({ code: 'session_over' });
    expect(server.tokenRequests).toHaveLength(1);
  });
});

describe('RFC 9449 §9: nonces', () => {
  it('C092 of the issuer do not go to a resource server, nor back', async () => {
    let isFirst = true;
    await using server = await grantIssuer({
      token: (_, nth) => ({ ...granted({ refresh_token: `refresh-${nth}` }), headers: { 'dpop-nonce': 'issuer-1' } }),
    });
    await using venue = await tlsServer(() => {
      const headers = { 'dpop-nonce': 'venue-1', 'www-authenticate': 'DPoP error="use_dpop_nonce"' };
      const answer = isFirst ? { status: 401, headers } : { headers };
      isFirst = false;
      return answer;
    });
    const { session, wait } = await desk(server);
    await session.fetch(venue.origin);
    wait(300);
    await session.fetch(venue.origin);
    const noncesOf = (proofs: readonly (string | null | undefined)[]) =>
      proofs.map((proof) => {
        const [, payload = ''] = (proof ?? '').split('.');
        return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { nonce?: string }).nonce;
      });
    expect(noncesOf(venue.received.map(({ headers }) => headers.get('dpop')))).toEqual([
      undefined,
      'venue-1',
      'venue-1',
    ]);
    expect(noncesOf(server.tokenRequests.map(({ proof }) => proof?.compact))).toEqual([undefined, 'issuer-1']);
  });
});
