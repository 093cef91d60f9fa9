import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { dpopClient, mtlsClient } from './clients.ts';
import { granted, nonceChallenge, readJwt, scriptedIssuer } from './scripted-issuer.ts';
import { resourceChallenge, type ScriptedVenue, scriptedVenue } from './scripted-venue.ts';
import { type Answer, asksForCertificate, type Received, tlsServer } from './tls-server.ts';

const noncesOf = ({ calls }: Pick<ScriptedVenue, 'calls'>) => calls.map(({ proof }) => proof?.payload['nonce']);

/** Challenges every request whose proof does not carry the newest of a row of nonces. */
function insistsOn(newest: () => string) {
  return ({ headers }: Received): Answer => {
    const payload = headers.get('dpop')?.split('.')[1] ?? '';
    const { nonce } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { nonce?: string };
    return nonce === newest() ? { body: 'ok' } : resourceChallenge(newest());
  };
}

describe('RFC 9449 §9: the nonce of a resource server', () => {
  it('DPOP-4.2-09 C092 FAPI2-5.3.3.1-08 is taken from the challenge, for one retry with a new proof', async () => {
    await using venue = await scriptedVenue(insistsOn(() => 'n-1'));
    const response = await venue.client.fetch(`${venue.origin}/orders`, { method: 'POST', body: '{"side":"buy"}' });
    expect(await response.text()).toBe('ok');
    const [first, second, third] = venue.calls;
    expect(noncesOf(venue)).toEqual([undefined, 'n-1']);
    expect(second?.proof?.payload.jti).not.toBe(first?.proof?.payload.jti);
    expect(second?.proof?.payload).toMatchObject({
      htm: 'POST',
      htu: `${venue.origin}/orders`,
      ath: expect.any(String),
    });
    expect(second?.body.toString()).toBe('{"side":"buy"}');
    expect(third).toBeUndefined();
  });

  it('DPOP-8.2-01 serves all requests that follow', async () => {
    await using venue = await scriptedVenue(insistsOn(() => 'n-1'));
    for (let i = 0; i < 3; i += 1) await venue.client.fetch(venue.origin);
    expect(noncesOf(venue)).toEqual([undefined, 'n-1', 'n-1', 'n-1']);
  });

  it.each([200, 201, 404, 500])('DPOP-8.2-01 C092 is also taken from an answer with %i', async (status) => {
    let nth = 0;
    await using venue = await scriptedVenue(() => {
      nth += 1;
      return { status, headers: { 'dpop-nonce': `n-${nth}` } };
    });
    for (let i = 0; i < 3; i += 1) await venue.client.fetch(venue.origin);
    expect(noncesOf(venue)).toEqual([undefined, 'n-1', 'n-2']);
  });

  it('DPOP-8.2-01 is the newest one, also when it came with the answer to a retry', async () => {
    let nth = 0;
    await using venue = await scriptedVenue(() => {
      nth += 1;
      return nth === 1 ? resourceChallenge('first') : { headers: { 'dpop-nonce': 'second' } };
    });
    await venue.client.fetch(venue.origin);
    await venue.client.fetch(venue.origin);
    expect(noncesOf(venue)).toEqual([undefined, 'first', 'second']);
  });

  it('C092 stops after one retry, and hands the second challenge to the caller', async () => {
    let nth = 0;
    await using venue = await scriptedVenue(() => {
      nth += 1;
      return resourceChallenge(`n-${nth}`);
    });
    expect((await venue.client.fetch(venue.origin)).status).toBe(401);
    expect(noncesOf(venue)).toEqual([undefined, 'n-1']);
  });

  it('C092 rotates under load: 100 requests, each challenged at most once', async () => {
    let nonce = 'n-0';
    await using venue = await scriptedVenue(insistsOn(() => nonce));
    for (let round = 1; round <= 3; round += 1) {
      nonce = `n-${round}`;
      const urls = Array.from({ length: 100 }, (_, i) => `${venue.origin}/${round}/${i}`);
      const statuses = await Promise.all(urls.map(async (url) => (await venue.client.fetch(url)).status));
      expect(new Set(statuses)).toEqual(new Set([200]));
    }
    expect(venue.calls.length).toBeLessThanOrEqual(600);
    expect(new Set(venue.calls.map(({ proof }) => proof?.payload.jti)).size).toBe(venue.calls.length);
  });

  it('is no business of a client whose certificate is the proof', async () => {
    await using venue = await scriptedVenue(() => resourceChallenge('n-1'), {
      make: mtlsClient,
      script: { tls: asksForCertificate, token: () => granted({ token_type: 'Bearer' }) },
    });
    expect((await venue.client.fetch(venue.origin)).status).toBe(401);
    expect(venue.calls).toHaveLength(1);
  });
});

describe('RFC 6750 §3.1: a token that the resource server refuses', () => {
  const refusal = (error: string) => ({ status: 401, headers: { 'www-authenticate': `DPoP error="${error}"` } });

  it('is not used again: the request is the caller’s to repeat, and then has a new token', async () => {
    await using venue = await scriptedVenue(() => refusal('invalid_token'));
    const first = await venue.client.token();
    expect((await venue.client.fetch(venue.origin)).status).toBe(401);
    expect(venue.calls).toHaveLength(1);
    await venue.client.fetch(venue.origin);
    expect(venue.issuer.tokenRequests).toHaveLength(2);
    expect(first).not.toBe(await venue.client.token());
  });

  it.each(['invalid_dpop_proof', 'insufficient_scope', 'x", Basic error="invalid_token'])(
    'is kept when it is not at fault: %s',
    async (error) => {
      await using venue = await scriptedVenue(() => refusal(error));
      for (let i = 0; i < 2; i += 1) await venue.client.fetch(venue.origin);
      expect(venue.issuer.tokenRequests).toHaveLength(1);
    },
  );
});

