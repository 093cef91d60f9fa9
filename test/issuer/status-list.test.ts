import { gunzipSync } from 'node:zlib';
import { HoldfastError } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { describe, expect, it } from 'vitest';
import { ISSUER } from './forge.ts';
import { call, type Served, serve } from './listeners.ts';
import { createScene, expectToken } from './scene.ts';
import { createStatusScene, placeOf, readList, unpacked } from './status-scene.ts';
import { createTrader } from './status-trader.ts';

const MEDIA_TYPE = 'application/statuslist+jwt';
const idOf = (uri: string) => uri.slice(`${ISSUER}/status/`.length);

describe('an access token of an issuer that publishes lists', () => {
  it('TSL-6.2-01 says where its status is: a place, and a URI below the issuer', async () => {
    const scene = await createStatusScene();
    const { place } = await scene.token();
    expect(Object.keys(place).sort()).toEqual(['idx', 'uri']);
    expect(place.uri).toMatch(/^https:\/\/issuer\.example\/status\/[A-Za-z0-9_-]{22}$/);
    expect(Number.isInteger(place.idx) && place.idx >= 0 && place.idx < 2 ** 17).toBe(true);
  });

  it('says nothing of it where lists are not published, and then there are none', async () => {
    const scene = await createScene();
    const token = expectToken(await scene.prove());
    expect(() => placeOf(token)).toThrow(TypeError);
    expect(scene.issuer.statusLists).toBeUndefined();
    await using served = await serve();
    expect((await call(served.origin, { method: 'GET', path: `/status/${'A'.repeat(22)}` })).status).toBe(404);
  });
});

describe('a status list', () => {
  it('TSL-5.1-01, TSL-5.1-02, TSL-5.1-03 is a JWT that names itself, its time and its ttl', async () => {
    const scene = await createStatusScene();
    const { place } = await scene.token();
    const { header, payload } = await readList(scene.issuer, place.uri);
    expect(header).toEqual({ typ: 'statuslist+jwt', alg: 'ES256', kid: 'issuer-1' });
    const { status_list: list, ...times } = payload;
    expect(times).toEqual({ iss: ISSUER, sub: place.uri, iat: scene.now, exp: scene.now + 61, ttl: 30 });
    expect(list).toEqual({ bits: 1, lst: expect.stringMatching(/^[A-Za-z0-9_-]+$/) });
  });

  it('TSL-4-01, TSL-4.2-01 is packed by zlib, whole octets for all its places, whoever has one', async () => {
    const scene = await createStatusScene();
    const { place } = await scene.token();
    const { payload, statuses } = await readList(scene.issuer, place.uri);
    expect(statuses).toHaveLength(2 ** 17);
    expect(new Set(statuses)).toEqual(new Set([0]));
    const { lst } = payload['status_list'] as { lst: string };
    expect(Buffer.from(lst, 'base64url').subarray(0, 2).toString('hex')).toBe('78da'); // ZLIB, as small as can be
  });

  it('TSL-7-01 says 1 of every token that was revoked, 0 of every other one, and nothing else', async () => {
    const scene = await createStatusScene();
    const tokens = [];
    for (let i = 0; i < 20; i += 1) tokens.push(await scene.token());
    const revoked = tokens.filter((_, i) => i % 3 === 0);
    for (const { token } of revoked) await scene.revoke(token);
    const { statuses } = await readList(scene.issuer, tokens[0]?.place.uri ?? '');
    const ones = statuses.flatMap((status, idx) => (status === 0 ? [] : [idx]));
    expect(ones.sort()).toEqual(revoked.map(({ place }) => place.idx).sort());
    expect(new Set(statuses)).toEqual(new Set([0, 1]));
  });

  it('TSL-7-01 says so from the answer to the revocation on', async () => {
    const scene = await createStatusScene();
    const { token, place } = await scene.token();
    expect(await scene.statusOf(place)).toBe(0);
    await scene.revoke(token);
    expect(await scene.statusOf(place)).toBe(1);
    await scene.revoke(token);
    expect(await scene.statusOf(place)).toBe(1);
  });

  it('TSL-7-01 says so for as long as the token could be accepted anywhere', async () => {
    const scene = await createStatusScene();
    const { token, place } = await scene.token();
    await scene.revoke(token);
    scene.now += 300 + 299; // a clock elsewhere may be five minutes behind
    expect(await scene.statusOf(place)).toBe(1);
    scene.now += 120;
    expect(await scene.statusOf(place)).toBe(0);
  });
});

