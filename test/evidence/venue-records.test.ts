import { createHash, randomUUID, X509Certificate } from 'node:crypto';
import { mkdtemp, open, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVenue } from '@holdfast/venue';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { Scene } from '../verifier/scene.ts';
import { judge, ORDER, type Recording, record } from './recording.ts';

let state: string;

beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'holdfast-evidence-state-'));
});

afterEach(() => vi.restoreAllMocks());
afterAll(() => rm(state, { recursive: true, force: true }));

const sha256 = (octets: string | Buffer) => createHash('sha256').update(octets).digest('base64url');
const orders = async (venue: Recording) =>
  (await venue.lines()).flatMap(({ order }) => (order === undefined ? [] : [order as Recorded]));

interface Recorded {
  readonly asked: { readonly method: string; readonly targetUri: string; readonly content: string };
  readonly token: Readonly<Record<string, unknown>>;
  readonly certificate?: string;
  readonly answered: object;
}

/** The class of all file handles, whose sync is the only thing that cannot be seen from outside. */
async function fileHandles(): Promise<{ datasync(): Promise<void> }> {
  const handle = await open(state);
  await handle.close();
  return Object.getPrototypeOf(handle);
}

describe('a venue that records orders', () => {
  it('DIG-6-01 keeps what was placed, amended and cancelled, with both bindings, and each can be checked again', async () => {
    await using venue = await record(state);
    const { dpop, mtls } = venue;
    const body = JSON.stringify({ ...ORDER, clientOrderId: 'mine' }, null, 2); // as it was sent, not as it is understood
    expect((await dpop.send('POST', '/orders', body)).status).toBe(201);
    expect((await mtls.send('POST', '/orders', ORDER)).status).toBe(201);
    expect((await dpop.send('PATCH', '/orders/ord-1', { quantity: 50 })).status).toBe(200);
    expect((await mtls.send('DELETE', '/orders/ord-2')).status).toBe(200);
    expect((await mtls.send('POST', '/orders', { ...ORDER, timeInForce: 'FOK' })).status).toBe(201);
    const kept = await orders(venue);
    expect(kept.map(({ asked, token, answered }) => [asked.method, token['client_id'], answered])).toEqual([
      ['POST', 'trader-dpop', { status: 201, order: 'ord-1', orderStatus: 'open' }],
      ['POST', 'trader-mtls', { status: 201, order: 'ord-2', orderStatus: 'open' }],
      ['PATCH', 'trader-dpop', { status: 200, order: 'ord-1', orderStatus: 'open' }],
      ['DELETE', 'trader-mtls', { status: 200, order: 'ord-2', orderStatus: 'cancelled' }],
      ['POST', 'trader-mtls', { status: 201, order: 'ord-3', orderStatus: 'cancelled' }],
    ]);
    expect(kept.map(({ asked }) => Buffer.from(asked.content, 'base64url').toString())).toEqual([
      body,
      JSON.stringify(ORDER),
      '{"quantity":50}',
      '',
      JSON.stringify({ ...ORDER, timeInForce: 'FOK' }),
    ]);
    expect(await judge(venue.path)).toMatchObject({ code: 0, findings: [], orders: 5, entries: 6 });
  });

  it('keeps of the token its claims and its hash, and the certificate, and nothing that opens a door', async () => {
    await using venue = await record(state);
    const tokens = [];
    for (const { client, send } of [venue.dpop, venue.mtls]) {
      await send('POST', '/orders', ORDER);
      tokens.push(await client.token());
    }
    const kept = await orders(venue);
    const text = await readFile(venue.path, 'utf8');
    for (const [i, { accessToken }] of tokens.entries()) {
      const [header = '', payload = '', signature = ''] = accessToken.split('.');
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
      const { iss, client_id, sub, jti, iat, exp, scope, cnf } = claims;
      const ath = sha256(accessToken);
      expect(kept[i]?.token).toEqual({ iss, client_id, sub, jti, iat, exp, scope, cnf, ath });
      // Nor in base64 of a part of it, which begins at one of three places
      for (const part of [
        accessToken,
        payload,
        signature,
        `${header}.`,
        signature.slice(10, 60),
        payload.slice(20, 80),
      ]) {
        for (const octets of [part, `x${part}`, `xx${part}`].map((each) => Buffer.from(each))) {
          for (const encoding of ['base64', 'base64url'] as const) {
            expect(text).not.toContain(octets.toString(encoding).slice(4, -4));
          }
        }
        expect(text).not.toContain(part);
      }
    }
    const { facts } = venue;
    const { cert = '', key = '' } = facts.clients.find(({ client_id: id }) => id === 'trader-mtls') ?? {};
    expect(kept[1]?.certificate).toBe(new X509Certificate(await readFile(cert)).raw.toString('base64url'));
    expect(kept[0]?.certificate).toBeUndefined();
    expect(text).not.toContain((await readFile(key, 'utf8')).split('\n')[1]);
  });

  it('keeps nothing of what is refused, and one entry of what is repeated', async () => {
    await using venue = await record(state);
    const { dpop } = venue;
    const headers = { 'idempotency-key': 'one' };
    const first = await dpop.send('POST', '/orders', ORDER, headers);
    const again = await dpop.send('POST', '/orders', ORDER, headers);
    expect([again.headers.get('idempotency-replayed'), again.body]).toEqual(['true', first.body]);
    const refused = [
      await dpop.send('POST', '/orders', { ...ORDER, price: '10.001' }),
      await dpop.send('POST', '/orders', '{'),
      await dpop.send('PATCH', '/orders/ord-9', { quantity: 50 }),
      await dpop.send('DELETE', '/orders/ord-9'),
    ];
    expect(refused.map(({ status }) => status)).toEqual([400, 400, 404, 404]);
    expect(await orders(venue)).toHaveLength(1);
  });

  it('does not begin where its orders need no evidence', async () => {
    const evidence = { canRecord: () => true, record: async () => {} };
    for (const signatures of [{}, { signatures: 'required' as const }]) {
      const app = createVenue({ verifier: new Scene().verifier, evidence, ...signatures });
      await expect(app.ready()).rejects.toThrow("evidence: only with signatures: 'evidence'");
    }
  });
});

