import { randomBytes } from 'node:crypto';
import { memoryStore } from '@holdfast/stores';
import { createReplayTable, type VerifierOptions } from '@holdfast/verifier';
import { describe, expect, it } from 'vitest';
import { makeKey } from './forge.ts';
import { Scene } from './scene.ts';

const noNonce = { nonce: undefined };

describe('nonce: optional', () => {
  it('DPOP-4.3-11 judges a proof without a nonce by its iat', async () => {
    const scene = new Scene({ nonce: 'optional' });
    for (const age of [-10, 0, 60]) {
      await scene.send({ proof: { key: scene.client, payload: { ...noNonce, iat: scene.now - age } } });
    }
  });

  it.each([61, -11, 3600])('DPOP-9-01 challenges one whose iat is %d s old, and says by how much', async (age) => {
    const scene = new Scene({ nonce: 'optional' });
    const refusal = await scene.refusal({ proof: { payload: { ...noNonce, iat: scene.now - age } } });
    expect(refusal).toMatchObject({ code: 'nonce_missing', error: 'use_dpop_nonce', skew: -age });
    expect(refusal.headers).toMatchObject({
      'DPoP-Nonce': expect.any(String),
      Date: new Date(scene.clock.now).toUTCString(),
    });
    const nonce = refusal.headers['DPoP-Nonce'];
    await scene.send({ proof: { payload: { nonce, iat: scene.now - age } } });
  });

  it('DPOP-8-04 does not take a nonce that is not its own, however good the iat', async () => {
    const scene = new Scene({ nonce: 'optional' });
    expect(await scene.code({ proof: { payload: { nonce: 'made-up' } } })).toBe('nonce_stale');
  });

  it('gives nobody a nonce who does not use them', async () => {
    const scene = new Scene({ nonce: 'optional' });
    expect((await scene.send({ proof: { payload: noNonce } })).headers).toEqual({});
    const refusal = await scene.refusal({ proof: { payload: { ...noNonce, htm: 'PUT' } } });
    expect(refusal.headers).not.toHaveProperty('DPoP-Nonce');
  });

  it('DPOP-11.3-01 lets no key that has used a nonce fall back to none', async () => {
    const scene = new Scene({ nonce: 'optional' });
    await scene.send({ proof: { payload: noNonce } });
    const late = await scene.refusal({ proof: { payload: { ...noNonce, iat: 0 } } });
    await scene.send({ proof: { payload: { nonce: late.headers['DPoP-Nonce'] } } });
    expect(await scene.code({ proof: { payload: noNonce } })).toBe('nonce_missing');
    scene.wait(600);
    expect(await scene.code({ proof: { payload: noNonce } })).toBe('nonce_missing');
    const other = makeKey();
    const token = { payload: { cnf: { jkt: other.jkt } } };
    await scene.send({ token, proof: { key: other, payload: noNonce } });
  });

  it('DPOP-8.2-01 hands a user of nonces the next one in time', async () => {
    const scene = new Scene({ nonce: 'optional' });
    const { headers } = await scene.refusal({ proof: { payload: { ...noNonce, iat: 0 } } });
    const nonce = headers['DPoP-Nonce'];
    scene.wait(60);
    const access = await scene.send({ proof: { payload: { nonce } } });
    expect(access.headers['DPoP-Nonce']).toMatch(/^[\w-]{22}$/);
    expect(access.headers['DPoP-Nonce']).not.toBe(nonce);
  });
});

describe('nonce: off', () => {
  it('DPOP-4.3-11 refuses a proof out of its window without a challenge, with the skew and a Date', async () => {
    const scene = new Scene({ nonce: 'off' });
    const refusal = await scene.refusal({ proof: { payload: { iat: scene.now - 61 } } });
    expect(refusal).toMatchObject({ code: 'proof_iat', error: 'invalid_dpop_proof', skew: -61 });
    expect(refusal.message).toContain('skew -61 s');
    expect(refusal.headers['Date']).toBe(new Date(scene.clock.now).toUTCString());
    expect(refusal.headers).not.toHaveProperty('DPoP-Nonce');
  });

  it('takes no notice of a nonce that is not its own', async () => {
    const scene = new Scene({ nonce: 'off' });
    const access = await scene.send({ proof: { payload: { nonce: 'of-another-process' } } });
    expect(access.headers).toEqual({});
    await scene.send({ proof: { payload: noNonce } });
  });
});