describe('GET of a status list', () => {
  it('TSL-8.1-01 over HTTPS, by whoever asks', async () => {
    await using served = await serve({ status_list: {} });
    const uri = await someList(served);
    for (const accept of [undefined, MEDIA_TYPE, '*/*', 'application/*', `text/html, ${MEDIA_TYPE};q=0.5`]) {
      const headers: Record<string, string> = accept === undefined ? {} : { accept };
      const answer = await call(served.origin, { method: 'GET', path: new URL(uri).pathname, headers });
      expect(answer.status).toBe(200);
      expect(answer.headers['content-type']).toEqual([MEDIA_TYPE]);
      const { payload } = await unpacked(served.issuer, answer.text);
      expect(payload['sub']).toBe(uri);
    }
  });

  it.each([
    'application/statuslist+cwt',
    'application/json',
    `${MEDIA_TYPE};q=0, */*`,
    `${MEDIA_TYPE};q=swordfish`,
    ',',
  ])('TSL-8.1-01 is refused where nothing else would do: Accept: %s', async (accept) => {
    const scene = await createStatusScene();
    const { place } = await scene.token();
    const reply = await scene.issuer.statusLists?.list(idOf(place.uri), { accept });
    expect(reply).toMatchObject({ status: 406, headers: { 'Cache-Control': 'no-store' } });
  });

  it('TSL-8.2-01 with gzip for whoever takes it, and for nobody else', async () => {
    await using served = await serve({ status_list: {} });
    const path = new URL(await someList(served)).pathname;
    for (const coding of ['gzip', 'x-gzip', '*', 'br;q=1, GZIP;q=0.1', 'deflate, gzip']) {
      const answer = await served.issuer.statusLists?.list(path.split('/').at(-1) ?? '', { acceptEncoding: coding });
      expect(answer?.headers).toMatchObject({ 'Content-Encoding': 'gzip', Vary: 'Accept-Encoding' });
      await unpacked(served.issuer, gunzipSync(answer?.body as Uint8Array).toString());
    }
    const packed = await call(served.origin, { method: 'GET', path, headers: { 'accept-encoding': 'gzip' } });
    expect(packed.headers).toMatchObject({ 'content-encoding': ['gzip'], 'content-type': [MEDIA_TYPE] });
    for (const coding of ['', 'identity', 'br', 'gzip;q=0', 'gzip;q=0, *', 'gzip;q=2']) {
      const headers = { 'accept-encoding': coding };
      const answer = await call(served.origin, { method: 'GET', path, headers });
      expect(answer.headers).not.toHaveProperty('content-encoding');
      await unpacked(served.issuer, answer.text);
    }
  });

  it('TSL-8.1-01 lets caches keep it for half of its ttl in all, and pages of any origin read it', async () => {
    const scene = await createStatusScene();
    const { place } = await scene.token();
    const fields = async () => (await scene.issuer.statusLists?.list(idOf(place.uri)))?.headers;
    expect(await fields()).toMatchObject({
      'Cache-Control': 'public, max-age=15',
      'Access-Control-Allow-Origin': '*',
    });
    scene.now += 14;
    expect(await fields()).toMatchObject({ 'Cache-Control': 'public, max-age=1' });
    scene.now += 1;
    expect(await fields()).toMatchObject({ 'Cache-Control': 'public, max-age=15' });
  });

  it.each([
    'A'.repeat(22),
    'A'.repeat(21),
    'A'.repeat(23),
    '',
    '..',
    'status-list:x',
    `${'A'.repeat(21)}\n`,
    'A'.repeat(10_000),
  ])('TSL-8.1-01 of a list that is none: %j is 404', async (id) => {
    const scene = await createStatusScene();
    await scene.token();
    const reply = await scene.issuer.statusLists?.list(id);
    expect(reply).toMatchObject({ status: 404, headers: { 'Cache-Control': 'no-store' } });
    expect(String(reply?.body)).not.toContain('AAAA');
  });

  it('TSL-8.1-01 is 404 once the last of its tokens has ended', async () => {
    const scene = await createStatusScene();
    const { place } = await scene.token();
    scene.now += 86_400 + 3600;
    expect((await scene.issuer.statusLists?.list(idOf(place.uri)))?.status).toBe(200);
    scene.now += 301;
    expect((await scene.issuer.statusLists?.list(idOf(place.uri)))?.status).toBe(404);
  });
});

