import { describe, expect, it } from 'vitest';
import { assertion, NOW, proof, thiefKey } from './forge.ts';
import { createScene, expectRefusal, expectToken, type Scene } from './scene.ts';

const fresh = (scene: Scene) => assertion({ payload: { iat: scene.now, exp: scene.now + 60 } });
const withNonce = (scene: Scene, nonce: unknown) =>
  scene.send({ assertion: fresh(scene), proof: proof({ payload: { nonce, iat: scene.now } }) });

describe('RFC 9449 §8 nonces of the issuer', () => {
  it('DPOP-8-02 DPOP-8-03 C045 a proof without nonce is challenged once, and then served', async () => {
    const scene = await createScene();
    const challenged = await scene.send({ assertion: assertion(), proof: proof() });
    expectRefusal(challenged, 'use_dpop_nonce', 'nonce_missing');
    const names = Object.keys(challenged.headers).filter((name) => name.toLowerCase() === 'dpop-nonce');
    expect(names).toHaveLength(1);
    expectToken(await withNonce(scene, challenged.headers['DPoP-Nonce']));
  });

  it('DPOP-8.1-01 is one value of NQCHAR', async () => {
    const scene = await createScene();
    for (let step = 0; step < 50; step++) {
      scene.now += 60;
      expect(await scene.nonce()).toMatch(/^[\x21\x23-\x5B\x5D-\x7E]{16,}$/);
    }
  });

  it('C045 DPOP-8.2-02 the nonce of a 200 is good for the next request, and the reply is not kept', async () => {
    const scene = await createScene();
    const first = await scene.prove();
    expectToken(first);
    expect(first.headers).toMatchObject({ 'Cache-Control': 'no-store', 'DPoP-Nonce': expect.any(String) });
    expectToken(await withNonce(scene, first.headers['DPoP-Nonce']));
  });

  it('C045 is not tied to one key', async () => {
    const scene = await createScene();
    const nonce = await scene.nonce();
    expectToken(await scene.send({ assertion: assertion(), proof: proof({ key: thiefKey, payload: { nonce } }) }));
  });

  it('DPOP-8-04 a nonce that is not exactly one of the recent ones is refused with a fresh one', async () => {
    const scene = await createScene();
    const nonce = await scene.nonce();
    const changed = nonce.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'));
    for (const wrong of [nonce.slice(1), nonce.slice(0, -1), `${nonce}A`, ` ${nonce}`, nonce.toLowerCase(), changed]) {
      const answer = await withNonce(scene, wrong);
      expectRefusal(answer, 'use_dpop_nonce', 'nonce_stale');
      expect(answer.headers['DPoP-Nonce']).toBe(nonce);
    }
  });

  it('DPOP-8-04 dies with age: after two steps of a minute, and not within the first', async () => {
    const scene = await createScene();
    const nonce = await scene.nonce();
    scene.now = NOW + 59;
    expectToken(await withNonce(scene, nonce));
    scene.now = NOW + 120;
    expectRefusal(await withNonce(scene, nonce), 'use_dpop_nonce', 'nonce_stale');
  });

  it('DPOP-8-01 DPOP-8-05 is not known in advance and not good at another issuer, nor after a restart', async () => {
    const [one, two] = [await createScene(), await createScene()];
    const nonces = [await one.nonce(), await two.nonce()];
    expect(nonces[0]).not.toBe(nonces[1]);
    expectRefusal(await withNonce(two, nonces[0]), 'use_dpop_nonce', 'nonce_stale');
  });

  it('DPOP-11.3-01 is asked for again when a client that had one leaves it out', async () => {
    const scene = await createScene();
    expectToken(await scene.prove());
    expectRefusal(await scene.send({ assertion: assertion(), proof: proof() }), 'use_dpop_nonce', 'nonce_missing');
  });

  it('is told only to who authenticates, and only for a proof that is otherwise sound', async () => {
    const scene = await createScene();
    const stranger = await scene.send({ assertion: assertion({ key: thiefKey }), proof: proof() });
    expectRefusal(stranger, 'invalid_client', 'assertion_signature');
    expect(stranger.headers).not.toHaveProperty('DPoP-Nonce');
    const wrong = await scene.send({ assertion: assertion(), proof: proof({ payload: { htm: 'GET' } }) });
    expectRefusal(wrong, 'invalid_dpop_proof', 'proof_htm');
  });

  it('can be switched off; then none is sent and none is needed', async () => {
    const scene = await createScene({ dpop_nonce: 'off' });
    const answer = await scene.send({ assertion: assertion(), proof: proof() });
    expectToken(answer);
    expect(answer.headers).not.toHaveProperty('DPoP-Nonce');
  });
});
