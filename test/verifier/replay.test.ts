import type { HttpMessage, ReplayStore } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { describe, expect, it } from 'vitest';
import { makeKey } from './forge.ts';
import { Scene } from './scene.ts';

const outcome = (sent: Promise<unknown>): Promise<string> =>
  sent.then(
    () => 'accepted',
    (error) => error.code,
  );

/** A store that remembers for ever and shows what it was asked. */
function recording(): ReplayStore & { readonly calls: { key: string; expiresAt: number }[] } {
  const calls: { key: string; expiresAt: number }[] = [];
  return {
    calls,
    add(key, _value, expiresAt) {
      const isNew = calls.every((call) => call.key !== key);
      calls.push({ key, expiresAt });
      return isNew;
    },
  };
}

describe.each(['required', 'off'] as const)('RFC 9449 §11.1 replay, nonces %s', (nonce) => {
  it('DPOP-11.1-02 C080 takes a proof once', async () => {
    const scene = new Scene({ nonce });
    const message = await scene.message();
    await expect(scene.verifier.verify(message)).resolves.toBeDefined();
    expect(await scene.refusal(message)).toMatchObject({
      code: 'proof_replayed',
      status: 401,
      error: 'invalid_dpop_proof',
    });
  });

  it('DPOP-11.1-02 N6 lets exactly one of 100 concurrent duplicates in', async () => {
    const scene = new Scene({ nonce });
    const message = await scene.message();
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => outcome(scene.verifier.verify(message))));
    expect(outcomes.filter((each) => each === 'accepted')).toHaveLength(1);
    expect(outcomes.filter((each) => each === 'proof_replayed')).toHaveLength(99);
  });

  it('DPOP-11.1-02 refuses the jti in a new proof too, whatever else the proof says', async () => {
    const scene = new Scene({ nonce });
    const jti = 'once';
    await scene.send({ proof: { payload: { jti } } });
    scene.wait(1);
    expect(await scene.code({ proof: { payload: { jti } } })).toBe('proof_replayed');
    expect(await scene.code({ proof: { payload: { jti, iat: scene.now + 5, more: 1 } } })).toBe('proof_replayed');
    expect(await scene.code({ proof: { payload: { jti, htu: 'https://VENUE.example:443/%6Frders?x' } } })).toBe(
      'proof_replayed',
    );
  });

  it('N6 takes the same jti for another method, another URI and of another client', async () => {
    const scene = new Scene({ nonce });
    const proof = { payload: { jti: 'once' } };
    const key = makeKey();
    await expect(scene.send({ proof })).resolves.toBeDefined();
    await expect(scene.send({ proof, method: 'POST' })).resolves.toBeDefined();
    await expect(scene.send({ proof, target: '/positions' })).resolves.toBeDefined();
    await expect(
      scene.send({ proof: { key, ...proof }, token: { payload: { cnf: { jkt: key.jkt } } } }),
    ).resolves.toBeDefined();
    expect(await scene.code({ proof })).toBe('proof_replayed');
  });

  it('keeps fields apart that would run together without delimiters', async () => {
    const scene = new Scene({ nonce });
    await expect(scene.send({ target: '/a', proof: { payload: { jti: 'b/c' } } })).resolves.toBeDefined();
    await expect(scene.send({ target: '/ab', proof: { payload: { jti: '/c' } } })).resolves.toBeDefined();
    await expect(scene.send({ target: '/a', proof: { payload: { jti: '\nb/c' } } })).resolves.toBeDefined();
  });

  it('N6 remembers a proof through the last second at which it could be accepted', async () => {
    const scene = new Scene({ nonce, maxAge: 30 });
    const message = await scene.message();
    await scene.verifier.verify(message);
    for (let waited = 0; waited <= 200; waited += 1, scene.wait(1)) {
      expect(await outcome(scene.verifier.verify(message))).not.toBe('accepted');
    }
    expect(['proof_iat', 'nonce_stale']).toContain(await outcome(scene.verifier.verify(message)));
  });
});

