import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { DECISIONS, type Decision } from '@holdfast/verifier';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeKey } from './forge.ts';
import { type Attempt, Scene } from './scene.ts';

let last: Decision | undefined;
const listen = (decision: unknown) => {
  last = decision as Decision;
};
beforeAll(() => subscribe(DECISIONS, listen));
afterAll(() => void unsubscribe(DECISIONS, listen));

/** Whether the key of the sender was known from an earlier request. */
async function isKnown(scene: Scene, attempt: Attempt = {}): Promise<boolean | undefined> {
  await scene.send(attempt).catch(() => undefined);
  return last?.senderKeyKnown;
}

describe('keys of senders that were verified before', () => {
  it('are known from the second request on', async () => {
    const scene = new Scene();
    expect([await isKnown(scene), await isKnown(scene), await isKnown(scene)]).toEqual([false, true, true]);
  });

  it('are not learned from strangers: neither from a bad signature nor from a token of somebody else', async () => {
    const scene = new Scene();
    const stranger = makeKey();
    for (let i = 0; i < 2; i += 1) {
      expect(await isKnown(scene, { proof: { key: stranger } })).toBe(false);
      expect(await isKnown(scene, { proof: { payload: { jti: 'once' } } })).toBe(i > 0);
    }
  });

  it('take one place each, whatever spellings of its header a client makes', async () => {
    const scene = new Scene();
    const spelled = (spelling: number): Attempt => ({ proof: { header: { spelling } } });
    expect([await isKnown(scene, spelled(1)), await isKnown(scene, spelled(1))]).toEqual([false, true]);
    expect([await isKnown(scene, spelled(2)), await isKnown(scene, spelled(2))]).toEqual([false, true]);
    expect(await isKnown(scene, spelled(1))).toBe(false);
  });
});

describe('signatures on the thread pool', () => {
  it('decide as they do inline', async () => {
    for (const alg of ['ES256', 'PS256', 'Ed25519', 'EdDSA'] as const) {
      const scene = new Scene({ signatures: 'pool' }, { client: makeKey(alg) });
      const message = await scene.message();
      const proof = message.headers[3] ?? '';
      const [header, payload, signature = ''] = proof.split('.');
      const other = (signature.startsWith('A') ? 'B' : 'A') + signature.slice(1);
      const broken = await scene.message({ proof: `${header}.${payload}.${other}` });
      expect(
        await scene.code({ ...broken, headers: [...message.headers.slice(0, 3), `${header}.${payload}.${other}`] }),
      ).toBe('proof_signature');
      await scene.verifier.verify(message);
      expect(await scene.code(message)).toBe('proof_replayed');
    }
  });

  it('DPOP-11.1-02 of a thousand copies at once one is accepted', async () => {
    const scene = new Scene({ signatures: 'pool' });
    const message = await scene.message();
    const outcomes = await Promise.allSettled(Array.from({ length: 1000 }, () => scene.verifier.verify(message)));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });
});
