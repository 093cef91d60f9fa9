import { addKeys, dropKey, type KeyChange, type KeyFileOptions, listKeys, rotateKeys } from '@holdfast/issuer';
import { describe, expect, it } from 'vitest';
import { keysFolder, kids, LIFETIME, MARGIN, START, tokenBy, verified } from './keys-scene.ts';

const { newPath, emptyPath, createKeyScene } = keysFolder();

type Change = readonly [kid: string | undefined, state: string];

const told = (changes: readonly KeyChange[]): Change[] => changes.map(({ kid, state }) => [kid, state]);

/** Two keys, of which the second may sign: the scene is MARGIN after their making. */
async function settled(changes: Partial<KeyFileOptions> = {}) {
  const scene = createKeyScene({ path: await emptyPath(), ...changes });
  const made = (await rotateKeys(scene.options)).changes;
  scene.now += MARGIN;
  return { scene, made, first: made[0]?.kid ?? '', second: made[1]?.kid ?? '' };
}

describe('states of a key', () => {
  it('FAPI2-6.8-01 C006 next, current, retiring and gone, each published before it signs and after it signed', async () => {
    const { scene, made, first, second } = await settled({ path: newPath() });
    expect(told(made)).toEqual([
      [first, 'current'],
      [second, 'next'],
    ]);
    const ring = await scene.open();
    expect([ring.current().kid, kids(ring)]).toEqual([first, [first, second]]);

    const { changes, early } = await rotateKeys(scene.options);
    const third = changes[2]?.kid ?? '';
    expect([told(changes), early]).toEqual([
      [
        [first, 'retiring'],
        [second, 'current'],
        [third, 'next'],
      ],
      [],
    ]);
    await ring.renew();
    expect([ring.current().kid, kids(ring)]).toEqual([second, [first, second, third]]);

    scene.now += LIFETIME + MARGIN; // the last second of it
    await ring.renew();
    expect(kids(ring)).toEqual([first, second, third]);
    scene.now += 1;
    await ring.renew();
    expect([ring.current().kid, kids(ring)]).toEqual([second, [second, third]]);

    expect(told((await rotateKeys(scene.options)).changes)).toContainEqual([first, 'gone']); // from the file, too
    expect((await listKeys(scene.options)).map(({ kid }) => kid)).not.toContain(first);
  });

  it('FAPI2-6.8-01 C006 a token that was signed before a rotation is taken until it expires', async () => {
    const { scene } = await settled();
    const ring = await scene.open();
    const before = await tokenBy(ring.current(), scene.now);
    await rotateKeys(scene.options);
    const late = await tokenBy(ring.current(), scene.now + MARGIN); // by a process that has not heard of it yet
    await ring.renew();
    const after = await tokenBy(ring.current(), scene.now);
    const old = { jwks: ring.jwks }; // of a verifier that asked before the next rotation
    for (const token of [before, after]) expect(await verified(token, ring, scene.now)).toBe('taken');

    scene.now += LIFETIME;
    await ring.renew();
    expect(await verified(before, ring, scene.now - 1)).toBe('taken');
    expect(await verified(before, ring, scene.now + 1)).toBe('token_expired');
    expect(await verified(late, ring, scene.now + MARGIN - 1)).toBe('taken');
    await rotateKeys(scene.options);
    const set = old.jwks();
    await ring.renew();
    const next = await tokenBy(ring.current(), scene.now);
    expect(await verified(next, { jwks: () => set }, scene.now)).toBe('taken'); // it knew the key before it signed
    scene.now += MARGIN + 1;
    await ring.renew();
    expect(await verified(before, ring, scene.now - MARGIN - 2)).toBe('token_key_unknown'); // gone
  });

  it('a next key that few verifiers know does not sign yet, unless it has to', async () => {
    const { scene, first, second } = await settled();
    scene.now -= 1;
    expect(await rotateKeys(scene.options)).toEqual({ changes: [], early: ['ES256'] });
    const { changes, early } = await rotateKeys(scene.options, { now: true });
    expect(told(changes).slice(0, 2)).toEqual([
      [first, 'retiring'],
      [second, 'current'],
    ]);
    expect(early).toEqual([]);
  });

  it('a key that leaked is gone at once', async () => {
    const { scene, first, second } = await settled();
    const ring = await scene.open();
    const token = await tokenBy(ring.current(), scene.now);
    const changes = told(await dropKey(scene.options, first));
    expect(changes).toEqual([
      [second, 'current'],
      [expect.any(String), 'next'],
      [first, 'gone'],
    ]);
    await ring.renew();
    expect(await verified(token, ring, scene.now)).toBe('token_key_unknown');
    expect(ring.current().kid).toBe(second);
    await expect(dropKey(scene.options, first)).rejects.toThrow('there is no such key');
    const [, next] = kids(ring);
    expect(told(await dropKey(scene.options, next ?? ''))).toEqual([
      [expect.any(String), 'next'],
      [next, 'gone'],
    ]);
  });
});

