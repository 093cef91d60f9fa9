import { createNonces } from '@holdfast/proof';
import { describe, expect, it } from 'vitest';
import { parseChallenges } from './challenge-parser.ts';
import { makeKey } from './forge.ts';
import { Scene } from './scene.ts';

describe('RFC 9449 §9 nonces of a resource server', () => {
  it('DPOP-9-01 C082 answers a missing nonce with use_dpop_nonce and a nonce that serves', async () => {
    const scene = new Scene();
    const refusal = await scene.refusal({ proof: { payload: { nonce: undefined } } });
    expect(refusal).toMatchObject({ status: 401, error: 'use_dpop_nonce', code: 'nonce_missing' });
    const challenges = parseChallenges(refusal.headers['WWW-Authenticate'] ?? '');
    expect(challenges.map(({ scheme, parameters }) => [scheme, parameters['error']])).toEqual([
      ['DPoP', 'use_dpop_nonce'],
    ]);
    const nonce = refusal.headers['DPoP-Nonce'];
    await expect(scene.send({ proof: { payload: { nonce } } })).resolves.toBeDefined();
  });

  it.each(['', 7, null, ['x'], 'x', ' '])('DPOP-4.3-10 refuses the nonce %j', async (nonce) => {
    const refusal = await new Scene().refusal({ proof: { payload: { nonce } } });
    expect(['nonce_stale', 'proof_claims']).toContain(refusal.code);
    expect(refusal.headers).toHaveProperty('DPoP-Nonce');
  });

  it('DPOP-4.3-10 refuses a nonce that is truncated, longer, or in another case', async () => {
    const scene = new Scene();
    const good = (await scene.nonce()) ?? '';
    for (const nonce of [good.slice(0, -1), `${good}A`, good.toLowerCase(), ` ${good}`, `${good} `]) {
      expect(await scene.code({ proof: { payload: { nonce } } })).toBe('nonce_stale');
    }
  });

  it.each([undefined, 1, 4, 300])('DPOP-8-04 takes a nonce for one to two steps of %j s', async (nonceStep) => {
    const scene = new Scene(nonceStep === undefined ? {} : { nonceStep });
    const nonce = await scene.nonce();
    const step = nonceStep ?? 60;
    scene.clock.now += (step - 1) * 1000;
    await scene.send({ proof: { payload: { nonce } } });
    scene.clock.now += (step + 2) * 1000;
    expect(await scene.code({ proof: { payload: { nonce } } })).toBe('nonce_stale');
  });

  it('DPOP-8-05 C082 refuses a nonce of another server', async () => {
    const client = makeKey();
    const [here, there] = [new Scene({}, { client }), new Scene({}, { client })];
    const nonce = await there.nonce();
    expect(await here.code({ proof: { payload: { nonce } } })).toBe('nonce_stale');
    const ofIssuer = createNonces({ clock: () => here.clock.now, server: 'issuer https://issuer.example' }).current();
    expect(await here.code({ proof: { payload: { nonce: ofIssuer } } })).toBe('nonce_stale');
  });

  it('DPOP-11.3-01 never accepts a proof without nonce, however good its iat, also after one was given', async () => {
    const scene = new Scene();
    await scene.send();
    expect(await scene.code({ proof: { payload: { nonce: undefined, iat: scene.now } } })).toBe('nonce_missing');
  });

  it('DPOP-11.3-01 voids every nonce when the process restarts', async () => {
    const before = new Scene();
    const message = await before.message();
    const after = new Scene({}, { issuer: before.issuerKey, client: before.client });
    expect(await after.code(message)).toBe('nonce_stale');
  });

  it('DPOP-4.3-11 takes a nonce for one to two steps and not longer', async () => {
    const scene = new Scene();
    scene.clock.now = Date.UTC(2026, 10, 20, 12, 0, 0);
    const payload = { nonce: await scene.nonce() };
    scene.wait(119);
    await expect(scene.send({ proof: { payload } })).resolves.toBeDefined();
    scene.wait(1);
    expect(await scene.code({ proof: { payload } })).toBe('nonce_stale');
  });

  it('C082 gives the next nonce with a success, and none while the client has the newest', async () => {
    const scene = new Scene();
    const nonce = await scene.nonce();
    expect((await scene.send()).headers).toEqual({});
    scene.wait(60);
    const { headers } = await scene.send({ proof: { payload: { nonce } } });
    expect(headers).toEqual({ 'DPoP-Nonce': await scene.nonce(), 'Cache-Control': 'no-store' });
    expect(headers['DPoP-Nonce']).not.toBe(nonce);
  });

  it('gives no nonce to a certificate-bound request', async () => {
    const scene = new Scene();
    expect((await scene.refusal({ scheme: 'Bearer' })).headers).not.toHaveProperty('DPoP-Nonce');
  });
});

describe('N4 nonce and iat', () => {
  it.each([-3600, 3600])('C079 serves a client whose clock is %i s off when it has a nonce', async (off) => {
    const scene = new Scene();
    await expect(scene.send({ proof: { payload: { iat: scene.now + off } } })).resolves.toBeDefined();
  });

  it.each(['1790000000', null, undefined, [], {}, true, 'NaN'])('refuses iat %j also with a nonce', async (iat) => {
    expect(await new Scene().code({ proof: { payload: { iat } } })).toBe('proof_claims');
    expect(await new Scene({ nonce: 'off' }).code({ proof: { payload: { iat } } })).toBe('proof_claims');
  });

  it.each([
    [-60, 'accepted'],
    [-61, 'proof_iat'],
    [-10, 'accepted'],
    [8, 'accepted'],
    [10, 'accepted'],
    [11, 'proof_iat'],
    [3600, 'proof_iat'],
    [-3600, 'proof_iat'],
  ])('DPOP-4.3-11 DPOP-11.1-01 DPOP-11.1-04 C079 iat %i s from now without nonces: %s', async (off, outcome) => {
    const scene = new Scene({ nonce: 'off' });
    const sent = scene.send({ proof: { payload: { iat: scene.now + off } } });
    expect(
      await sent.then(
        () => 'accepted',
        (error) => error.code,
      ),
    ).toBe(outcome);
  });

  it('takes the window from the options', async () => {
    const scene = new Scene({ nonce: 'off', maxAge: 5, skew: 0 });
    expect(await scene.code({ proof: { payload: { iat: scene.now - 6 } } })).toBe('proof_iat');
    expect(await scene.code({ proof: { payload: { iat: scene.now + 1 } } })).toBe('proof_iat');
    await expect(scene.send({ proof: { payload: { iat: scene.now - 5 } } })).resolves.toBeDefined();
  });

  it.each([-3600, 47])('says by how much the clock of the sender is off: %i s', async (off) => {
    const scene = new Scene({ nonce: 'off' });
    const refusal = await scene.refusal({ proof: { payload: { iat: scene.now + off } } });
    expect(refusal.skew).toBe(off);
    expect(refusal.headers['WWW-Authenticate']).toContain(`skew ${off > 0 ? '+' : ''}${off} s`);
  });
});