describe('RFC 9449 §9: each server has its own nonces', () => {
  it('DPOP-9-02 C092 none goes from the issuer to a resource, or from one resource to another, or back', async () => {
    await using issuer = await scriptedIssuer({
      token: (_, nth) => (nth === 1 ? nonceChallenge('of-issuer') : granted({ expires_in: 1 })),
    });
    const client = dpopClient({ issuer: issuer.issuer });
    await using one = await tlsServer(insistsOn(() => 'of-one'));
    await using two = await tlsServer(insistsOn(() => 'of-two'));
    for (const { origin } of [one, two, one, two]) expect((await client.fetch(origin)).status).toBe(200);
    const sent = (received: readonly Received[]) =>
      received.map(({ headers }) => Buffer.from(headers.get('dpop')?.split('.')[1] ?? '', 'base64url').toString());
    expect(sent(one.received).join()).not.toMatch(/of-two|of-issuer/);
    expect(sent(two.received).join()).not.toMatch(/of-one|of-issuer/);
    expect(issuer.tokenRequests.map(({ proof }) => proof?.payload['nonce'])).toEqual([
      undefined,
      ...Array(issuer.tokenRequests.length - 1).fill('of-issuer'),
    ]);
    expect(one.received).toHaveLength(3);
    expect(two.received).toHaveLength(3);
  });

  it('DPOP-9-02 C092 none goes back and forth where both are at one origin', async () => {
    const nonces: string[] = [];
    const seen = ({ headers }: Received) => readJwt(headers.get('dpop'))?.payload['nonce'];
    const resource = (received: Received) => {
      nonces.push(`resource: ${seen(received)}`);
      return seen(received) === 'of-resource' ? {} : resourceChallenge('of-resource');
    };
    await using issuer = await scriptedIssuer({
      token(received) {
        nonces.push(`issuer: ${seen(received)}`);
        return seen(received) === 'of-issuer' ? granted() : nonceChallenge('of-issuer');
      },
      instead: (path) => (path.startsWith('/api') ? resource : undefined),
    });
    const client = dpopClient({ issuer: issuer.issuer });
    for (const scope of ['a', 'b'])
      expect((await client.for({ scope }).fetch(`${issuer.origin}/api`)).status).toBe(200);
    expect(nonces).toEqual([
      ...['issuer: undefined', 'issuer: of-issuer', 'resource: undefined', 'resource: of-resource'],
      ...['issuer: of-issuer', 'resource: of-resource'],
    ]);
  });

  it('DPOP-9-02 none goes from one client to another', async () => {
    await using venue = await scriptedVenue(insistsOn(() => 'n-1'));
    await venue.client.fetch(venue.origin);
    await dpopClient({ issuer: venue.issuer.issuer }).fetch(venue.origin);
    expect(noncesOf(venue)).toEqual([undefined, 'n-1', undefined, 'n-1']);
  });
});

describe('the memory of nonces', () => {
  it('is bounded: of more than 100 servers the one that was heard longest ago is forgotten', async () => {
    await using venue = await scriptedVenue(() => ({ headers: { 'dpop-nonce': 'n-1' } }));
    const doors = await Promise.all(Array.from({ length: 101 }, () => doorTo(venue.port)));
    onTestFinished(() => {
      for (const door of doors) door.close();
    });
    const call = async (i: number) => {
      await venue.client.fetch(doors[i]?.origin ?? '');
      return noncesOf(venue).at(-1);
    };
    for (const i of doors.keys()) expect(await call(i)).toBeUndefined();
    expect(await call(1)).toBe('n-1');
    expect(await call(100)).toBe('n-1');
    expect(await call(0)).toBeUndefined();
  });
});

/** Another port of the same server: another origin. */
async function doorTo(port: number): Promise<{ origin: string; close(): void }> {
  const door = createServer((socket) => {
    const inner = connect(port, '127.0.0.1');
    for (const end of [socket, inner]) end.on('error', () => {});
    socket.pipe(inner).pipe(socket);
  });
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  return { origin: `https://localhost:${(door.address() as AddressInfo).port}`, close: () => door.close() };
}

describe('RFC 9449 §8.1: what a nonce may be', () => {
  it.each([
    ['the whole alphabet', `!#$%&'()*+,-./09:;<=>?@AZ[]^_\`az{|}~`],
    ['512 characters', 'n'.repeat(512)],
  ])('%s', async (_, nonce) => {
    await using venue = await scriptedVenue(insistsOn(() => nonce));
    expect((await venue.client.fetch(venue.origin)).status).toBe(200);
  });

  const bad: [string, string | readonly string[]][] = [
    ['empty', ''],
    ['with a space', 'a b'],
    ['with a quote', 'a"b'],
    ['with a backslash', 'a\\b'],
    ['beyond ASCII', 'n\u00fc'],
    ['huge', 'n'.repeat(5_000)],
    ['two fields', ['a', 'b']],
  ];
  it.each(bad)('not one that is %s: it is not echoed, and there is no round without end', async (_, nonce) => {
    await using venue = await scriptedVenue(() => {
      const headers = { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': nonce };
      return { status: 401, headers };
    });
    expect((await venue.client.fetch(venue.origin)).status).toBe(401);
    expect(venue.calls.length).toBeLessThanOrEqual(2);
    expect(noncesOf(venue).filter((sent) => sent !== undefined)).toEqual([]);
  });
});
