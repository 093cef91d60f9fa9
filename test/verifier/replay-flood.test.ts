import type { HttpMessage, ReplayStore } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { createReplayTable } from '@holdfast/verifier';
import { describe, expect, it } from 'vitest';
import { Scene } from './scene.ts';
import { serveVenue } from './venue-server.ts';

const outcome = (sent: Promise<unknown>): Promise<string> =>
  sent.then(
    () => 'accepted',
    (error) => error.code,
  );

const tally = (outcomes: readonly string[]): Record<string, number> =>
  Object.fromEntries([...new Set(outcomes)].map((each) => [each, outcomes.filter((other) => other === each).length]));

const ROOM = 200;

type Open = (clock: () => number) => ReplayStore | undefined;

const bounded: Readonly<Record<string, Open>> = {
  createReplayTable: (clock) => createReplayTable({ clock, maxEntries: ROOM }),
  memoryStore: (clock) => memoryStore({ clock, maxEntries: ROOM }),
};

/** A scene whose verifier has this store; undefined: its own. */
function sceneWith(open: Open, nonce: 'required' | 'off' = 'off'): Scene {
  const replay = open(() => scene.clock.now);
  const scene: Scene = new Scene({ nonce, ...(replay === undefined ? {} : { replay }) });
  return scene;
}

describe.each(Object.entries(bounded))('a flood of proofs fills %s', (_name, open) => {
  async function filled(): Promise<{ scene: Scene; used: HttpMessage[] }> {
    const scene = sceneWith(open);
    const token = scene.token();
    const used: HttpMessage[] = [];
    for (let i = 0; i < ROOM; i += 1) used.push(await scene.message({ token }));
    const outcomes = await Promise.all(used.map((message) => outcome(scene.verifier.verify(message))));
    expect(tally(outcomes)).toEqual({ accepted: ROOM });
    return { scene, used };
  }

  it('DPOP-11.1-02 and more of it lets no used proof in again', async () => {
    const { scene, used } = await filled();
    const token = scene.token();
    const flood = [];
    for (let i = 0; i < 2 * ROOM; i += 1) flood.push(await scene.message({ token }));
    const outcomes = await Promise.all(flood.map((message) => outcome(scene.verifier.verify(message))));
    expect(tally(outcomes)).toEqual({ store_full: 2 * ROOM });
    for (const wait of [0, 30, 30]) {
      scene.wait(wait);
      const replayed = await Promise.all(used.map((message) => outcome(scene.verifier.verify(message))));
      expect(tally(replayed)).toEqual({ proof_replayed: ROOM });
    }
    scene.wait(1);
    expect(tally(await Promise.all(used.map((message) => outcome(scene.verifier.verify(message)))))).toEqual({
      proof_iat: ROOM,
    });
  });

  it('honest clients are told to come back, and are served when its entries have ended', async () => {
    const { scene } = await filled();
    await using server = await serveVenue(scene.verifier);
    const answer = async () => {
      const { headers } = await scene.message();
      const [, authorization = '', , proof = ''] = headers;
      const response = await fetch(`http://127.0.0.1:${server.port}/orders`, {
        headers: { Authorization: authorization, DPoP: proof },
      });
      return { status: response.status, retryAfter: response.headers.get('retry-after'), body: await response.json() };
    };
    expect(await answer()).toMatchObject({
      status: 503,
      retryAfter: '1',
      body: { error: 'temporarily_unavailable', code: 'store_full' },
    });
    scene.wait(60);
    expect(await answer()).toMatchObject({ status: 503, retryAfter: '1' });
    scene.wait(3); // the last second of the proofs, and the time that a store may take
    for (let i = 0; i < 3; i += 1) expect(await answer()).toMatchObject({ status: 200, body: { client: 'client-1' } });
    const token = scene.token();
    const more = await Promise.all(Array.from({ length: ROOM }, async () => outcome(scene.send({ token }))));
    expect(tally(more)).toEqual({ accepted: ROOM - 3, store_full: 3 });
  });
});

it('DPOP-11.1-02 a flood by one sender that is full of refusals takes no room', async () => {
  const scene = sceneWith((clock) => createReplayTable({ clock, maxEntries: 1 }));
  for (let i = 0; i < 50; i += 1) expect(await scene.code({ proof: { payload: { ath: 'x' } } })).toBe('proof_ath');
  await expect(scene.send()).resolves.toBeDefined();
});

const stores: Readonly<Record<string, Open>> = { 'the verifier’s own table': () => undefined, ...bounded };

describe.each(Object.entries(stores))('1,000 copies of one proof at the same time, with %s', (_name, open) => {
  it.each(['required', 'off'] as const)('DPOP-11.1-02 N6 nonces %s: exactly one is accepted', async (nonce) => {
    const scene = sceneWith(open, nonce);
    const message = await scene.message();
    const outcomes = await Promise.all(Array.from({ length: 1000 }, () => outcome(scene.verifier.verify(message))));
    expect(tally(outcomes)).toEqual({ accepted: 1, proof_replayed: 999 });
  });
});
