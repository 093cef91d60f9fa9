import type { Access } from '@holdfast/verifier';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from './certificates.ts';
import { IntrospectionScene } from './introspection-scene.ts';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await makeCertificates();
});

describe('one question', () => {
  it('serves 100 concurrent requests with one token', async () => {
    await using scene = await IntrospectionScene.open(certificates);
    const token = scene.issue();
    const messages = await Promise.all(Array.from({ length: 100 }, () => scene.message({ token })));
    await Promise.all(messages.map((message) => scene.verifier.verify(message)));
    expect(scene.asked).toEqual([token]);
  });

  it('that stays without answer is the refusal of all who wait, each with its own challenge', async () => {
    await using scene = await IntrospectionScene.open(certificates);
    const held = scene.hold();
    const [token, good] = [scene.issue({ active: false }), scene.byCertificate()];
    const byProof = scene.refusal({ token });
    const byCertificate = scene.refusal({ token, scheme: 'Bearer' });
    await expect.poll(() => held).toHaveLength(1);
    held[0]?.();
    const [first, second] = await Promise.all([byProof, byCertificate]);
    expect([first.code, second.code]).toEqual(['token_inactive', 'token_inactive']);
    expect(first.headers['WWW-Authenticate']).toMatch(/^DPoP error="invalid_token"/);
    expect(second.headers['WWW-Authenticate']).toMatch(/^Bearer error="invalid_token"/);
    scene.say = (_question, response) => void response.writeHead(500).end();
    const refusals = await Promise.all([scene.refusal(good), scene.refusal(good)]);
    expect(refusals.map(({ code }) => code)).toEqual(['issuer_unavailable', 'issuer_unavailable']);
    expect(refusals[0]).not.toBe(refusals[1]);
  });

  it('that was asked before the ttl does not serve a request that comes after it', async () => {
    await using scene = await IntrospectionScene.open(certificates, { ttl: 2 });
    const held = scene.hold();
    const attempt = scene.byCertificate();
    const claims = scene.known.get(attempt.token) ?? {};
    const message = await scene.message(attempt);
    const early = [scene.verifier.verify(message)];
    await expect.poll(() => held).toHaveLength(1);
    scene.wait(1);
    early.push(scene.verifier.verify(message));
    scene.wait(1);
    scene.known.set(attempt.token, { active: false });
    const late = scene.code(attempt);
    await expect.poll(() => held).toHaveLength(2);
    scene.known.set(attempt.token, claims);
    held[0]?.();
    expect((await Promise.all(early)).map(({ clientId }) => clientId)).toEqual(['client-1', 'client-1']);
    // The end of the older question is not that of the newer one
    const joined = scene.verifier.verify(message);
    scene.known.set(attempt.token, { active: false });
    held[1]?.();
    expect(await late).toBe('token_inactive');
    await expect(joined).rejects.toMatchObject({ code: 'token_inactive' });
    expect(held).toHaveLength(2);
  });

  it('that was asked by a clock that has stepped back since does not serve a request', async () => {
    await using scene = await IntrospectionScene.open(certificates);
    const held = scene.hold();
    const attempt = scene.byCertificate();
    const message = await scene.message(attempt);
    const before = scene.verifier.verify(message);
    await expect.poll(() => held).toHaveLength(1);
    scene.wait(-1);
    const after = scene.verifier.verify(message);
    await expect.poll(() => held).toHaveLength(2);
    for (const release of held) release();
    await Promise.all([before, after]);
  });

  it('of each request is asked with ttl 0, also of concurrent ones: no answer is older than its request', async () => {
    await using scene = await IntrospectionScene.open(certificates, { ttl: 0 });
    const held = scene.hold();
    const attempt = scene.byCertificate();
    const first = scene.send(attempt);
    await expect.poll(() => held).toHaveLength(1);
    const second = scene.code(attempt);
    await expect.poll(() => held).toHaveLength(2);
    held[0]?.();
    expect((await first).clientId).toBe('client-1');
    scene.known.set(attempt.token, { active: false });
    held[1]?.();
    expect(await second).toBe('token_inactive');
  });

  it('is not asked a second time by itself: the next request asks anew', async () => {
    await using scene = await IntrospectionScene.open(certificates);
    const token = scene.issue();
    const { say } = scene;
    scene.say = (_question, response) => void response.writeHead(503).end();
    expect(await scene.refusal({ token })).toMatchObject({ code: 'issuer_unavailable', status: 503 });
    expect(scene.questions).toHaveLength(1);
    scene.say = say;
    await scene.send({ token });
    expect(scene.questions).toHaveLength(2);
  });
});