describe('how long a jti is remembered', () => {
  it.each([10, 0, -59, -60])('XukuLLC/attesto#18 iat %i s from now: never accepted again', async (off) => {
    const scene = new Scene({ nonce: 'off' });
    const message = await scene.message({ proof: { payload: { iat: scene.now + off } } });
    await scene.verifier.verify(message);
    for (let waited = 0; waited <= 100; waited += 1, scene.wait(1)) {
      expect(await outcome(scene.verifier.verify(message))).not.toBe('accepted');
    }
  });

  it('N6 asks the store to remember past the end of acceptance, counted from iat', async () => {
    const replay = recording();
    const scene = new Scene({ nonce: 'off', replay });
    await scene.send({ proof: { payload: { iat: scene.now + 10 } } });
    await scene.send({ proof: { payload: { iat: scene.now - 60 } } });
    expect(replay.calls[0]?.expiresAt).toBeGreaterThanOrEqual(scene.now + 10 + 60);
    expect(replay.calls[1]?.expiresAt).toBeGreaterThanOrEqual(scene.now);
  });

  it('N6 outlives the last second by the time that a store may take', async () => {
    const underWay = [0, 3]; // seconds
    const add = async (key: string, value: string, expiresAt: number) => {
      scene.wait(underWay.shift() ?? 0);
      return await store.add(key, value, expiresAt);
    };
    const scene: Scene = new Scene({ nonce: 'off', timeout: 3000, replay: { add } });
    const store = memoryStore({ clock: () => scene.clock.now });
    const message = await scene.message({ proof: { payload: { iat: scene.now - 60 } } });
    await scene.verifier.verify(message);
    expect(await scene.code(message)).toBe('proof_replayed');
  });

  it('remembers a fraction of a second in full', async () => {
    const scene = new Scene({ nonce: 'off', maxAge: 0.5, skew: 0.5 });
    const message = await scene.message({ proof: { payload: { iat: scene.now + 0.25 } } });
    await scene.verifier.verify(message);
    scene.wait(1);
    expect(await outcome(scene.verifier.verify(message))).not.toBe('accepted');
  });

  it('DPOP-11.1-03 stores a digest, however long the jti is', async () => {
    const replay = recording();
    const scene = new Scene({ replay });
    await scene.send({ proof: { payload: { jti: 'j'.repeat(2000) } } });
    expect(replay.calls[0]?.key.length).toBeLessThan(100);
    expect(replay.calls[0]?.key).not.toContain('jjjjjjjj');
  });

  it('DPOP-11.1-03 refuses a proof that a huge jti makes too large', async () => {
    const replay = recording();
    const scene = new Scene({ replay });
    expect(await scene.code({ proof: { payload: { jti: 'j'.repeat(1024 * 1024) } } })).toBe('proof_too_large');
    expect(replay.calls).toEqual([]);
  });
});

describe('what must not burn a jti', () => {
  const thief = makeKey();
  const attempts: Readonly<Record<string, Parameters<Scene['message']>[0]>> = {
    'another token': { proof: { payload: { ath: 'x' } } },
    'another method': { proof: { payload: { htm: 'PUT' } } },
    'another URI': { proof: { payload: { htu: 'https://venue.example/x' } } },
    'no nonce': { proof: { payload: { nonce: undefined } } },
    'a broken token': { token: 'a.b.c' },
    'an expired token': { token: { payload: { exp: 1 } } },
    'an unbound token': { token: { payload: { cnf: undefined } } },
    'a key that the token is not bound to': { proof: { key: thief } },
    'a missing certificate': {
      token: { payload: { cnf: { jkt: thief.jkt, 'x5t#S256': thief.jkt } } },
      proof: { key: thief },
    },
  };

  it.each(Object.entries(attempts))('N6 C080 %s', async (_what, attempt) => {
    const replay = recording();
    const scene = new Scene({ replay });
    const proof = typeof attempt?.proof === 'object' ? attempt.proof : {};
    await scene.refusal({ ...attempt, proof: { ...proof, payload: { jti: 'mine', ...proof?.payload } } });
    expect(replay.calls).toEqual([]);
    await expect(scene.send({ proof: { payload: { jti: 'mine' } } })).resolves.toBeDefined();
  });

  it('a broken signature of the proof', async () => {
    const replay = recording();
    const scene = new Scene({ replay });
    const token = scene.token();
    const impostor = { ...thief, publicJwk: scene.client.publicJwk };
    expect(await scene.code({ token, proof: { key: impostor } })).toBe('proof_signature');
    expect(replay.calls).toEqual([]);
  });

  it('a scope that the token lacks', async () => {
    const replay = recording();
    const scene = new Scene({ replay });
    const message: HttpMessage = await scene.message();
    expect(await scene.code(message, { scope: ['positions:read'] })).toBe('scope_insufficient');
    expect(replay.calls).toEqual([]);
    await expect(scene.verifier.verify(message, { scope: ['orders:read'] })).resolves.toBeDefined();
  });
});

it('takes no notice of a Bearer request’s proof', async () => {
  const replay = recording();
  const scene = new Scene({ replay });
  await scene.refusal({ scheme: 'Bearer', proof: {} });
  expect(replay.calls).toEqual([]);
});
