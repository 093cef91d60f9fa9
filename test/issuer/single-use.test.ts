import { HoldfastError, type Store } from '@holdfast/proof';
import { memoryStore } from '@holdfast/stores';
import { describe, expect, it } from 'vitest';
import { assertion, NOW, proof, thiefKey, traderKey } from './forge.ts';
import { type Answer, createScene, expectRefusal, expectToken, type Scene, TRADER } from './scene.ts';

const MANY = 100;

/** That of many answers exactly one is a token and all others are refused for this reason. */
function expectOne(answers: readonly Answer[], code: string): void {
  const codes = answers.map(({ body }) => body['code'] ?? 'token').sort();
  expect(codes).toEqual([...Array<string>(answers.length - 1).fill(code), 'token'].sort());
}

const many = (send: () => Promise<Answer>) => Promise.all(Array.from({ length: MANY }, send));

async function proofs(scene: Scene): Promise<() => string> {
  const nonce = await scene.nonce();
  return () => proof({ payload: { nonce } });
}

describe('CA-3-08 C014 a client assertion is good once', () => {
  it('of 100 concurrent requests with one assertion one gets a token', async () => {
    const scene = await createScene();
    const fresh = await proofs(scene);
    const one = assertion();
    expectOne(await many(() => scene.send({ assertion: one, proof: fresh() })), 'assertion_replayed');
  });

  it('its jti is used up, whatever the rest says', async () => {
    const scene = await createScene();
    const payload = { jti: 'once' };
    expectToken(await scene.assert({ payload }));
    expectRefusal(
      await scene.assert({ payload: { ...payload, exp: NOW + 50 } }),
      'invalid_client',
      'assertion_replayed',
    );
    expectToken(await scene.assert({ payload: { jti: 'Once' } }));
  });

  it('a jti belongs to its client: nobody can use up that of another', async () => {
    const thief = { ...TRADER, client_id: 'thief', jwks: { keys: [thiefKey.jwk] } };
    const scene = await createScene({ clients: [TRADER, thief] });
    const payload = { jti: 'shared' };
    expectToken(await scene.assert({ key: thiefKey, payload: { ...payload, iss: 'thief', sub: 'thief' } }));
    expectToken(await scene.assert({ payload }));
  });

  it('stays used for as long as it could be accepted, to the last second', async () => {
    const scene = await createScene();
    const text = assertion({ payload: { jti: 'long', exp: NOW + 100.5 } });
    const send = async () => scene.send({ assertion: text, proof: (await proofs(scene))() });
    expectToken(await send());
    const codes = new Set<unknown>();
    for (scene.now = NOW; scene.now < NOW + 130; scene.now++) codes.add((await send()).body['code']);
    expect(codes).toEqual(new Set(['assertion_replayed', 'assertion_time']));
  });
});

describe('what was not used is not used up', () => {
  it('C014 atproto#3859 a nonce challenge leaves the assertion, and it then works once', async () => {
    const scene = await createScene();
    const one = assertion();
    const challenged = await scene.send({ assertion: one, proof: proof() });
    expectRefusal(challenged, 'use_dpop_nonce');
    const retry = () => proof({ payload: { nonce: challenged.headers['DPoP-Nonce'] } });
    expectToken(await scene.send({ assertion: one, proof: retry() }));
    expectRefusal(await scene.send({ assertion: one, proof: retry() }), 'invalid_client', 'assertion_replayed');
  });

  it.each<[string, Record<string, string | undefined>]>([
    ['an unknown grant', { grant_type: 'password' }],
    ['a scope beyond', { scope: 'everything' }],
    ['an unknown resource', { resource: 'https://elsewhere.example' }],
    ['a malformed scope', { scope: 'a  b' }],
  ])('%s leaves assertion and proof', async (_name, form) => {
    const scene = await createScene();
    const both = { assertion: assertion(), proof: (await proofs(scene))() };
    expect((await scene.send({ ...both, form })).status).toBe(400);
    expectToken(await scene.send(both));
  });

  it('a missing binding leaves the assertion', async () => {
    const scene = await createScene();
    const one = assertion();
    expectRefusal(await scene.send({ assertion: one }), 'invalid_request', 'binding_missing');
    expectToken(await scene.send({ assertion: one, proof: (await proofs(scene))() }));
  });

  it('a false signature burns nobody else his jti, neither of assertion nor of proof', async () => {
    const scene = await createScene();
    const nonce = await scene.nonce();
    const payload = { jti: 'victim', nonce };
    const forged = proof({ key: thiefKey, header: { jwk: traderKey.jwk }, payload });
    expectRefusal(
      await scene.send({ assertion: assertion({ key: thiefKey, payload }), proof: proof({ payload }) }),
      'invalid_client',
    );
    expectRefusal(await scene.send({ assertion: assertion({ payload }), proof: forged }), 'invalid_dpop_proof');
    expectToken(await scene.send({ assertion: assertion({ payload }), proof: proof({ key: traderKey, payload }) }));
  });
});

