import { beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from './certificates.ts';
import { makeKey, published } from './forge.ts';
import { type Answer, type IssuerServer, json, METADATA, serveIssuer, silence, status } from './issuer-server.ts';
import { boundTo, Scene } from './scene.ts';

let certificates: Certificates;
const key = makeKey('ES256', 'issuer-1');
const client = makeKey();

beforeAll(async () => {
  certificates = await makeCertificates();
});

function discover(server: IssuerServer, timeout = 10_000): Scene {
  const { issuer, fetch } = server;
  const scene = new Scene({ issuer, fetch, jwks: undefined as never, timeout }, { issuer: key, client });
  const token = scene.token.bind(scene);
  scene.token = (forgery = {}) => token({ ...forgery, payload: { iss: issuer, ...forgery.payload } });
  return scene;
}

const outcome = (sent: Promise<unknown>): Promise<string> =>
  sent.then(
    () => 'accepted',
    (error) => error.code,
  );

describe('keys by the issuer’s metadata', () => {
  it('are fetched once and kept', async () => {
    await using server = await serveIssuer(certificates, [key]);
    const scene = discover(server);
    for (let i = 0; i < 3; i += 1) expect(await outcome(scene.send())).toBe('accepted');
    expect(server.asked).toEqual([METADATA, '/jwks']);
  });

  it('are fetched once for 100 concurrent requests', async () => {
    await using server = await serveIssuer(certificates, [key]);
    const scene = discover(server);
    const messages = await Promise.all(Array.from({ length: 100 }, () => scene.message()));
    const outcomes = await Promise.all(messages.map((message) => outcome(scene.verifier.verify(message))));
    expect(outcomes).toEqual(Array(100).fill('accepted'));
    expect(server.asked).toEqual([METADATA, '/jwks']);
  });

  it('are waited for by whoever comes later, however long they take', async () => {
    await using server = await serveIssuer(certificates, [key]);
    const scene = discover(server, 60_000);
    const answer = server.answers[METADATA] as Answer;
    const arrived = new Promise<() => void>((resolve) => {
      server.answers[METADATA] = (request, response) => resolve(() => answer(request, response));
    });
    const first = outcome(scene.send({ scheme: 'Bearer' }));
    const release = await arrived;
    scene.wait(31);
    const second = outcome(scene.send());
    await expect.poll(() => server.asked).toEqual([METADATA]);
    release();
    expect(await Promise.all([first, second])).toEqual(['scheme_mismatch', 'accepted']);
    expect(server.asked).toEqual([METADATA, '/jwks']);
  });

  it('of an issuer with a path are found by RFC 8414 §3.1', async () => {
    await using server = await serveIssuer(certificates, [key]);
    const issuer = `${server.issuer}/tenant/a`;
    server.answers[`${METADATA}/tenant/a`] = json({ issuer, jwks_uri: `${server.issuer}/jwks` });
    const scene = discover({ ...server, issuer });
    expect(await outcome(scene.send())).toBe('accepted');
  });

  it('are asked for again after a while, and then forget a key that the issuer withdrew', async () => {
    await using server = await serveIssuer(certificates, [key]);
    const scene = discover(server);
    await scene.send();
    server.answers['/jwks'] = json({ keys: [published(makeKey('ES256', 'issuer-2'))] });
    scene.wait(599);
    expect(await outcome(scene.send())).toBe('accepted');
    scene.wait(1);
    expect(await outcome(scene.send())).toBe('token_key_unknown');
  });
});

describe('a kid that is new', () => {
  it('is fetched once the cooldown is over, and not before', async () => {
    await using server = await serveIssuer(certificates, [key]);
    const next = makeKey('ES256', 'issuer-2');
    const scene = discover(server);
    await scene.send();
    server.answers['/jwks'] = json({ keys: [key, next].map(published) });
    scene.wait(29);
    expect(await outcome(scene.send({ token: { key: next } }))).toBe('token_key_unknown');
    expect(server.asked).toHaveLength(2);
    scene.wait(1);
    expect(await outcome(scene.send({ token: { key: next } }))).toBe('accepted');
    expect(await outcome(scene.send())).toBe('accepted');
    expect(server.asked).toHaveLength(4);
  });

  it('by the hundred costs the issuer one question per cooldown, and good tokens nothing', async () => {
    await using server = await serveIssuer(certificates, [key]);
    const scene = discover(server);
    await scene.send();
    scene.wait(30);
    const strangers = Array.from({ length: 100 }, (_, i) => scene.send({ token: { header: { kid: `kid-${i}` } } }));
    const outcomes = await Promise.all([...strangers.map(outcome), outcome(scene.send())]);
    expect(outcomes).toEqual([...Array(100).fill('token_key_unknown'), 'accepted']);
    expect(server.asked).toHaveLength(4);
  });

  it('is refused as unknown, not as an outage, while the issuer is down', async () => {
    await using server = await serveIssuer(certificates, [key]);
    const scene = discover(server);
    await scene.send();
    scene.wait(31);
    server.answers[METADATA] = status(500);
    expect(await outcome(scene.send({ token: { header: { kid: 'other' } } }))).toBe('token_key_unknown');
    expect(await outcome(scene.send())).toBe('accepted');
  });
});

describe('while the issuer is down', () => {
  it.each([
    ['refuses', status(500)],
    ['says nothing', silence],
  ])('serves the keys it has for an hour and then fails closed; the issuer %s', async (_what, answer) => {
    await using server = await serveIssuer(certificates, [key]);
    const scene = discover(server, 1000);
    await scene.send();
    server.answers[METADATA] = answer;
    for (const waited of [600, 1200, 1799]) {
      scene.wait(waited);
      expect(await outcome(scene.send())).toBe('accepted');
    }
    scene.wait(1);
    expect(await scene.refusal()).toMatchObject({
      code: 'issuer_unavailable',
      status: 503,
      headers: { 'Retry-After': '1' },
    });
  });

  it('lets nobody wait for it once it has failed', async () => {
    await using server = await serveIssuer(certificates, [key]);
    const scene = discover(server, 60_000);
    await scene.send();
    server.answers[METADATA] = status(500);
    scene.wait(600);
    await scene.send();
    server.answers[METADATA] = silence;
    scene.wait(30);
    expect(await outcome(scene.send())).toBe('accepted');
    await expect.poll(() => server.asked).toEqual([METADATA, '/jwks', METADATA, METADATA]);
  });

  it('is asked again and served from as soon as it is back', async () => {
    await using server = await serveIssuer(certificates, [key]);
    server.answers[METADATA] = status(503);
    const scene = discover(server);
    expect(await outcome(scene.send())).toBe('issuer_unavailable');
    server.answers[METADATA] = json({ issuer: server.issuer, jwks_uri: `${server.issuer}/jwks` });
    expect(await outcome(scene.send())).toBe('issuer_unavailable'); // within the same second nobody asks again
    scene.wait(1);
    expect(await outcome(scene.send())).toBe('accepted');
  });

  it('is asked again at once when the clock stepped back, which says nothing about how long ago it was asked', async () => {
    await using server = await serveIssuer(certificates, [key]);
    server.answers[METADATA] = status(503);
    const scene = discover(server);
    expect(await outcome(scene.send())).toBe('issuer_unavailable');
    server.answers[METADATA] = json({ issuer: server.issuer, jwks_uri: `${server.issuer}/jwks` });
    scene.wait(-3600);
    expect(await outcome(scene.send())).toBe('accepted');
    server.answers['/jwks'] = json({ keys: [published(makeKey('ES256', 'issuer-2'))] });
    scene.wait(-3600);
    expect(await outcome(scene.send())).toBe('token_key_unknown');
  });

  it('uses the keys it has while the clock steps back and the issuer does not answer, and no longer than an hour', async () => {
    await using server = await serveIssuer(certificates, [key]);
    const scene = discover(server);
    // The replay table, which refuses what it may have forgotten, has no say in this
    const certificate = Buffer.from('own');
    const send = () => scene.send({ scheme: 'Bearer', token: boundTo(certificate), certificate });
    await send();
    server.answers[METADATA] = status(500);
    for (const step of [-1, -60, -3600]) {
      scene.wait(step);
      expect(await outcome(send())).toBe('accepted');
    }
    scene.wait(2999);
    expect(await outcome(send())).toBe('accepted');
    scene.wait(31);
    expect(await outcome(send())).toBe('issuer_unavailable');
  });
});
