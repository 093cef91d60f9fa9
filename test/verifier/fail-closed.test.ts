import { HoldfastError, type HttpMessage, type ReplayStore } from '@holdfast/proof';
import { describe, expect, it } from 'vitest';
import { makeKey, published } from './forge.ts';
import { ISSUER, Scene } from './scene.ts';

describe('a clock that gives no time', () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, undefined, null, '1790000000000', {}])(
    'DPOP-7.1-04 says %j: nothing is accepted, least of all an expired token',
    async (value) => {
      for (const nonce of ['required', 'off'] as const) {
        let now: unknown = Date.UTC(2026, 10, 20);
        const scene = new Scene({ nonce, clock: () => now as number });
        scene.clock.now = now as number;
        const messages = [
          await scene.message(),
          await scene.message({ token: { payload: { exp: 1 } } }),
          await scene.message({ token: { payload: { nbf: scene.now + 3600 } }, proof: { payload: { iat: 0 } } }),
        ];
        now = value;
        for (const message of messages) {
          const refusal = await scene.refusal(message);
          expect(refusal).toMatchObject({ code: 'internal', status: 500, headers: { 'Cache-Control': 'no-store' } });
        }
      }
    },
  );

  it('DPOP-7.1-04 throws at any time: still a refusal with an answer', async () => {
    let calls = Number.POSITIVE_INFINITY;
    const scene: Scene = new Scene({
      clock: () => {
        calls -= 1;
        if (calls < 0) throw new Error('no clock');
        return scene.clock.now;
      },
    });
    const broken = await scene.message({ proof: { payload: { htm: 'PUT' } } });
    for (let works = 0; works < 10; works += 1) {
      const good = await scene.message();
      calls = works;
      const [fromGood, fromBroken] = await Promise.allSettled([
        scene.verifier.verify(good),
        scene.verifier.verify(broken),
      ]);
      calls = Number.POSITIVE_INFINITY;
      if (fromGood.status === 'rejected') expect(['internal', 'store_unavailable']).toContain(fromGood.reason.code);
      expect(fromBroken).toMatchObject({ status: 'rejected', reason: expect.any(HoldfastError) });
    }
  });
});

describe('a replay store that does not do its work', () => {
  const never = new Promise<boolean>(() => {});
  const stores: Readonly<Record<string, ReplayStore['add']>> = {
    throws: () => {
      throw new Error('ECONNREFUSED');
    },
    'throws nothing at all': () => {
      throw undefined;
    },
    rejects: () => Promise.reject(new Error('READONLY')),
    'never answers': () => never,
    'answers too late': () => new Promise((resolve) => setTimeout(resolve, 400, true)),
    'answers undefined': () => undefined as never,
    'answers OK, as Redis does': () => 'OK' as never,
    'answers 1': async () => 1 as never,
    'answers null': async () => null as never,
    'answers an object': () => ({}) as never,
  };

  it.each(Object.entries(stores))('DPOP-7.1-04 %s: 503 in time', async (_what, add) => {
    const scene = new Scene({ replay: { add }, timeout: 50 });
    const refusal = await scene.refusal();
    expect(refusal).toMatchObject({ code: 'store_unavailable', status: 503, error: 'temporarily_unavailable' });
    expect(refusal.headers).toEqual({ 'Cache-Control': 'no-store', 'Retry-After': '1' });
  });

  it('says that it is full: 503', async () => {
    const add = () => {
      throw new HoldfastError('store_full');
    };
    expect(await new Scene({ replay: { add } }).refusal()).toMatchObject({ code: 'store_full', status: 503 });
  });

  it('wso2/financial-services-accelerator#958 says no: refused', async () => {
    for (const add of [() => false, async () => false]) {
      expect(await new Scene({ replay: { add } }).code()).toBe('proof_replayed');
    }
  });

  it('is waited for while it answers in time', async () => {
    const add = () => new Promise<boolean>((resolve) => setTimeout(resolve, 20, true));
    await expect(new Scene({ replay: { add }, timeout: 5000 }).send()).resolves.toBeDefined();
  });

  it('leaves no timer behind when it has answered', async () => {
    const scene = new Scene({ replay: { add: async () => true }, timeout: 60_000 });
    const timers = () => process.getActiveResourcesInfo().filter((each) => each === 'Timeout').length;
    const before = timers();
    for (let i = 0; i < 20; i += 1) await scene.send();
    expect(timers() - before).toBeLessThan(10);
  });

  it('serves certificate-bound tokens, which need none', async () => {
    const add = () => {
      throw new Error('down');
    };
    const scene = new Scene({ replay: { add } });
    expect(await scene.code({ scheme: 'Bearer' })).toBe('scheme_mismatch');
  });
});

