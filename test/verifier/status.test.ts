import { setImmediate } from 'node:timers/promises';
import { type HoldfastError, STATUS } from '@holdfast/proof';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type Certificates, makeCertificates } from './certificates.ts';
import { breakSignature, makeKey } from './forge.ts';
import { silence, status } from './issuer-server.ts';
import { LIST, packed, StatusScene, text } from './status-scene.ts';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await makeCertificates();
});

describe('a token that refers to a status list', () => {
  it('TSL-8.3-06 is accepted where the list says that it is valid', async () => {
    await using scene = await StatusScene.open(certificates);
    scene.statuses = { 4: STATUS.invalid, 6: STATUS.invalid };
    expect(await scene.outcome(scene.at(5))).toBe('accepted');
    expect(scene.asked).toBe(1);
  });

  it.each<[string, number]>([
    ['INVALID', STATUS.invalid],
    ['SUSPENDED', STATUS.suspended],
    ['application specific', 3],
  ])('FAPI2-5.3.4-03 %s: it is refused as revoked', async (_what, value) => {
    await using scene = await StatusScene.open(certificates);
    scene.statuses = { 5: value };
    const refusal = await scene.refusal(scene.at(5));
    expect(refusal).toMatchObject({ code: 'token_revoked', status: 401, error: 'invalid_token' });
    expect(await scene.outcome(scene.at(4))).toBe('accepted');
    expect(await scene.outcome(scene.at(6))).toBe('accepted');
  });

  it.each([1, 4, 8])('TSL-8.3-05 its place is found in a list of %d bits', async (bits) => {
    await using scene = await StatusScene.open(certificates);
    scene.forgery = { payload: { status_list: packed({ 9: 1 }, bits) } };
    const outcomes = await Promise.all([8, 9, 10].map((idx) => scene.outcome(scene.at(idx))));
    expect(outcomes).toEqual(['accepted', 'token_revoked', 'accepted']);
  });

  it('TSL-8.3-05 is refused when its place is beyond the end, and the list is asked for again once', async () => {
    await using scene = await StatusScene.open(certificates);
    expect(await scene.outcome(scene.at(63))).toBe('accepted');
    for (const idx of [64, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      expect(await scene.refusal(scene.at(idx))).toMatchObject({
        code: 'token_claims',
        status: 401,
        detail: 'status_list.idx',
      });
    }
    expect(scene.asked).toBe(1); // it is of this second
    scene.wait(1);
    scene.forgery = { payload: { status_list: packed({}, 2, 128) } };
    expect(await scene.outcome(scene.at(64))).toBe('accepted');
    expect(scene.asked).toBe(2);
  });

  it('TSL-8.3-01 is checked first: nobody asks for the list of one that is refused in any case', async () => {
    await using scene = await StatusScene.open(certificates);
    const { token, ...rest } = scene.at(5);
    const stranger = makeKey('ES256', 'issuer-1');
    const forged = scene.token({ key: stranger, payload: { status: { status_list: { idx: 5, uri: scene.uri } } } });
    const refused = [
      { token: breakSignature(token), ...rest },
      { ...rest, token: forged },
      scene.at(5, { exp: scene.now }),
      scene.at(5, { nbf: scene.now + 60 }),
      scene.at(5, { aud: 'urn:other' }),
      scene.at(5, { jti: undefined }),
      scene.at(5, { cnf: undefined }),
    ];
    for (const attempt of refused) expect(await scene.outcome(attempt)).not.toBe('accepted');
    expect(scene.asked).toBe(0);
  });

  it('TSL-7.1-01 is expired when it is expired, whatever the list says', async () => {
    await using scene = await StatusScene.open(certificates);
    const attempt = scene.at(5, { exp: scene.now + 20 });
    expect(await scene.outcome(attempt)).toBe('accepted');
    scene.wait(20);
    expect(await scene.outcome(attempt)).toBe('token_expired');
  });

  it.each<[string, unknown]>([
    ['null', null],
    ['a negative idx', { status_list: { idx: -1, uri: 'https://localhost/status/1' } }],
    ['no uri', { status_list: { idx: 1 } }],
    ['an http uri', { status_list: { idx: 1, uri: 'http://localhost/status/1' } }],
  ])('TSL-8.3-06 is refused for a reference that is none: %s', async (_what, claim) => {
    await using scene = await StatusScene.open(certificates);
    expect(await scene.outcome(scene.at(0, { status: claim }))).toBe('token_claims');
    expect(scene.server.asked).not.toContain(LIST);
  });
});

describe('how often a list is asked for', () => {
  it('once for 100 concurrent requests, and not at all while it is young', async () => {
    await using scene = await StatusScene.open(certificates);
    const attempts = Array.from({ length: 100 }, (_, i) => scene.at(i % 64));
    await Promise.all(attempts.map((attempt) => scene.send(attempt)));
    scene.wait(14);
    for (const attempt of attempts) await scene.send(attempt);
    expect(scene.asked).toBe(1);
  });

  it('TSL-8.3-04 again in the background once half of its ttl is over, and nobody waits for that', async () => {
    await using scene = await StatusScene.open(certificates);
    const attempt = scene.at(5);
    await scene.send(attempt);
    let answer = () => {};
    scene.server.answers[LIST] = (request, response) => {
      answer = () => text(scene.list())(request, response);
    };
    scene.statuses = { 5: STATUS.invalid };
    scene.wait(15);
    for (let i = 0; i < 10; i += 1) expect(await scene.outcome(attempt)).toBe('accepted');
    await vi.waitFor(() => expect(scene.asked).toBe(2));
    answer();
    await vi.waitFor(async () => expect(await scene.outcome(attempt)).toBe('token_revoked'));
    expect(scene.asked).toBe(2);
  });

  it('once while the answer is on its way, however long that takes', async () => {
    await using scene = await StatusScene.open(certificates);
    let answer = () => {};
    scene.server.answers[LIST] = (request, response) => {
      answer = () => text(scene.list())(request, response);
    };
    const outcomes: Promise<string>[] = [];
    for (let i = 0; i < 5; i += 1) {
      outcomes.push(scene.outcome(scene.at(i)));
      await vi.waitFor(() => expect(scene.asked).toBe(1));
      await setImmediate(); // by now it waits, too
      scene.wait(1);
    }
    answer();
    expect(await Promise.all(outcomes)).toEqual(Array(5).fill('accepted'));
    expect(scene.asked).toBe(1);
  });

  it('TSL-8.3-04 at the end of its ttl, and then everybody waits', async () => {
    await using scene = await StatusScene.open(certificates);
    const attempt = scene.at(5);
    await scene.send(attempt);
    scene.statuses = { 5: STATUS.invalid };
    scene.wait(30);
    expect(await scene.outcome(attempt)).toBe('token_revoked');
  });

  it.each([
    { payload: { ttl: 3600, exp: 2e9 }, statusMaxAge: 60, until: 60 },
    { payload: { ttl: 3600, exp: 2e9 }, statusMaxAge: 7, until: 7 },
    { payload: { ttl: 20, exp: 2e9 }, statusMaxAge: 60, until: 20 },
    { payload: { ttl: undefined, exp: 2e9 }, statusMaxAge: 60, until: 60 },
    { payload: { ttl: 1e300, exp: 2e9 }, statusMaxAge: 60, until: 60 },
  ])('TSL-8.3-04 a revocation is learned of within $until s: $payload, $statusMaxAge', async (row) => {
    const { payload, statusMaxAge, until } = row;
    await using scene = await StatusScene.open(certificates, { statusMaxAge });
    scene.forgery = { payload };
    const attempt = scene.at(5);
    await scene.send(attempt);
    scene.statuses = { 5: STATUS.invalid };
    scene.wait(until - 0.001);
    expect(await scene.outcome(attempt)).toBe('accepted');
    scene.wait(0.001);
    expect(await scene.outcome(attempt)).toBe('token_revoked');
  });

  it('TSL-8.3-03 a list is not used from its exp on', async () => {
    await using scene = await StatusScene.open(certificates);
    scene.forgery = { payload: { exp: scene.now + 10 } };
    const attempt = scene.at(5);
    await scene.send(attempt);
    scene.wait(9);
    scene.server.answers[LIST] = status(500);
    expect(await scene.outcome(attempt)).toBe('accepted');
    scene.wait(1);
    expect(await scene.outcome(attempt)).toBe('issuer_unavailable');
  });

  it('TSL-8.2-02 HTTP fields neither keep a list longer nor shorter', async () => {
    await using scene = await StatusScene.open(certificates);
    const attempt = scene.at(5);
    const kept = { 'cache-control': 'public, max-age=86400, immutable', expires: 'Fri, 01 Jan 2100 00:00:00 GMT' };
    scene.server.answers[LIST] = text(scene.list(), kept);
    await scene.send(attempt);
    scene.wait(30);
    scene.statuses = { 5: STATUS.invalid };
    scene.server.answers[LIST] = text(scene.list(), { 'cache-control': 'no-store', expires: '0' });
    expect(await scene.outcome(attempt)).toBe('token_revoked');
    scene.statuses = {};
    scene.server.answers[LIST] = text(scene.list());
    scene.wait(14);
    expect(await scene.outcome(attempt)).toBe('token_revoked'); // it was told not to store, and did for half its ttl
    expect(scene.asked).toBe(2);
  });

  it('TSL-11-01 a list that is to be had no more is asked for once in a second, whatever comes', async () => {
    await using scene = await StatusScene.open(certificates);
    scene.server.answers[LIST] = status(503);
    for (let second = 1; second <= 3; second += 1) {
      const attempts = Array.from({ length: 50 }, (_, i) => scene.at(i));
      const codes = await Promise.all(attempts.map((attempt) => scene.outcome(attempt)));
      expect(new Set(codes)).toEqual(new Set(['issuer_unavailable']));
      for (const attempt of attempts) await scene.outcome(attempt);
      expect(scene.asked).toBe(second);
      scene.wait(1);
    }
  });

  it('is asked for again when the clock has stepped back, since nobody knows how old it is', async () => {
    await using scene = await StatusScene.open(certificates);
    const attempt = scene.at(5, { iat: scene.now - 7200 });
    await scene.send(attempt);
    scene.statuses = { 5: STATUS.invalid };
    scene.wait(-3600);
    expect(await scene.outcome(attempt)).toBe('token_revoked');
  });

  it('at most a thousand lists are kept', async () => {
    const lists = new Map<string, string>();
    const scene = await StatusScene.open(certificates, {
      fetch: (async (url: string) => {
        const found = lists.get(new URL(url).pathname);
        if (found === undefined) return await scene.server.fetch(url);
        asked.push(url);
        return new Response(found, { headers: { 'content-type': 'application/statuslist+jwt' } });
      }) as typeof globalThis.fetch,
    });
    await using _ = scene;
    const asked: string[] = [];
    const attempts = Array.from({ length: 1001 }, (_each, i) => {
      const uri = `${scene.server.issuer}/lists/${i}`;
      lists.set(`/lists/${i}`, scene.list({ payload: { sub: uri } }));
      return scene.at(5, {}, uri);
    });
    for (const attempt of attempts) await scene.send(attempt);
    expect(asked).toHaveLength(1001);
    for (const attempt of attempts.slice(-1000)) await scene.send(attempt);
    expect(asked).toHaveLength(1001);
    for (const attempt of attempts.slice(0, 1)) await scene.send(attempt);
    expect(asked).toHaveLength(1002);
  });
});

describe('the end of a list whose issuer does not answer', () => {
  it('TSL-8.3-06 is the end of its tokens, until there is a list again', async () => {
    await using scene = await StatusScene.open(certificates);
    const attempt = scene.at(5);
    await scene.send(attempt);
    scene.server.answers[LIST] = status(500);
    for (let i = 0; i < 29; i += 1) {
      scene.wait(1);
      expect(await scene.outcome(attempt)).toBe('accepted');
    }
    scene.wait(1);
    const refusal = await scene.refusal(attempt);
    expect(refusal).toMatchObject({ code: 'issuer_unavailable', status: 503, detail: 'status list' });
    expect(refusal.headers['Retry-After']).toBe('1');
    scene.wait(1);
    scene.server.answers[LIST] = text(scene.list());
    expect(await scene.outcome(attempt)).toBe('accepted');
  });

  it('TSL-8.3-06 a list that never comes is waited for no longer than the time limit', async () => {
    await using scene = await StatusScene.open(certificates, { timeout: 1500 });
    await scene.send(scene.at(5)); // the keys of the issuer are here by now
    scene.server.answers['/status/2'] = silence;
    const begun = performance.now();
    expect(await scene.outcome(scene.at(5, {}, `${scene.server.issuer}/status/2`))).toBe('issuer_unavailable');
    expect(performance.now() - begun).toBeLessThan(10_000);
  });
});

describe('watching over the token of a connection', () => {
  it('FAPI2-5.3.4-03 ends once the list says that it is revoked, by a look of its own', async () => {
    await using scene = await StatusScene.open(certificates, { watchInterval: 20 });
    const access = await scene.send(scene.at(5));
    const end = new Promise<HoldfastError>((resolve) => scene.verifier.watch(access, resolve));
    scene.statuses = { 5: STATUS.invalid };
    scene.wait(30);
    expect((await end).code).toBe('token_revoked');
  });

  it('FAPI2-5.3.4-03 ends at once when another request brings the list, and no other with it', async () => {
    await using scene = await StatusScene.open(certificates, { watchInterval: 3_600_000 });
    const ends: number[] = [];
    for (const idx of [4, 5, 6]) {
      const access = await scene.send(scene.at(idx));
      scene.verifier.watch(access, () => ends.push(idx));
    }
    scene.statuses = { 5: STATUS.invalid };
    scene.wait(15);
    await scene.send(scene.at(7));
    await vi.waitFor(() => expect(ends).toEqual([5]));
  });

  it('FAPI2-5.3.4-03 ends at once for a token that was revoked before the watching began', async () => {
    await using scene = await StatusScene.open(certificates, { watchInterval: 3_600_000 });
    const access = await scene.send(scene.at(5));
    scene.statuses = { 5: STATUS.invalid };
    scene.wait(30);
    await scene.outcome(scene.at(4));
    const refusal = await new Promise<HoldfastError>((resolve) => scene.verifier.watch(access, resolve));
    expect(refusal.code).toBe('token_revoked');
  });
});