describe('how often a list is signed', () => {
  it('once for a flood of requests, until half of its ttl is over', async () => {
    const scene = await createStatusScene();
    const { place } = await scene.token();
    const bodies = async () => {
      const replies = Array.from({ length: 500 }, () => scene.issuer.statusLists?.list(idOf(place.uri)));
      return new Set((await Promise.all(replies)).map((reply) => reply?.body));
    };
    const first = await bodies();
    expect(first.size).toBe(1);
    scene.now += 14;
    expect(await bodies()).toEqual(first);
    scene.now += 1;
    const second = await bodies();
    expect(second.size).toBe(1);
    expect(second).not.toEqual(first);
    scene.now -= 3600; // a clock that stepped back does not freeze it
    expect(await bodies()).not.toEqual(second);
  });

  it('anew when a token of it is revoked, and not when one of another list is', async () => {
    const store = memoryStore({ clock: () => scene.now * 1000 });
    const scene = await createStatusScene({}, { store });
    const other = await createStatusScene({}, { store });
    const { token, place } = await scene.token();
    const body = async () => (await scene.issuer.statusLists?.list(idOf(place.uri)))?.body;
    const before = await body();
    await other.revoke((await other.token()).token);
    scene.now += 1;
    expect(await body()).toBe(before);
    await scene.revoke(token);
    expect(await body()).not.toBe(before);
  });
});

describe('a store that does not answer', () => {
  const down = () => {
    throw new HoldfastError('store_unavailable');
  };

  it('gives no token without a place, and no list that may lack a revocation', async () => {
    const store = { ...memoryStore({ clock: () => scene.now * 1000 }) };
    const { add, get } = store;
    const scene = await createStatusScene({}, { store });
    store.add = (key, ...rest) => (key.startsWith('status-list:') ? down() : add(key, ...rest));
    const refused = await scene.send('token', { form: { grant_type: 'client_credentials' } });
    expect(refused).toMatchObject({ status: 503, body: { error: 'temporarily_unavailable' } });
    store.add = add;
    const { token, place } = await scene.token();
    expect(await scene.statusOf(place)).toBe(0);
    scene.now += 1;
    store.get = down;
    await expect(scene.issuer.statusLists?.list(idOf(place.uri))).rejects.toMatchObject({ code: 'store_unavailable' });
    store.get = get;
    store.add = (key, ...rest) => (key.startsWith('revoked places') ? down() : add(key, ...rest));
    expect(await scene.send('revoke', { form: { token } })).toMatchObject({ status: 503 });
    store.add = add;
    await scene.revoke(token);
    expect(await scene.statusOf(place)).toBe(1);
  });
});

/** A list of an issuer that is served by the real time. */
async function someList(served: Served): Promise<string> {
  const token = await createTrader(served, () => Math.floor(Date.now() / 1000)).token();
  return placeOf(token).uri;
}
