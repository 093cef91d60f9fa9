import { beforeAll, describe, expect, it } from 'vitest';
import { type Certificates, makeCertificates } from './certificates.ts';
import { makeKey } from './forge.ts';
import { IntrospectionScene, type Say } from './introspection-scene.ts';

let certificates: Certificates;

beforeAll(async () => {
  certificates = await makeCertificates();
});

const inactive: Say = (_question, response) =>
  void response.setHeader('content-type', 'application/json').end('{"active":false}');

describe('RFC 7662 §4 an active answer', () => {
  it('INTRO-2.2-05: is used for 30 seconds, and then asked for again', async () => {
    await using scene = await IntrospectionScene.open(certificates);
    const token = scene.issue();
    await scene.send({ token });
    scene.say = inactive;
    scene.wait(29);
    await scene.send({ token });
    expect(scene.questions).toHaveLength(1);
    scene.wait(1);
    expect(await scene.code({ token })).toBe('token_inactive');
    expect(scene.questions).toHaveLength(2);
  });

  it('INTRO-2.2-05: is used for as long as ttl says', async () => {
    await using scene = await IntrospectionScene.open(certificates, { ttl: 3 });
    const token = scene.issue();
    for (const [waited, questions] of [
      [0, 1],
      [2, 1],
      [1, 2],
      [2, 2],
      [1, 3],
    ] as const) {
      scene.wait(waited);
      await scene.send({ token });
      expect(scene.questions).toHaveLength(questions);
    }
  });

  it('INTRO-4-01: is not used past exp', async () => {
    await using scene = await IntrospectionScene.open(certificates, { ttl: 3600 });
    const token = scene.issue({ exp: scene.now + 7 });
    await scene.send({ token });
    scene.wait(6);
    await scene.send({ token });
    expect(scene.questions).toHaveLength(1);
    scene.wait(1);
    expect(await scene.code({ token })).toBe('token_expired');
    expect(scene.questions).toHaveLength(2);
  });

  it('INTRO-4-01: is not used when exp came while the issuer was answering', async () => {
    await using scene = await IntrospectionScene.open(certificates);
    const held = scene.hold();
    const refusal = scene.code({ token: scene.issue({ exp: scene.now + 5 }) });
    await expect.poll(() => held).toHaveLength(1);
    scene.wait(5);
    held[0]?.();
    expect(await refusal).toBe('token_expired');
  });

  it('INTRO-4-01: is not used for longer because the clock stepped back', async () => {
    await using scene = await IntrospectionScene.open(certificates);
    const attempt = scene.byCertificate({ iat: scene.now - 9000 });
    await scene.send(attempt);
    for (const step of [-1, -60, -3600]) {
      const { length } = scene.questions;
      scene.wait(step);
      await scene.send(attempt);
      expect(scene.questions).toHaveLength(length + 1);
    }
    scene.wait(29);
    await scene.send(attempt);
    expect(scene.questions).toHaveLength(4);
    scene.wait(1);
    scene.say = inactive;
    expect(await scene.code(attempt)).toBe('token_inactive');
  });

  it('INTRO-4-03: is used for its token only, in whatever order answers come', async () => {
    await using scene = await IntrospectionScene.open(certificates);
    const { say } = scene;
    const held = scene.hold();
    const tokens = ['a', 'b', 'c'].map((client_id) => scene.issue({ client_id }));
    const messages = await Promise.all(tokens.map((token) => scene.message({ token })));
    const accesses = messages.map((message) => scene.verifier.verify(message));
    await expect.poll(() => held).toHaveLength(3);
    for (const release of held.reverse()) release();
    expect((await Promise.all(accesses)).map(({ clientId }) => clientId)).toEqual(['a', 'b', 'c']);
    for (const [i, token] of tokens.entries()) {
      expect((await scene.send({ token })).clientId).toBe('abc'[i]);
    }
    scene.say = say;
    expect(await scene.code({ token: `${tokens[0]}x` })).toBe('token_inactive');
  });

  it('CVE-2024-49755: is no reason to take another key, nor to skip the signature', async () => {
    await using scene = await IntrospectionScene.open(certificates);
    const token = scene.issue();
    await scene.send({ token });
    expect(await scene.code({ token, proof: { key: makeKey() } })).toBe('key_mismatch');
    const [header, payload] = (await scene.proof(token)).split('.');
    const [, , signature] = (await scene.proof(token)).split('.');
    expect(await scene.code({ token, proof: `${header}.${payload}.${signature}` })).toBe('proof_signature');
    expect(scene.questions).toHaveLength(1);
  });

  it('FAPI2-5.3.4-03: ends when its token is revoked here, before and while the issuer answers', async () => {
    await using scene = await IntrospectionScene.open(certificates);
    const { issuer } = scene.server;
    const [before, meanwhile] = [scene.issue({ jti: 'before' }), scene.issue({ jti: 'meanwhile' })];
    const expiresAt = scene.now + 300;
    await scene.send({ token: before });
    scene.verifier.revoke({ issuer, jti: 'before', expiresAt });
    expect(await scene.code({ token: before })).toBe('token_revoked');
    const { say } = scene;
    const held = scene.hold();
    const refusal = scene.code({ token: meanwhile });
    await expect.poll(() => held).toHaveLength(1);
    scene.verifier.revoke({ issuer, jti: 'meanwhile', expiresAt });
    held[0]?.();
    expect(await refusal).toBe('token_revoked');
    scene.say = say;
    await scene.send({ token: scene.issue({ jti: 'another' }) });
  });

  it('FAPI2-5.3.4-03: ends what lives on it, once the issuer says that the token is inactive', async () => {
    await using scene = await IntrospectionScene.open(certificates, { ttl: 0 }, { watchInterval: 5 });
    const token = scene.issue();
    const access = await scene.send({ token });
    const ended = new Promise<{ readonly code: string }>((resolve) => scene.verifier.watch(access, resolve));
    await expect.poll(() => scene.questions.length).toBeGreaterThan(2);
    scene.known.set(token, { active: false });
    expect((await ended).code).toBe('token_inactive');
  });
});