describe('a flood of tokens that nobody issued', () => {
  it('is refused for five seconds by the answer to its first question, for each token', async () => {
    await using scene = await IntrospectionScene.open(certificates);
    const attempt = { scheme: 'Bearer', token: 'garbage' };
    for (let i = 0; i < 100; i += 1) expect(await scene.code(attempt)).toBe('token_inactive');
    scene.wait(4);
    expect(await scene.code(attempt)).toBe('token_inactive');
    expect(scene.asked).toEqual(['garbage']);
    const { token, ...issued } = scene.byCertificate();
    scene.known.set('garbage', scene.known.get(token) ?? {});
    scene.wait(1);
    await scene.send({ ...issued, token: 'garbage' });
    expect(scene.asked).toEqual(['garbage', 'garbage']);
  });

  it('is asked about again when the clock stepped back', async () => {
    await using scene = await IntrospectionScene.open(certificates);
    const attempt = { scheme: 'Bearer', token: 'garbage' };
    expect(await scene.code(attempt)).toBe('token_inactive');
    scene.wait(-1);
    expect(await scene.code(attempt)).toBe('token_inactive');
    expect(scene.questions).toHaveLength(2);
  });

  it.each([undefined, 3])('never has more questions outstanding than concurrency: %s', async (concurrency) => {
    await using scene = await IntrospectionScene.open(certificates, concurrency === undefined ? {} : { concurrency });
    const most = concurrency ?? 64;
    const known = scene.issue();
    await scene.send({ token: known });
    const held = scene.hold();
    const flood = (from: number, count: number) =>
      Array.from({ length: count }, (_each, i) => scene.code({ scheme: 'Bearer', token: `garbage-${from + i}` }));
    const waiting = flood(0, most);
    await expect.poll(() => held).toHaveLength(most);
    // At once, while nobody is answered
    const refused = await scene.refusal({ scheme: 'Bearer', token: 'one-more' });
    expect(refused).toMatchObject({ code: 'issuer_unavailable', status: 503, detail: 'too many questions' });
    expect(await Promise.all(flood(most, 100))).toEqual(Array(100).fill('issuer_unavailable'));
    expect(held).toHaveLength(most);
    // Who is known, or joins a question, is not concerned
    await scene.send({ token: known });
    const joined = scene.code({ scheme: 'Bearer', token: 'garbage-0' });
    for (const release of held.splice(0)) release();
    expect(await Promise.all(waiting)).toEqual(Array(most).fill('token_inactive'));
    expect(await joined).toBe('token_inactive');
    const next = scene.send({ token: scene.issue() });
    await expect.poll(() => held).toHaveLength(1);
    held[0]?.();
    await next;
  });

  it('ends no connection of a hundred that began together: their tokens are not asked about together', async () => {
    await using scene = await IntrospectionScene.open(certificates, {}, { watchInterval: 2000 });
    const ends: string[] = [];
    const accesses: Access[] = [];
    for (let i = 0; i < 100; i += 1) accesses.push(await scene.send({ token: scene.issue() }));
    for (const access of accesses) scene.verifier.watch(access, ({ code }) => ends.push(code));
    scene.wait(31); // longer than the answers are used
    await expect.poll(() => scene.asked.length + ends.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(200);
    expect(ends).toEqual([]);
  });

  it('does not use up the places for good, when the issuer says nothing', async () => {
    await using scene = await IntrospectionScene.open(certificates, { concurrency: 2 }, { timeout: 100 });
    const { say } = scene;
    scene.say = () => {};
    for (let i = 0; i < 3; i += 1) {
      const tokens = [scene.issue(), scene.issue()];
      const codes = await Promise.all(tokens.map((token) => scene.refusal({ token })));
      expect(codes.map(({ detail }) => detail)).toEqual(['introspection', 'introspection']);
    }
    scene.say = say;
    await scene.send({ token: scene.issue() });
  });

  it('costs no question without a proof that is sound, for this request and fresh', async () => {
    await using scene = await IntrospectionScene.open(certificates);
    for (const proof of [null, 'garbage', { payload: { nonce: 'old' } }, { payload: { htm: 'POST' } }]) {
      await scene.refusal({ token: 'garbage', proof });
    }
    expect(scene.server.asked).toEqual([]);
  });
});