describe('DPOP-11.1-02 C043 a proof is good once', () => {
  it('of 100 concurrent requests with one proof one gets a token', async () => {
    const scene = await createScene();
    const one = (await proofs(scene))();
    expectOne(await many(() => scene.send({ assertion: assertion(), proof: one })), 'proof_replayed');
  });

  it('of 100 concurrent requests with one proof and one assertion one gets a token', async () => {
    const scene = await createScene();
    const both = { assertion: assertion(), proof: (await proofs(scene))() };
    const answers = await many(() => scene.send(both));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 400]));
  });

  it('XukuLLC/attesto#18 a jti of one key is not the jti of another', async () => {
    const scene = await createScene();
    const payload = { jti: 'shared' };
    for (const key of [traderKey, thiefKey]) expectToken(await scene.prove({ key, payload }));
    expectRefusal(await scene.prove({ key: thiefKey, payload }), 'invalid_dpop_proof', 'proof_replayed');
  });

  it('XukuLLC/attesto#18 without nonces a proof dated ahead stays used to its last second', async () => {
    const scene = await createScene({ dpop_nonce: 'off' });
    const one = proof({ payload: { iat: NOW + 10 } });
    const send = () =>
      scene.send({ assertion: assertion({ payload: { iat: scene.now, exp: scene.now + 60 } }), proof: one });
    expectToken(await send());
    const codes: unknown[] = [];
    for (scene.now = NOW; scene.now <= NOW + 75; scene.now++) codes.push((await send()).body['code']);
    expect(codes).toEqual([...Array(71).fill('proof_replayed'), ...Array(5).fill('proof_iat')]);
  });

  it('DPOP-11.1-03 a long jti takes no more room than a short one', async () => {
    const added: string[] = [];
    const store = memoryStore({ clock: () => NOW * 1000 });
    const add: Store['add'] = (key, ...rest) => {
      added.push(key);
      return store.add(key, ...rest);
    };
    const scene = await createScene({}, { ...store, add });
    expectToken(await scene.prove({ payload: { jti: 'x'.repeat(2000) } }));
    expectToken(await scene.assert({ payload: { jti: 'y'.repeat(2000) } }));
    expect(added).toHaveLength(4);
    for (const key of added) expect(key.length).toBeLessThan(64);
  });
});

describe('a store that fails closes the door', () => {
  const failing = (add: Store['add']): Store => ({ ...memoryStore(), add });

  it.each<[string, Store['add'], string]>([
    [
      'throws',
      () => {
        throw new Error('ECONNREFUSED 10.0.0.7 swordfish');
      },
      'store_unavailable',
    ],
    ['rejects', () => Promise.reject(new Error('swordfish')), 'store_unavailable'],
    [
      'is full',
      () => {
        throw new HoldfastError('store_full');
      },
      'store_full',
    ],
  ])('when it %s: 503, to be tried again, and nothing of the cause', async (_name, add, code) => {
    const scene = await createScene({}, failing(add));
    const { status, headers, body } = await scene.prove();
    expect({ status, ...body }).toMatchObject({ status: 503, error: 'temporarily_unavailable', code });
    expect(Number(headers['Retry-After'])).toBeGreaterThan(0);
    expect(JSON.stringify(body)).not.toContain('swordfish');
  });

  it('wso2/financial-services-accelerator#958 an answer of false, or none, is heard', async () => {
    const asked = async (said: unknown) =>
      (
        await createScene(
          {},
          failing(() => said as boolean),
        )
      ).prove();
    expectRefusal(await asked(false), 'invalid_dpop_proof', 'proof_replayed');
    for (const said of [undefined, null, 0, '', 'OK', 1]) {
      expect(await asked(said)).toMatchObject({ status: 503, body: { code: 'store_unavailable' } });
    }
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 60_001])(
    'a storeTimeout of %d stops the start',
    async (storeTimeout) => {
      await expect(createScene({}, undefined, { storeTimeout })).rejects.toThrow(TypeError);
    },
  );

  it('a store that never answers is waited for no longer than configured', async () => {
    const store = failing(() => new Promise<boolean>(() => {}) as never);
    const scene = await createScene({}, store, { storeTimeout: 20 });
    expect(await scene.prove()).toMatchObject({
      status: 503,
      headers: { 'Retry-After': '1' },
      body: { code: 'store_unavailable' },
    });
  });
});