describe('an order whose entry is not on the disk', () => {
  it('is not answered, and neither is who repeats it', async () => {
    await using venue = await record(state);
    const { dpop } = venue;
    await dpop.send('GET', '/orders'); // a token and a nonce are there
    let release = () => {};
    vi.spyOn(await fileHandles(), 'datasync').mockImplementationOnce(
      () => new Promise((resolve) => (release = resolve)),
    );
    const answered: number[] = [];
    const headers = { 'idempotency-key': 'one' };
    const place = () => dpop.send('POST', '/orders', ORDER, headers).then(({ status }) => answered.push(status));
    const first = place();
    await vi.waitFor(async () => expect(await orders(venue)).toHaveLength(1));
    const second = place();
    const listed = await dpop.send('GET', '/orders'); // which came later, and shows that the venue is there
    expect([(listed.body['orders'] as unknown[]).length, answered]).toEqual([1, []]);
    release();
    await Promise.all([first, second]);
    expect([answered, await orders(venue)]).toEqual([[201, 201], [expect.anything()]]);
  });

  it('is refused when it cannot be written, and no other order is taken from then on', async () => {
    await using venue = await record(state);
    const { dpop, mtls } = venue;
    const headers = { 'idempotency-key': randomUUID() };
    expect((await dpop.send('POST', '/orders', ORDER)).status).toBe(201);
    vi.spyOn(await fileHandles(), 'datasync').mockRejectedValueOnce(Object.assign(new Error(), { code: 'ENOSPC' }));
    const lost = await dpop.send('POST', '/orders', ORDER, headers);
    expect(lost).toMatchObject({
      status: 503,
      body: {
        error: 'audit_unavailable',
        error_description: 'the order may have taken effect, but it is not on record',
      },
    });
    const later = [
      await dpop.send('POST', '/orders', ORDER, headers), // the same: no answer from memory either
      await dpop.send('POST', '/orders', ORDER),
      await mtls.send('POST', '/orders', { ...ORDER, side: 'sell' }),
      await dpop.send('PATCH', '/orders/ord-1', { quantity: 50 }),
      await dpop.send('DELETE', '/orders/ord-1'),
    ];
    expect(later.map(({ status, body }) => [status, body['error']])).toEqual(
      later.map(() => [503, 'audit_unavailable']),
    );
    // What was under way stands, and nothing else: that is told by who only reads
    const listed = (await dpop.send('GET', '/orders')).body['orders'] as Record<string, unknown>[];
    expect(listed.map(({ id, status, quantity }) => [id, status, quantity])).toEqual([
      ['ord-2', 'open', 100],
      ['ord-1', 'open', 100],
    ]);
  });

  it.each([
    ['moved away', (path: string) => rename(path, `${path}.1`)],
    ['deleted', (path: string) => rm(path)],
    [
      'in a folder that is gone',
      (path: string) => rename(join(path, '..'), join(path, '..', '..', `gone-${randomUUID()}`)),
    ],
    [
      'written by somebody else',
      async (path: string) => {
        const handle = await open(path, 'a');
        await handle.write('{}\n');
        await handle.close();
      },
    ],
  ])('is refused when the file was %s', async (_, happen) => {
    await using venue = await record(state);
    expect((await venue.dpop.send('POST', '/orders', ORDER)).status).toBe(201);
    await happen(venue.path);
    for (const _ of [1, 2]) {
      const { status, body } = await venue.dpop.send('POST', '/orders', ORDER);
      expect([status, body['error']]).toEqual([503, 'audit_unavailable']);
    }
  });
});