describe('a proof that was fresh when it came and is not when its turn comes', () => {
  it('N6 is refused once its last second has passed, so that no store is asked to remember the past', async () => {
    const issuerKey = makeKey('ES256', 'issuer-1');
    const asked: number[] = [];
    const add = (_key: string, _value: string, expiresAt: number) => asked.push(expiresAt) > 0;
    const fetch = async (url: unknown) => {
      if (String(url).includes('.well-known')) return Response.json({ issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` });
      scene.wait(61); // while the keys are under way
      return Response.json({ keys: [published(issuerKey)] });
    };
    const options = { nonce: 'off', replay: { add }, jwks: undefined as never, fetch } as const;
    const scene: Scene = new Scene(options, { issuer: issuerKey });
    expect(await scene.refusal()).toMatchObject({ code: 'store_unavailable', status: 503 });
    expect(asked).toEqual([]);
    await expect(scene.send()).resolves.toBeDefined();
  });
});

describe('a message that is not what it should be', () => {
  it.each(['method', 'target', 'headers', 'certificate'])(
    'DPOP-7.1-04 whose %s throws: a refusal with an answer',
    async (name) => {
      const scene = new Scene();
      const good = await scene.message({ scheme: name === 'certificate' ? 'Bearer' : 'DPoP' });
      const message = Object.defineProperty({ ...good }, name, {
        get() {
          throw new Error('no such thing');
        },
      });
      expect(await scene.refusal(message)).toMatchObject({
        code: 'internal',
        status: 500,
        headers: { 'Cache-Control': 'no-store' },
      });
    },
  );

  it('whose headers throw the second time, when the answer is made', async () => {
    const scene = new Scene();
    const good = await scene.message({ proof: null });
    let reads = 0;
    for (const limit of [1, 2, 3, 4, 5, 6]) {
      reads = 0;
      const message = {
        ...good,
        get headers() {
          reads += 1;
          if (reads > limit) throw new HoldfastError('credentials_missing');
          return good.headers;
        },
      };
      expect(['internal', 'proof_missing', 'credentials_missing']).toContain(await scene.code(message));
    }
  });

  it.each<[string, Partial<HttpMessage>]>([
    ['headers', { headers: undefined as never }],
    ['headers', { headers: null as never }],
    ['headers', { headers: [null, 7] as never }],
    ['headers', { headers: ['Authorization'] }],
    ['target', { target: undefined as never }],
    ['target', { target: 7 as never }],
    ['method', { method: undefined as never }],
  ])('with wrong %s: %j', async (_what, wrong) => {
    const scene = new Scene();
    const good = await scene.message();
    expect((await scene.refusal({ ...good, ...wrong })).status).toBeGreaterThanOrEqual(400);
  });
});

describe('a requirement that asks for less than it seems to', () => {
  it.each<[string, unknown]>([
    ['a name that is misspelt', { scopes: ['admin'] }],
    ['a scope that is no list', { scope: 'admin' }],
    ['a scope that is undefined', { scope: undefined }],
    ['details without a type', { authorizationDetails: [{ actions: ['place'] }] }],
    ['null', null],
    ['a list', ['admin']],
  ])('DPOP-7.1-04: %s grants nothing, and uses up nothing', async (_what, requirement) => {
    const scene = new Scene();
    const message = await scene.message();
    expect(await scene.refusal(message, requirement as never)).toMatchObject({ code: 'internal', status: 500 });
    await scene.verifier.verify(message);
  });
});