describe.each(['off', 'optional'] as const)('a restart with nonce: %s and the table in the process', (policy) => {
  const keys = () => ({ issuer: makeKey('ES256', 'issuer-1'), client: makeKey() });

  it('DPOP-11.1-02 accepts no proof that was used before it', async () => {
    const known = keys();
    for (const ahead of [0, 9, 10]) {
      const before = restarted({ nonce: policy }, known);
      before.wait(60);
      const message = await before.message({ proof: { payload: { ...noNonce, iat: before.now + ahead } } });
      await before.verifier.verify(message);
      const after = restarted({ nonce: policy, clock: () => before.clock.now }, known);
      expect(await after.code(message)).toBe('nonce_missing');
      before.wait(30);
      expect(await after.code(message)).toBe('nonce_missing');
    }
  });

  it('challenges its first clients, and nobody any more once no proof from before could be good', async () => {
    const scene = restarted({ nonce: policy }, keys());
    const first = await scene.refusal({ proof: { payload: noNonce } });
    expect(first).toMatchObject({ code: 'nonce_missing', error: 'use_dpop_nonce' });
    const nonce = first.headers['DPoP-Nonce'];
    await scene.send({ proof: { payload: { nonce } } });
    scene.wait(11);
    const other = makeKey();
    const token = { payload: { cnf: { jkt: other.jkt } } };
    await scene.send({ token, proof: { key: other, payload: noNonce } });
  });

  it("DPOP-11.1-02 a table of one's own size does not outlive it either", async () => {
    const known = keys();
    for (const replay of [createReplayTable({ clock: Date.now, maxEntries: 10 }), memoryStore()]) {
      const scene = restarted({ nonce: policy, replay }, known);
      expect(await scene.code({ proof: { payload: noNonce } })).toBe('nonce_missing');
    }
  });

  it('with a store that outlives it: needs no nonces', async () => {
    const known = keys();
    const replay = memoryStore({ clock: () => before.clock.now });
    const store = { add: replay.add };
    const before: Scene = new Scene({ nonce: policy, replay: store }, known);
    const message = await before.message({ proof: { payload: noNonce } });
    await before.verifier.verify(message);
    const after = new Scene({ nonce: policy, replay: store, clock: () => before.clock.now }, known);
    expect(await after.code(message)).toBe('proof_replayed');
    await after.verifier.verify(await before.message({ proof: { payload: noNonce } }));
  });
});

/** A process that has just begun. */
function restarted(options: Partial<VerifierOptions>, keys: ConstructorParameters<typeof Scene>[1]): Scene {
  return new Scene(options, keys, 0);
}

describe('a cluster', () => {
  const secrets = [randomBytes(32)];

  function cluster(...each: Partial<VerifierOptions>[]): Scene[] {
    const keys = { issuer: makeKey('ES256', 'issuer-1'), client: makeKey() };
    const store = memoryStore({ clock: () => scenes[0]?.clock.now ?? 0 });
    const common = { nonceSecrets: secrets, replay: { add: store.add } };
    const scenes = each.map((options) => new Scene({ ...common, ...options }, keys));
    return scenes;
  }

  it('DPOP-8-05 a nonce of one process is good at the others, without a challenge', async () => {
    const [a, b] = cluster({}, {}) as [Scene, Scene];
    const message = await a.message();
    expect(await b.verifier.verify(message)).toMatchObject({ clientId: 'client-1' });
  });

  it('DPOP-11.1-02 a proof is good at one of them only', async () => {
    const [a, b] = cluster({}, {}) as [Scene, Scene];
    const message = await a.message();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? a : b).verifier.verify(message)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('DPOP-8-05 rotates its secret with no client challenged', async () => {
    const fresh = randomBytes(32);
    const [old, learning, using, done] = cluster(
      {},
      { nonceSecrets: [...secrets, fresh] },
      { nonceSecrets: [fresh, ...secrets] },
      { nonceSecrets: [fresh] },
    ) as [Scene, Scene, Scene, Scene];
    for (const [from, to] of [
      [old, learning],
      [learning, old],
      [learning, using],
      [using, learning],
      [using, done],
      [done, using],
    ] as const) {
      await to.verifier.verify(await from.message());
    }
    expect(await done.code(await old.message())).toBe('nonce_stale');
  });

  it('DPOP-11.1-02 without nonces, takes no proof again by its iat once its nonce has ended', async () => {
    const [giving, a, b] = cluster({}, { nonce: 'off' }, { nonce: 'off' }) as [Scene, Scene, Scene];
    const wait = (seconds: number) => {
      for (const each of [giving, a, b]) each.wait(seconds);
    };
    const nonce = await giving.nonce();
    wait(80); // of the 90 that it is good for
    const message = await a.message({ proof: { payload: { nonce } } });
    await a.verifier.verify(message);
    wait(40);
    expect(await b.code(message)).toBe('proof_replayed');
    wait(21);
    expect(await b.code(message)).toBe('proof_iat');
  });

  it('DPOP-11.1-02 without nonces, takes no proof for its nonce that would be good again by its iat', async () => {
    const [giving, off] = cluster({}, { nonce: 'off' }) as [Scene, Scene];
    const dated = async (iat: number) => off.code({ proof: { payload: { nonce: await giving.nonce(), iat } } });
    expect(await dated(off.now + 11)).toBe('proof_iat');
    await off.send({ proof: { payload: { nonce: await giving.nonce(), iat: off.now + 10 } } });
    await off.send({ proof: { payload: { nonce: await giving.nonce(), iat: off.now - 3600 } } });
  });

  it('DPOP-8-05 another resource with the same secret has other nonces', async () => {
    const [a] = cluster({}) as [Scene];
    const [b] = cluster({ origin: 'https://other.example' }) as [Scene];
    expect(await a.nonce()).not.toBe(await b.nonce());
  });

  it('shared nonces without a shared store are a programming mistake: every process would accept a proof once', () => {
    expect(() => new Scene({ nonceSecrets: secrets })).toThrow(TypeError);
    expect(() => new Scene({ nonceSecrets: secrets, replay: memoryStore() })).toThrow(TypeError);
  });

  it.each([
    ['none', []],
    ['a short one', [randomBytes(31)]],
  ])('%s as secrets is a programming mistake', (_what, nonceSecrets) => {
    expect(() => new Scene({ nonceSecrets, replay: { add: memoryStore().add } })).toThrow(TypeError);
  });
});