describe('several algorithms', () => {
  it('FAPI2-5.4.1-02 each has a chain of its own, and the first one is the default', async () => {
    const { scene } = await settled({ algorithms: ['PS256', 'ES256', 'Ed25519'] });
    const ring = await scene.open();
    expect(ring.current()).toBe(ring.current('PS256'));
    expect(ring.jwks().keys).toHaveLength(6);
    const signed = async () =>
      Promise.all(
        (['PS256', 'ES256', 'Ed25519', 'EdDSA'] as const).map((alg) => tokenBy(ring.current(alg), scene.now)),
      );
    const tokens = await signed();
    await rotateKeys(scene.options);
    await ring.renew();
    tokens.push(...(await signed()));
    for (const token of tokens) expect(await verified(token, ring, scene.now)).toBe('taken');
    expect(ring.jwks().keys).toHaveLength(9);
  });

  it('one is added without touching the other, and one that is left out signs no more', async () => {
    const { scene, first, second } = await settled();
    expect(await addKeys(scene.options)).toEqual([]);
    const both = { ...scene.options, algorithms: ['ES256', 'Ed25519'] as const };
    await expect(scene.open({ algorithms: both.algorithms })).rejects.toThrow('there is no key for Ed25519');
    const added = await addKeys(both);
    expect(added.map(({ alg, state }) => [alg, state])).toEqual([
      ['Ed25519', 'current'],
      ['Ed25519', 'next'],
    ]);
    const ring = await scene.open({ algorithms: ['Ed25519'] });
    expect(kids(ring)).toHaveLength(4);
    scene.now += MARGIN;
    const { changes } = await rotateKeys({ ...scene.options, algorithms: ['EdDSA'] });
    expect(told(changes)).toEqual([
      [first, 'retiring'],
      [added[0]?.kid, 'retiring'],
      [added[1]?.kid, 'current'],
      [expect.any(String), 'next'],
      [second, 'gone'],
    ]);
  });

  it.each([[[]], [['ES384']], [['none']], [['EdDSA', 'Ed25519']], [['ES256', 'ES256']]])(
    'are not %j',
    async (algorithms) => {
      const { options } = createKeyScene({ algorithms: algorithms as never });
      await expect(rotateKeys(options)).rejects.toThrow(TypeError);
    },
  );
});

describe('rotation by schedule', () => {
  const every = 1000;

  it('FAPI2-6.8-01 happens when a key has signed long enough, by the clock, on use and on a timer', async () => {
    const { scene, first, second } = await settled();
    const ring = await scene.open({ every });
    scene.now = START + every - 1;
    await ring.renew();
    expect(ring.current().kid).toBe(first);
    scene.now += 1;
    await ring.renew();
    expect(ring.current().kid).toBe(second);
    expect((await listKeys(scene.options)).map(({ state }) => state)).toEqual(['retiring', 'current', 'next']);
    scene.now += every - 1; // since this one signs
    await ring.renew();
    expect(ring.current().kid).toBe(second);
    scene.now += 1;
    expect(ring.current().kid).toBe(second); // a use begins it and does not wait for it
    await ring.renew();
    expect(ring.current().kid).not.toBe(second);
    expect(kids(ring)).not.toContain(first);
  });

  it('one of several processes does it, and all take it over', async () => {
    const { scene, second } = await settled();
    const rings = await Promise.all([
      scene.open({ every }),
      scene.open({ every }),
      scene.open({ every }),
      scene.open(),
    ]);
    scene.now += every;
    await Promise.all(rings.map((ring) => ring.renew()));
    await Promise.all(rings.map((ring) => ring.renew()));
    expect(rings.map((ring) => ring.current().kid)).toEqual(rings.map(() => second));
    expect(await listKeys(scene.options)).toHaveLength(3);
  });

  it('waits for a next key that few verifiers know', async () => {
    const { scene, first } = await settled();
    const ring = await scene.open({ every: MARGIN + 1 });
    const [, next] = kids(ring);
    await ring.renew(); // ends what the use above began
    scene.now += 2;
    await dropKey(scene.options, next ?? ''); // another one takes its place
    await ring.renew();
    expect(ring.current().kid).toBe(first);
    scene.now += MARGIN;
    await ring.renew();
    expect(ring.current().kid).not.toBe(first);
    await expect(scene.open({ every: MARGIN })).rejects.toThrow(TypeError);
    await expect(scene.open({ every: Number.NaN })).rejects.toThrow(TypeError);
  });
});

describe('what is told', () => {
  it('each change, once, to those who watch', async () => {
    const { scene, first, second } = await settled();
    const ring = await scene.open();
    const changes: KeyChange[] = [];
    ring.watch((change) => changes.push(change));
    await ring.renew();
    expect(changes).toEqual([]);
    await rotateKeys(scene.options);
    await ring.renew();
    await ring.renew();
    expect(told(changes.splice(0))).toEqual([
      [first, 'retiring'],
      [second, 'current'],
      [expect.any(String), 'next'],
    ]);
    scene.now += LIFETIME + MARGIN + 1;
    await ring.renew();
    expect(changes).toEqual([{ kid: first, alg: 'ES256', state: 'gone' }]);
  });

  it('a set that is another one is another object, and only then', async () => {
    const { scene } = await settled();
    const ring = await scene.open();
    const set = ring.jwks();
    await ring.renew();
    expect(ring.jwks()).toBe(set);
    await rotateKeys(scene.options);
    await ring.renew();
    expect(ring.jwks()).not.toBe(set);
  });

  it('a use looks at the file once a second', async () => {
    const { scene, first, second } = await settled();
    const ring = await scene.open();
    ring.jwks();
    await rotateKeys(scene.options);
    await ring.renew(); // ends what the use above began
    expect(ring.current().kid).toBe(second);
    await dropKey(scene.options, first);
    for (const later of [0, 0.999]) {
      scene.now += later;
      ring.current();
      await idle();
      expect(kids(ring)).toContain(first);
    }
    scene.now += 1;
    ring.current();
    await expect.poll(() => kids(ring)).not.toContain(first);
  });
});

/** Longer than a look at the file takes. */
const idle = () => new Promise((resolve) => setTimeout(resolve, 1000));
